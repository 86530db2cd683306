// What does the store need of any Redis client?

/** A part of a command. */
export type Arg = string | Buffer

/** A command: its name, then its arguments. */
export type Command = readonly [name: string, ...args: Arg[]]

/** What the store needs of any client. Text in replies is bytes. */
export interface RedisLink {
  /** Sends a command to the master that keeps a key, and after it where that has moved. Rejects with what the server refuses. */
  call(key: string, command: Command): Promise<unknown>
  /**
   * Sends commands to the master that keeps a key, in one round trip. What the server refuses is an `Error` in its place; redirections
   * may be among them.
   */
  pipeline(key: string, commands: readonly Command[]): Promise<readonly unknown[]>
  /** Every master there is. */
  masters(): Promise<readonly Sender[]>
  /** Opens a connection of its own to the same servers. */
  duplicate(): Promise<OwnLink>
}

/** A link that must be closed. */
export interface OwnLink extends RedisLink {
  close(): void
}

/** Sends a command to one server. */
export type Sender = (command: Command) => Promise<unknown>

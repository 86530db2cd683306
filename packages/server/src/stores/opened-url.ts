// What does a URL of a store lead to?
import type { Directory, SessionStore } from 'sojourn'

/** Something about a store's server that its operator should know. */
export interface StoreFinding {
  readonly state: 'ok' | 'warning' | 'fault'
  readonly finding: string
  /** What to do; `null` where nothing is. */
  readonly fix: string | null
}

/** What a URL leads to. Nothing is connected, read or written before the first call. */
export interface OpenedUrl {
  readonly sessions: SessionStore
  /** `undefined` where only sessions can be kept. */
  readonly directory: Directory | undefined
  /** Whether what is kept outlives this process. */
  readonly isLasting: boolean
  /** Where the server key ring of this database is kept, unless told otherwise; `undefined` where there is no such place. */
  readonly keysFile: string | undefined
  /** The file of an embedded database. */
  readonly file: string | undefined
  /** Whether there is a database already: a command that only reads must not make one. */
  exists(): Promise<boolean>
  /** What `sojourn doctor` tells about the server. */
  findings(): Promise<readonly StoreFinding[]>
  /** Ends the connections that were opened for this URL. The halves of the store are closed before. */
  disconnect(): Promise<void>
}

/** Whether a write of a session is on disk when it is answered; `off` where it can be made again after a crash of the server. */
export type Commit = 'on' | 'off'

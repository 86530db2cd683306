// What is a server to the bench?

/** A running server with nothing on it. */
export interface BenchServer {
  readonly url: string
  /** Ends it, or empties what was lent, and leaves nothing behind. */
  stop(): Promise<void>
}

// How do calls reach one database: together with those of the same turn, within bounded waiting?
//
// Reads that are asked for in one go are answered together, and in one turn of the event loop all that follow the first ones.
// Writes that arrive in one turn of the event loop share a transaction. One that throws is undone by itself and rejected alone; a
// commit that fails rejects its group and nobody else. While another process holds the lock, the group waits without blocking this
// process, and is rejected when a write in it has waited too long.
import { setImmediate, setTimeout } from 'node:timers' // not the global ones: in an application's tests those may be a clock that stands still
import { type ConnectionOptions, type OpenConnection, openConnection, type SqliteConnection } from './sqlite-connection.ts'
import { closedError, isBusy, storeError } from './sqlite-errors.ts'
import { type Attempt, commitGroup, type Durability } from './sqlite-group.ts'

/** How many writes one transaction takes at most, so that a burst does not hold up the event loop, nor other processes. */
const GROUP = 256

/** The longest pause before a lock is tried again; a random one, so that processes do not meet again. Unit: milliseconds. */
const PAUSE = 8

export interface ClientOptions extends ConnectionOptions {
  readonly durability: Durability
  /** How long a call waits for the locks of others. Unit: milliseconds. */
  readonly busyTimeout: number
}

/** One user of a database. Opens it with the first call. */
export interface SqliteClient {
  /** Reads, together with others. `run` must not write. */
  read<T>(run: (db: SqliteConnection) => T): Promise<T>
  /**
   * Writes within a transaction, together with others.
   *
   * `run` may be called again after it was undone, so it does nothing but read and write the database. What it throws undoes it.
   *
   * @param commit `durable`: on the disk before the promise resolves, whatever the durability of the store is.
   */
  write<T>(commit: 'durable' | 'usual', run: (db: SqliteConnection) => T): Promise<T>
  /** Refuses further calls, finishes those under way, and closes the database when nobody else uses it. */
  close(): Promise<void>
}

/** Answers a maker of clients that share one connection and its groups of writes. */
export function sqliteClients(options: ClientOptions): () => SqliteClient {
  const users = new Set<SqliteClient>()
  let connection: OpenConnection | undefined
  let reads: (() => void)[] = []
  let hasRead = false
  let waiting: Attempt[] = []
  let idle: Promise<void> | undefined

  function open(): OpenConnection {
    connection ??= openConnection(options)
    return connection
  }

  /** The first reads of a turn are answered at once, those that come later in it at its end. */
  function planReads(): void {
    if (hasRead) {
      setImmediate(answerReads)
      return
    }
    hasRead = true
    // Not by `queueMicrotask`, of which there is only the global one.
    void Promise.resolve().then(answerReads)
    setImmediate(() => {
      hasRead = false
    })
  }

  function answerReads(): void {
    if (reads.length === 0) return // those who closed have seen to it
    const asked = reads
    reads = []
    const answer = () => {
      for (const each of asked) each()
    }
    try {
      open().readTogether(answer)
    } catch {
      answer() // it cannot be opened, which each is told
    }
  }

  /** Commits what waits, group by group, until nothing does. */
  async function drain(): Promise<void> {
    await turn()
    while (waiting.length > 0) {
      await connection?.pause()
      const group = waiting.slice(0, GROUP)
      try {
        commitGroup(open(), group, options.durability)
        waiting = waiting.slice(group.length)
      } catch (error) {
        if (isBusy(error)) {
          waiting = waiting.filter((attempt) => !gaveUp(attempt, error))
          await pause()
        } else {
          waiting = waiting.slice(group.length)
          for (const attempt of group) attempt.reject(storeError(error, 'no'))
        }
      }
      if (waiting.length > 0) await turn()
    }
    idle = undefined
  }

  function gaveUp(attempt: Attempt, error: unknown): boolean {
    if (performance.now() < attempt.deadline) return false
    attempt.reject(storeError(error, 'no'))
    return true
  }

  /** Reads again and again, as long as somebody is in the way. */
  async function readPatiently<T>(run: () => T): Promise<T> {
    const deadline = performance.now() + options.busyTimeout
    while (true) {
      await pause()
      try {
        return run()
      } catch (error) {
        if (!isBusy(error) || performance.now() >= deadline) throw storeError(error, 'no')
      }
    }
  }

  function client(): SqliteClient {
    let closed = false
    /** Reads in whose way somebody is. */
    const patient = new Set<Promise<unknown>>()

    const self: SqliteClient = {
      read: (run) =>
        new Promise((resolve, reject) => {
          if (closed) throw closedError()
          users.add(self)
          if (reads.length === 0) planReads()
          reads.push(() => {
            try {
              resolve(run(open()))
            } catch (error) {
              if (!isBusy(error)) return reject(storeError(error, 'no'))
              const answered = readPatiently(() => run(open()))
                .then(resolve, reject)
                .finally(() => patient.delete(answered))
              patient.add(answered)
            }
          })
        }),
      async write(commit, run) {
        if (closed) throw closedError()
        users.add(self)
        return new Promise((resolve, reject) => {
          const deadline = performance.now() + options.busyTimeout
          waiting.push({ durable: commit === 'durable', deadline, run: (db) => resolving(run(db), resolve), reject })
          idle ??= drain()
        })
      },
      async close() {
        if (closed) return
        closed = true
        answerReads()
        await idle
        await Promise.all(patient)
        users.delete(self)
        if (users.size > 0) return
        const left = connection
        connection = undefined
        await left?.close()
      },
    }
    return self
  }
  return client
}

/** Keeps an answer back until its commit. */
function resolving<T>(value: T, resolve: (value: T) => void): () => void {
  return () => resolve(value)
}

/** The next turn of the event loop, after what has arrived in this one was handled. */
function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve))
}

function pause(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 1 + Math.random() * PAUSE))
}

// Who copies the write-ahead log into the database file, so that nobody waits for the disk meanwhile?
//
// A checkpoint waits for the disk twice. Left to itself, SQLite makes one within the commit of whoever fills a thousand pages, on the thread
// that serves everybody. So a thread of its own makes them, with a connection of its own (decisions/014).
import type { Worker } from 'node:worker_threads'

/** After how many changed rows there is a checkpoint; each takes a page of the log or a few. The fewer, the shorter the disk is busy at a time. */
const CHANGES = 100

/** After so many changed rows writers wait for a thread that has not answered: on a slow disk or a busy machine the log would grow without end. */
const FAR_BEHIND = 2000

/** A log of this length begins anew, for which writers wait: under steady load it would never be copied whole. Unit: pages. */
const LONG = 8000

/** At which length of the log SQLite makes a checkpoint by itself: without a thread, and where the thread does not keep up. Unit: pages. */
const ALONE = 1000
const LAST_RESORT = 32_000

/**
 * What the thread runs, as text: a file of its own is what bundlers lose. It answers how long the log is, in pages, also where it could not do what it
 * was told: the next time does that too, and in the end SQLite by itself. Whoever writes first to a log that begins anew waits for the disk: so the thread does, and
 * changes nothing by it.
 */
const PROGRAM = `
const { parentPort, workerData } = require('node:worker_threads')
const { DatabaseSync } = require('node:sqlite')
const db = new DatabaseSync(workerData, { timeout: 100 })
db.exec('PRAGMA synchronous = NORMAL')
const wishes = {
  copy: () => db.prepare('PRAGMA wal_checkpoint(PASSIVE)').get().log,
  beginAnew() {
    db.prepare('PRAGMA wal_checkpoint(RESTART)').get()
    db.exec('BEGIN IMMEDIATE')
    try {
      const { user_version: version } = db.prepare('PRAGMA user_version').get()
      db.exec('PRAGMA user_version = ' + version)
      db.exec('COMMIT')
    } finally {
      if (db.isTransaction) db.exec('ROLLBACK')
    }
  },
}
parentPort.on('message', (wish) => {
  if (wish === 'close') {
    db.close()
    parentPort.close()
    return
  }
  let log
  try {
    log = wishes[wish]()
  } catch {}
  parentPort.postMessage(log ?? 0)
})
`

/** Nothing else of how the process was started is for this thread. */
const QUIETLY = ['--disable-warning=ExperimentalWarning']

/** Makes the checkpoints of one connection. */
export interface Checkpoints {
  /** Tells that something was committed, and how many rows this connection has changed since it was opened. */
  committed(changes: number): void
  /** What a write has to wait for: the log begins anew, or the thread is far behind. `undefined`: nothing. */
  pause(): Promise<void> | undefined
  close(): Promise<void>
}

/** `setOwn` says after how many pages SQLite makes a checkpoint by itself. */
export function checkpointsOf(path: string, setOwn: (pages: number) => void): Checkpoints {
  let worker: Worker | undefined
  let doing: 'copy' | 'beginAnew' | undefined
  let isRefused = false
  let copied = 0
  let due = LONG
  let pausing: PromiseWithResolvers<void> | undefined

  function start(): Worker | undefined {
    try {
      const { Worker } = process.getBuiltinModule('node:worker_threads')
      const started = new Worker(PROGRAM, { eval: true, execArgv: QUIETLY, workerData: path })
      started.on('message', heard)
      started.on('error', () => {}) // and it ends
      started.on('exit', giveUp)
      started.unref() // after the listeners, which would keep the process alive again
      setOwn(LAST_RESORT)
      return started
    } catch {
      // Threads may be forbidden (`--permission`).
      giveUp()
      return undefined
    }
  }
  /** The thread has done what it was told. */
  function heard(log: number): void {
    const done = doing
    doing = undefined
    goOn()
    if (done === 'beginAnew') return
    if (log < LONG) due = LONG
    if (log < due || worker === undefined) return
    // Who reads for long keeps it from beginning anew; then it is tried again when it is as much longer.
    due = log + LONG
    tell(worker, 'beginAnew')
    holdBack()
  }
  function tell(thread: Worker, wish: 'copy' | 'beginAnew'): void {
    doing = wish
    thread.postMessage(wish)
  }
  function holdBack(): void {
    if (pausing !== undefined) return
    pausing = Promise.withResolvers()
    worker?.ref() // who waits is to be answered
  }
  function goOn(): void {
    worker?.unref()
    pausing?.resolve()
    pausing = undefined
  }
  /** There is no thread any more, or none to be had. */
  function giveUp(): void {
    doing = undefined
    isRefused = true
    worker = undefined
    setOwn(ALONE)
    goOn()
  }

  return {
    committed(changes) {
      if (isRefused || changes - copied < CHANGES) return
      if (doing !== undefined) {
        if (changes - copied >= FAR_BEHIND) holdBack()
        return
      }
      copied = changes
      worker ??= start()
      if (worker !== undefined) tell(worker, 'copy')
    },
    pause: () => pausing?.promise,
    async close() {
      const ending = worker
      worker = undefined
      isRefused = true
      if (ending === undefined) return
      const { promise: ended, resolve } = Promise.withResolvers<void>()
      ending.once('exit', () => resolve())
      ending.ref()
      ending.postMessage('close')
      await ended
    },
  }
}

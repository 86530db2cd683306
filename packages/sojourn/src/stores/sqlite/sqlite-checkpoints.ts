// Who copies the write-ahead log into the database file, so that nobody waits for the disk meanwhile?
//
// A checkpoint waits for the disk twice. Left to itself, SQLite makes one within the commit of whoever fills a thousand pages, on the thread
// that serves everybody. So a thread of its own makes them, with a connection of its own (decisions/014).
import type { Worker } from 'node:worker_threads'

/** After how many changed rows there is a checkpoint; each takes a page of the log or a few. */
const CHANGES = 500

/** A log of this length begins anew, for which writers have to wait a moment: under steady load it would never be copied whole. Unit: pages. */
const LONG = 4000

/** At which length of the log SQLite makes a checkpoint by itself: without a thread, and where the thread does not keep up. Unit: pages. */
const ALONE = 1000
const LAST_RESORT = 16_000

/**
 * What the thread runs, as text: a file of its own is what bundlers lose. It answers every wish, also one that could not be fulfilled: the next one
 * fulfils it too, and in the end SQLite by itself.
 */
const PROGRAM = `
const { parentPort, workerData } = require('node:worker_threads')
const { DatabaseSync } = require('node:sqlite')
const db = new DatabaseSync(workerData.path, { timeout: 100 })
const checkpoint = () => {
  try {
    const { log } = db.prepare('PRAGMA wal_checkpoint(PASSIVE)').get()
    if (log >= workerData.long) db.prepare('PRAGMA wal_checkpoint(RESTART)').get()
  } catch {}
}
parentPort.on('message', (wish) => {
  if (wish === 'checkpoint') {
    checkpoint()
    parentPort.postMessage('done')
    return
  }
  db.close()
  parentPort.close()
})
`

/** Nothing else of how the process was started is for this thread. */
const QUIETLY = ['--disable-warning=ExperimentalWarning']

/** Makes the checkpoints of one connection. */
export interface Checkpoints {
  /** Tells that something was committed, and how many rows this connection has changed since it was opened. */
  committed(changes: number): void
  /** Whether one is being made, so that it may be this thread which holds a lock. */
  isBusy(): boolean
  close(): Promise<void>
}

/** `setOwn` says after how many pages SQLite makes a checkpoint by itself. */
export function checkpointsOf(path: string, setOwn: (pages: number) => void): Checkpoints {
  let worker: Worker | undefined
  let isBusy = false
  let isRefused = false
  let copied = 0

  function start(): Worker | undefined {
    try {
      const { Worker } = process.getBuiltinModule('node:worker_threads')
      const started = new Worker(PROGRAM, { eval: true, execArgv: QUIETLY, workerData: { path, long: LONG } })
      started.on('message', () => {
        isBusy = false
      })
      started.on('error', giveUp)
      started.unref() // after the listeners, which would keep the process alive again
      setOwn(LAST_RESORT)
      return started
    } catch {
      // Threads may be forbidden (`--permission`).
      giveUp()
      return undefined
    }
  }
  function giveUp(): void {
    isBusy = false
    isRefused = true
    worker = undefined
    setOwn(ALONE)
  }

  return {
    isBusy: () => isBusy,
    committed(changes) {
      if (isBusy || isRefused || changes - copied < CHANGES) return
      copied = changes
      worker ??= start()
      if (worker === undefined) return
      isBusy = true
      worker.postMessage('checkpoint')
    },
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

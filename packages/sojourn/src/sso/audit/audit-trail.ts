// How do the records of reads and refusals reach the directory without slowing their calls?
import type { EngineCore } from '../../engine/core.ts'
import type { AuditRecord, Directory } from '../directory.ts'

/** Takes records at once and writes them soon. */
export interface AuditTrail {
  add(record: AuditRecord): void
  /** Writes what waits now. Rejects when the directory does not take it; it waits on then. */
  flush(): Promise<void>
  /** Writes what waits and stops. */
  close(): Promise<void>
}

/** How long a record waits at most. Unit: milliseconds. What a killed process can lose. */
const LONGEST_WAIT = 1000
/** That many records are written without waiting. */
const FULL_BATCH = 500
/** That many wait while the directory is away; then the newest are counted instead of kept. */
const MOST_WAITING = 10_000

/**
 * Queues audit records and writes them in batches: after a second, or as soon as a batch is full.
 *
 * While the directory is away records wait, in bounded number. What did not fit is written down as one record `audit.lost` with its
 * count as soon as the directory is back.
 */
export function auditTrail(
  directory: Pick<Directory, 'appendAudit'>,
  { clock, events }: Pick<EngineCore, 'clock' | 'events'>,
): AuditTrail {
  const waiting: AuditRecord[] = []
  let lost = 0
  let isClosed = false
  let timer: ReturnType<typeof setTimeout> | undefined
  let writing: Promise<void> = Promise.resolve()

  function lossRecord(count: number): AuditRecord {
    return {
      at: clock(),
      cid: '',
      operation: 'audit.lost',
      outcome: 'failed',
      reason: 'ERR_STORE_UNAVAILABLE',
      actor: 'auto',
      target: null,
      remoteAddr: '',
      app: '',
      details: { count },
    }
  }

  async function write(): Promise<void> {
    while (waiting.length > 0) {
      const batch = waiting.slice(0, FULL_BATCH)
      const missed = lost
      await directory.appendAudit(missed === 0 ? batch : [...batch, lossRecord(missed)])
      waiting.splice(0, batch.length)
      lost -= missed
    }
  }

  function flush(): Promise<void> {
    clearTimeout(timer)
    timer = undefined
    // One writer at a time, so that records keep their order; a failure is its own caller's, not the next one's.
    writing = writing.catch(() => undefined).then(write)
    return writing
  }

  function later(): void {
    if (!isClosed) timer ??= setTimeout(flushQuietly, LONGEST_WAIT).unref()
  }

  function flushQuietly(): void {
    flush().catch((error: unknown) => {
      events.emit({ type: 'audit.failed', at: clock(), waiting: waiting.length, error })
      later()
    })
  }

  return {
    add(record) {
      if (waiting.length >= MOST_WAITING) {
        lost += 1
        return
      }
      waiting.push(record)
      if (waiting.length % FULL_BATCH === 0) flushQuietly()
      else later()
    },
    flush,
    async close() {
      isClosed = true
      await flush()
    },
  }
}

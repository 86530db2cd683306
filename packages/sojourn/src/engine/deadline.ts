// How does a store that does not answer become an error in bounded time?
import { SojournError } from './error.ts'
import type { SessionStore } from './store.ts'
import type { Seconds } from './time.ts'

/** Ends every call within a time. */
export interface Deadline {
  /**
   * Runs a call. After the deadline, and for every failure that is not a `SojournError`, throws `ERR_STORE_UNAVAILABLE`; a read was
   * not applied, a write may have been.
   */
  run<T>(kind: Kind, call: () => Promise<T>): Promise<T>
}

type Kind = 'read' | 'write'

/** A call under way, between the one that began before it and the one that began after it. */
interface Pending {
  readonly kind: Kind
  readonly endsAt: number
  readonly reject: (error: SojournError) => void
  before: Pending | undefined
  after: Pending | undefined
  /** It was given up. */
  isOver: boolean
}

/**
 * All calls have the same time, so they expire in the order they began: one timer, for the oldest, is enough. It keeps the process alive only
 * while a call is open. The calls are a linked list: in a `Set`, each that comes and goes costs nearly as much as all else here.
 */
export function createDeadline(timeout: Seconds): Deadline {
  const wait = timeout * 1000
  let oldest: Pending | undefined
  let newest: Pending | undefined
  let timer: NodeJS.Timeout | undefined

  const forget = (call: Pending) => {
    if (call.before === undefined) oldest = call.after
    else call.before.after = call.after
    if (call.after === undefined) newest = call.before
    else call.after.before = call.before
    // Whoever never answers this one would otherwise keep the next, that one the one after it, and so every call there is from now on.
    call.before = call.after = undefined
  }
  const expireOldest = () => {
    timer = undefined
    const now = performance.now()
    for (let call = oldest; call !== undefined; call = oldest) {
      if (call.endsAt > now) {
        timer = setTimeout(expireOldest, Math.max(1, call.endsAt - now))
        return
      }
      forget(call)
      call.isOver = true
      call.reject(unavailable(call.kind, `did not answer within ${timeout} s`))
    }
  }
  const settle = (call: Pending) => {
    if (call.isOver) return
    forget(call)
    if (oldest === undefined) timer?.unref()
  }

  return {
    run: (kind, call) =>
      new Promise((resolve, reject) => {
        const entry: Pending = { kind, endsAt: performance.now() + wait, reject, before: newest, after: undefined, isOver: false }
        if (newest === undefined) oldest = entry
        else newest.after = entry
        newest = entry
        if (timer === undefined) timer = setTimeout(expireOldest, wait)
        else if (oldest === entry) timer.ref()
        started(call).then(
          (value) => {
            settle(entry)
            resolve(value)
          },
          (error: unknown) => {
            settle(entry)
            reject(error instanceof SojournError ? error : unavailable(kind, 'failed', error))
          },
        )
      }),
  }
}

/** A call that throws at once fails like one that throws later. */
function started<T>(call: () => Promise<T>): Promise<T> {
  try {
    return call()
  } catch (error) {
    return Promise.reject(error)
  }
}

function unavailable(kind: Kind, what: string, cause?: unknown): SojournError {
  return new SojournError('ERR_STORE_UNAVAILABLE', `The store ${what}.`, {
    cause,
    applied: kind === 'write' ? 'unknown' : 'no',
    retryAfter: 1,
  })
}

/** A session store whose every call ends within the deadline. */
export function withDeadline(store: SessionStore, { run }: Deadline): SessionStore {
  return {
    sweepInterval: store.sweepInterval,
    counters: (principal) => run('read', () => store.counters(principal)),
    create: (session, expect) =>
      run('write', () => (expect === undefined ? store.create(session) : store.create(session, expect))),
    load: (id, want, now) => run('read', () => store.load(id, want, now)),
    update: (id, change, now) => run('write', () => store.update(id, change, now)),
    delete: (id, now, until) => run('write', () => (until === undefined ? store.delete(id, now) : store.delete(id, now, until))),
    list: (query, now) => run('read', () => store.list(query, now)),
    revoke: (scope, now) => run('write', () => store.revoke(scope, now)),
    bump: (principal) => run('write', () => store.bump(principal)),
    claimSweep: (interval) => run('write', () => store.claimSweep(interval)),
    sweep: (now, limit) => run('write', () => store.sweep(now, limit)),
    close: () => store.close(),
  }
}

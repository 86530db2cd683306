// How does a connection of its own hear notifications, through either client library?
import { setImmediate } from 'node:timers' // not the global one: in an application's tests that may be a clock that stands still
import { invalidOption } from '../../engine/error.ts'
import { isPool, type PgPool, type PostgresClient } from './postgres-client.ts'

/** What happens on a connection that listens. */
export interface ListenerEvents {
  notified(payload: string): void
  /** Notifications may have been missed. */
  broken(cause: unknown): void
}

/** Listens to a channel; resolves, once it does, to what ends it. */
export type Listen = (channel: string, events: ListenerEvents) => Promise<() => void>

/** What postgres.js keeps of a channel: what became of asking for it, and who listens. */
interface KeptChannel {
  readonly result: PromiseLike<unknown>
  readonly listeners: readonly { readonly fn: (payload: string) => void; readonly onlisten: () => void }[]
}

/** What is used of `postgres` (postgres.js), which opens a connection for all channels together and keeps it open by itself. */
interface ListeningSql {
  readonly listen: {
    (channel: string, hear: (payload: string) => void, listening: () => void): Promise<{ unlisten(): Promise<unknown> }>
    /** What it keeps of its channels by their names. It documents nothing of that, so it may not be there. */
    readonly channels?: Record<string, KeptChannel>
  }
}

function isSql(client: object): client is ListeningSql {
  return 'listen' in client && typeof client.listen === 'function'
}

function throughPool(pool: PgPool): Listen {
  return async (channel, { notified, broken }) => {
    const own = await pool.connect()
    let isOpen = true
    const close = () => {
      if (isOpen) own.release(true)
      isOpen = false
    }
    own.on('error', broken)
    own.on('end', () => broken(new Error('The connection that listens has ended.')))
    own.on('notification', (message) => {
      if (typeof message === 'object' && message !== null && 'payload' in message) notified(String(message.payload))
    })
    try {
      await own.query(`LISTEN ${channel}`)
    } catch (error) {
      close()
      throw error
    }
    return close
  }
}

const DEAF: ListenerEvents = { notified: () => undefined, broken: () => undefined }

/** Whether something has been rejected already. */
async function isRejected(result: PromiseLike<unknown>): Promise<boolean> {
  const settled = Promise.resolve(result).then(
    () => false,
    () => true,
  )
  return await Promise.race([settled, new Promise<false>((resolve) => setImmediate(resolve, false))])
}

/**
 * Has postgres.js ask again for a channel that the server refused, as a standby does. It keeps the refusal for as long as the connection, which
 * outlives the promotion of the standby, and whoever asks for the channel is answered with that. Does what postgres.js does when it has lost the
 * connection: other stores may listen through the same client.
 */
async function renewRefused({ listen }: ListeningSql, channel: string): Promise<void> {
  const kept = listen.channels?.[channel]
  if (kept === undefined || !(await isRejected(kept.result))) return
  if (listen.channels?.[channel] !== kept) return // it was asked for again meanwhile
  delete listen.channels[channel]
  for (const { fn, onlisten } of kept.listeners) listen(channel, fn, onlisten).catch(() => undefined)
}

/**
 * postgres.js is asked once, whatever becomes of it: it keeps what it was given, and listens again with whatever connection it has next. Asked
 * again, it would hear everything twice, and once more for each attempt of an outage.
 */
function throughSql(sql: ListeningSql): Listen {
  const first = Promise.withResolvers<void>()
  let events = DEAF
  let state: 'new' | 'asked' | 'listening' = 'new'

  function listening(): void {
    if (state === 'listening') events.broken(new Error('The connection that listens was lost, and is there again.'))
    state = 'listening'
    first.resolve()
  }

  return async (channel, given) => {
    events = given
    if (state === 'new') {
      state = 'asked'
      sql.listen(channel, (payload) => events.notified(payload), listening).catch(() => undefined) // shows as silence
    } else await renewRefused(sql, channel)
    await first.promise
    return () => {
      if (events === given) events = DEAF
    }
  }
}

/** Whether a pool has no connection beside the one that listens. */
function hasNoOther(pool: PgPool): boolean {
  if (!('options' in pool)) return false
  const { options } = pool
  return typeof options === 'object' && options !== null && 'max' in options && options.max === 1
}

/** @throws {SojournError} `ERR_OPTION_INVALID` for a client that cannot listen, or not while it does anything else. */
export function listenThrough(client: PostgresClient): Listen {
  if (isSql(client)) return throughSql(client)
  if (isPool(client)) {
    if (!hasNoOther(client)) return throughPool(client)
    throw invalidOption('cache', 'takes a connection of the pool to listen, and this pool has no other', {
      fix: 'Give the pool one connection more than calls need: `max: 2` at least.',
    })
  }
  throw invalidOption('cache', 'needs a client that can listen: a `Pool` of `pg`, or what `postgres(...)` answers')
}

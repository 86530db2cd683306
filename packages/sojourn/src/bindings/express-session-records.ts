// How are the sessions of the express-session package kept as Sojourn's?
//
// Such a session is a guest's. Its id and its secret are derived from the sid, so that the sid itself is never stored. Each top-level entry is
// an attribute; `cookie`, and entries whose names attributes cannot have, are reserved ones. It ends when its cookie does.
import { createHash } from 'node:crypto'
import type { SessionData } from 'express-session'
import { isReserved, MOST_NAME_CHARACTERS, requireFitting } from '../engine/attributes/names.ts'
import { fullError } from '../engine/attributes/outcome.ts'
import { refuseUnknown } from '../engine/check.ts'
import { decodeValue, encodeValue } from '../engine/codec/codec.ts'
import { coreOf, type EngineCore, type SessionHandle } from '../engine/core.ts'
import { invalidOption } from '../engine/error.ts'
import { undashed } from '../engine/id.ts'
import { createQueue } from '../engine/queue.ts'
import type {
  AttributeChange,
  AttributeLimits,
  ListedSession,
  NewSession,
  SessionId,
  StoredAttribute,
  StoredSession,
} from '../engine/store.ts'
import type { Millis } from '../engine/time.ts'
import { formatToken, hashSecret } from '../engine/token.ts'

/** Which sessions are a store's. */
export interface SojournStoreOptions {
  /** Tells the sessions of several stores on one Sojourn apart. Default: `''`. */
  readonly prefix?: string | undefined
}

/** A session as the package hands it over, once it has passed through JSON. */
type Plain = Readonly<Record<string, unknown>>

/** What a store of that package does, as promises. */
export interface Records {
  get(sid: string): Promise<SessionData | null>
  /** `present`: one that is not stored any more was ended, and stays so. */
  set(sid: string, session: unknown, when: 'present' | 'always'): Promise<void>
  touch(sid: string, session: unknown): Promise<void>
  destroy(sid: string): Promise<void>
  all(): Promise<SessionData[]>
  length(): Promise<number>
  clear(): Promise<void>
}

const COOKIE = '$cookie'
const OTHERS = '$others'
const AUTH_TYPE = 'express-session'
/** So many are listed, and then read or ended, at a time. */
const PAGE = 500
/** More than one, as what is read first may come from a cache. */
const MOST_ATTEMPTS = 4

/** Opens the sessions of one store. */
export function openRecords(sso: object, options: SojournStoreOptions = {}): Records {
  refuseUnknown('options', options, ['prefix'])
  const { prefix = '' } = options
  if (typeof prefix !== 'string') throw invalidOption('prefix', 'must be text')
  const core = coreOf(sso)
  if (core === undefined) throw invalidOption('sso', 'must be what createSojourn() answered')
  return recordsOf(core, prefix)
}

function recordsOf(core: EngineCore, prefix: string): Records {
  const { store, clock } = core
  // Who calls does not always wait for the answer: what was called before has happened all the same, and what is called later has not.
  const queue = createQueue()

  /** Without the secret, and without an event where there is none: the id comes from the sid as the secret does. */
  const look = async (sid: string, want: 'header' | 'all') => store.load(derive(prefix, sid).id, want, clock())
  const end = (id: SessionId, tombstoneUntil: Millis) => core.end(id, { reason: 'deleted', principal: null, tombstoneUntil })

  /** Every session of this store, page by page. */
  async function* pagesOfMine(): AsyncGenerator<readonly ListedSession[]> {
    for (let after: string | undefined, more = true; more; ) {
      const page = await store.list({ principal: null, limit: PAGE, ...(after !== undefined && { after }) }, clock())
      yield page.items.filter(({ details }) => details.authType === AUTH_TYPE && details.app === prefix)
      after = page.next
      more = after !== undefined
    }
  }
  async function create(sid: string, texts: ReadonlyMap<string, string>, expiresAt: Millis): Promise<boolean> {
    const { id, secretHash } = derive(prefix, sid)
    requireRoom(texts, core.limits)
    const outcome = await store.create(newSession({ id, secretHash, prefix, texts, expiresAt, now: clock() }))
    if (outcome.outcome !== 'done') return false
    core.events.emit({ type: 'session.started', at: clock(), id, principal: null, sliding: false })
    return true
  }
  async function replace(stored: StoredSession, texts: ReadonlyMap<string, string>, expiresAt: Millis): Promise<boolean> {
    const header = { expiresAt, absoluteAt: expiresAt }
    const change = { header, attributes: changesTo(stored.attributes, texts), limits: limitsOf(texts, core.limits) }
    const outcome = await store.update(stored.id, change, clock())
    if (outcome.outcome === 'full') throw fullError(outcome.limit)
    return outcome.outcome === 'done'
  }

  async function save(
    sid: string,
    texts: ReadonlyMap<string, string>,
    expiresAt: Millis,
    when: 'present' | 'always',
  ): Promise<void> {
    for (let left = MOST_ATTEMPTS; left > 0; left -= 1) {
      const stored = await look(sid, 'all')
      if (stored === 'ended' || (stored === undefined && when === 'present')) return
      if (expiresAt <= clock()) {
        if (stored !== undefined) await end(stored.id, clock())
        return
      }
      if (stored === undefined ? await create(sid, texts, expiresAt) : await replace(stored, texts, expiresAt)) return
    }
    // Revoked and not swept yet, so that it stays ended; or since it was read another process saved it whole, and that was the later save.
  }

  return {
    async get(sid) {
      const opened = await queue.after(sid, () => core.open(derive(prefix, sid).token, { want: 'all', passive: true }))
      return opened.state === 'live' ? read(opened.handle) : null
    },
    async set(sid, session, when) {
      const plain = toPlain(session)
      const expiresAt = expiryOf(plain, core)
      const texts = textsOf(plain)
      // As it is at this moment, and one after the other, so that the last call wins.
      await queue.run([sid], () => save(sid, texts, expiresAt, when))
    },
    async touch(sid, session) {
      const plain = toPlain(session)
      const expiresAt = expiryOf(plain, core)
      const { cookie } = plain
      const value = cookie === undefined ? null : requireFitting('cookie', encodeValue('cookie', cookie))
      const attributes: AttributeChange[] = [{ name: COOKIE, when: 'always', value }]
      const change = { header: { expiresAt, absoluteAt: expiresAt }, attributes }
      await queue.run([sid], () => store.update(derive(prefix, sid).id, change, clock()))
    },
    destroy: (sid) =>
      queue.run([sid], async () => {
        const stored = await look(sid, 'header')
        // One that was never stored is kept from being stored by a request that is still running.
        const grace = core.after(core.policy.renewalGrace)
        await end(derive(prefix, sid).id, isLive(stored) ? stored.expiresAt : grace)
      }),
    all: () =>
      queue.after(undefined, async () => {
        const found: SessionData[] = []
        for await (const page of pagesOfMine()) {
          const handles = await Promise.all(page.map(({ id }) => core.openById(id, { want: 'all' })))
          found.push(...handles.flatMap((handle) => (handle === undefined ? [] : [read(handle)])))
        }
        return found
      }),
    length: () =>
      queue.after(undefined, async () => {
        let length = 0
        for await (const page of pagesOfMine()) length += page.length
        return length
      }),
    clear: () =>
      queue.alone(async () => {
        for await (const page of pagesOfMine()) {
          const endings = await Promise.allSettled(page.map(({ id, expiresAt }) => end(id, expiresAt)))
          const failed = endings.find(({ status }) => status === 'rejected')
          if (failed?.status === 'rejected') throw failed.reason
        }
      }),
  }
}

/** What stands for a sid: nobody who reads the store can tell the sid from it. */
function derive(prefix: string, sid: string): { readonly id: SessionId; readonly secretHash: string; readonly token: string } {
  const bytes = createHash('sha512')
    .update(JSON.stringify([AUTH_TYPE, prefix, sid]))
    .digest()
  const id = undashed(bytes.subarray(0, 18)).toString('base64url')
  const secret = bytes.subarray(18, 50).toString('base64url')
  return { id, secretHash: hashSecret(secret), token: formatToken(id, secret) }
}

function isLive(stored: StoredSession | 'ended' | undefined): stored is StoredSession {
  return stored !== undefined && stored !== 'ended'
}

function toPlain(session: unknown): Plain {
  const plain: unknown = JSON.parse(JSON.stringify(session) ?? '{}')
  if (typeof plain !== 'object' || plain === null || Array.isArray(plain)) throw invalidOption('session', 'must be an object')
  return { ...plain }
}

/** When the cookie ends, to the millisecond; a browser-session cookie after the policy's absolute timeout. */
function expiryOf({ cookie }: Plain, { after, policy }: EngineCore): Millis {
  const expires: unknown = typeof cookie === 'object' && cookie !== null && 'expires' in cookie ? cookie.expires : undefined
  const at =
    typeof expires === 'string' || (typeof expires === 'number' && expires !== 0) ? new Date(expires).getTime() : Number.NaN
  return Number.isNaN(at) ? after(policy.absoluteTimeout) : at
}

/** A session as attributes. */
function textsOf(plain: Plain): Map<string, string> {
  const others: Record<string, unknown> = {}
  const texts = new Map<string, string>()
  for (const [name, value] of Object.entries(plain)) {
    if (name === 'cookie') texts.set(COOKIE, requireFitting(name, encodeValue(name, value)))
    else if (isUsable(name)) texts.set(name, requireFitting(name, encodeValue(name, value)))
    else Object.defineProperty(others, name, { value, enumerable: true })
  }
  return texts.set(OTHERS, requireFitting('session', encodeValue('session', others)))
}

/** The limits as a store counts, for which reserved ones are attributes like others: here they are no entries. */
function limitsOf(texts: ReadonlyMap<string, string>, limits: AttributeLimits): AttributeLimits {
  return { ...limits, attributes: limits.attributes + [...texts.keys()].filter(isReserved).length }
}

/** A store looks at the limits when a session changes, not when it begins. */
function requireRoom(texts: ReadonlyMap<string, string>, limits: AttributeLimits): void {
  if (texts.size > limitsOf(texts, limits).attributes) throw fullError('attributes')
  let bytes = 0
  for (const [name, text] of texts) bytes += Buffer.byteLength(name) + Buffer.byteLength(text)
  if (bytes > limits.bytes) throw fullError('bytes')
}

function isUsable(name: string): boolean {
  return name !== '' && name.length <= MOST_NAME_CHARACTERS && name.isWellFormed() && !isReserved(name) && !/\p{Cc}/u.test(name)
}

/** And back. */
function read(handle: SessionHandle): SessionData {
  const entries = [...handle.attributes].flatMap(([name, { value }]): [string, unknown][] => {
    if (name === OTHERS && typeof value === 'string') return Object.entries(Object(decodeValue(name, value)))
    if (isReserved(name) && name !== COOKIE) return []
    return [[name === COOKIE ? 'cookie' : name, handle.attribute(name)?.value]]
  })
  // What `set` was given comes out again: a session of the package, as JSON.
  return Object.fromEntries(entries) as unknown as SessionData
}

/**
 * What turns the attributes there are into those; reserved ones of others stay. `$others` goes with every save, so its revision tells whether there
 * was another since: of two at once the session would be half of one and half of the other. The cookie goes along, as touches write it too.
 */
function changesTo(stored: ReadonlyMap<string, StoredAttribute>, texts: ReadonlyMap<string, string>): AttributeChange[] {
  const gone = [...stored.keys()].filter((name) => !texts.has(name) && (!isReserved(name) || name === COOKIE))
  const changed = [...texts].filter(([name, text]) => isReserved(name) || stored.get(name)?.value !== text)
  const revision = stored.get(OTHERS)?.revision ?? 0
  return [...gone.map((name) => [name, null] as const), ...changed].map(([name, value]) => ({
    name,
    when: 'always',
    value,
    unseal: true,
    ...(name === OTHERS && { revision }),
  }))
}

function newSession(given: {
  readonly id: SessionId
  readonly secretHash: string
  readonly prefix: string
  readonly texts: ReadonlyMap<string, string>
  readonly expiresAt: Millis
  readonly now: Millis
}): NewSession {
  const { id, secretHash, prefix, texts, expiresAt, now } = given
  const kept = { createdAt: now, modifiedAt: now, expiresAt: null, revision: 1 }
  return {
    id,
    principal: null,
    createdAt: now,
    sliding: false,
    details: { remoteAddr: '', userAgent: '', app: prefix, authType: AUTH_TYPE, methods: [], authenticatedAt: null },
    expiresAt,
    absoluteAt: expiresAt,
    renewAt: null,
    secretHash,
    previousHash: null,
    successor: null,
    graceEndsAt: null,
    dataKey: null,
    previousDataKey: null,
    attributes: new Map([...texts].map(([name, value]) => [name, { ...kept, value }])),
    history: [],
  }
}

// How is one session held: read, written together with what is due, renewed, given a new secret?
import { presentAttributes } from '../attributes/apply-attributes.ts'
import type { AttributeReading, HomeChange } from '../attributes/home.ts'
import { ATTRIBUTE_LIMITS } from '../attributes/names.ts'
import { attributeOf } from '../attributes/reading.ts'
import type { SessionHandle } from '../core.ts'
import { isSojournError, SojournError } from '../error.ts'
import type { Events } from '../events.ts'
import type { Policy } from '../policy.ts'
import { deriveFromSecret, type SessionKeys, sealed } from '../sealing/session-keys.ts'
import { createVault, placeOf } from '../sealing/session-vault.ts'
import type {
  AttributeLimits,
  Outcome,
  SessionChange,
  SessionHeader,
  SessionId,
  SessionStore,
  StoredAttribute,
} from '../store.ts'
import type { Clock, Millis } from '../time.ts'
import { formatToken, hashSecret } from '../token.ts'
import { judge } from './credential.ts'
import { type Due, type HeaderChange, reissue, whatIsDue } from './due.ts'
import { deadline } from './lifetime.ts'
import type { Touches } from './touches.ts'

/** What a handle works with. */
export interface HandleServices {
  readonly store: SessionStore
  readonly clock: Clock
  readonly policy: Policy
  readonly keys: SessionKeys
  readonly touches: Touches
  readonly events: Events
}

/** With what a handle begins. */
export interface HandleStart {
  readonly header: SessionHeader
  readonly version: number | undefined
  readonly attributes: ReadonlyMap<string, StoredAttribute>
  /** Which attributes these are. */
  readonly want: 'header' | 'all' | readonly string[]
  /** The present secret; `undefined` for who has only the id. */
  readonly secret: string | undefined
  /** How the client presented it; `undefined` when it did not. */
  readonly presented: 'present' | 'replaced' | undefined
  readonly passive: boolean
  readonly rotates: boolean
  readonly now: Millis
  /** A token that the client does not have yet. */
  readonly token: string | null
}

interface Claim {
  readonly due: Due | undefined
  release(): void
}

/** How often a write is tried again because the secret or the data key was replaced meanwhile. */
const MOST_ATTEMPTS = 4

/** The error of a session that is not alive. */
function ended(id: SessionId): SojournError {
  return new SojournError('ERR_SESSION_ENDED', `The session ${id} is not alive.`)
}

export function createHandle(start: HandleStart, services: HandleServices): SessionHandle {
  const { store, clock, policy, keys, touches, events } = services
  const { id } = start.header
  const vault = createVault(id, keys)
  let { header, secret, token } = start
  let isFresh = true

  const planned = (presented: 'present' | 'replaced', by: string, now: Millis): Due | undefined => {
    const context = { policy, keys, passive: start.passive, rotates: start.rotates }
    try {
      return whatIsDue(header, presented, by, now, { ...context, keepsKeys: false })
    } catch (error) {
      events.emit({ type: 'session.touch-failed', at: now, id, error })
      return whatIsDue(header, presented, by, now, { ...context, keepsKeys: true })
    }
  }
  let due = start.presented === undefined || secret === undefined ? undefined : planned(start.presented, secret, start.now)

  /** What is due, without a touch that this process has made already. A touch that is not written has to be released. */
  const claim = (): Claim => {
    const { expiresAt, touchInterval = 0, ...others } = due?.header ?? {}
    if (due === undefined || expiresAt === undefined) return { due, release: () => {} }
    if (touches.claim(id, expiresAt, touchInterval)) return { due, release: () => touches.release(id) }
    return { due: Object.keys(others).length === 0 ? undefined : { ...due, header: others }, release: () => {} }
  }

  const reload = async (now: Millis) => {
    const fresh = await store.load(id, 'header', now)
    if (fresh === undefined || fresh === 'ended') throw ended(id)
    const credential = secret === undefined ? undefined : judge(fresh, secret, now)
    if (credential?.is === 'wrong' || credential?.is === 'stolen') throw ended(id)
    header = fresh
    if (credential === undefined) return
    const presented = token === null ? credential.is : 'replaced'
    if (credential.is === 'replaced') token = formatToken(id, credential.secret)
    secret = credential.secret
    if (due !== undefined) due = planned(presented, secret, now)
  }

  /** One write with what is due; again when the secret or the data key was replaced meanwhile. */
  const send = async (
    changes: readonly HomeChange[],
    limits: AttributeLimits,
    now: Millis,
    more?: () => Due,
  ): Promise<Outcome> => {
    for (let left = MOST_ATTEMPTS; left > 0; left -= 1) {
      const parts = vault.seal({ header, secret }, changes)
      const extra = more?.()
      const claimed = claim()
      // The first data key is wrapped under the present secret: a rotation waits for the next request.
      const own = parts.header.dataKey !== undefined && claimed.due?.next !== undefined ? undefined : claimed.due
      const change: SessionChange = {
        // A secret that was replaced without a grace is worth nothing, also to who has read the session before.
        expect: {
          ...(secret !== undefined && { secretHash: hashSecret(secret) }),
          ...parts.expect,
          ...own?.expect,
          ...extra?.expect,
        },
        header: merged(own?.header, extra?.header, parts.header),
        attributes: parts.attributes,
        limits,
      }
      const outcome = await store.update(id, change, now).catch((error: unknown) => {
        claimed.release()
        throw error
      })
      if (outcome.outcome === 'done') {
        vault.confirm(parts)
        header = applied(header, change.header)
        const next = extra?.next ?? own?.next
        if (next !== undefined) replaceSecret(next, now)
        due = undefined
        return outcome
      }
      claimed.release()
      if (outcome.outcome !== 'superseded') return outcome
      await reload(now)
    }
    throw new SojournError('ERR_ATTRIBUTE_CONFLICT', `The session ${id} was changed by others each time.`)
  }

  const replaceSecret = (next: string, at: Millis) => {
    secret = next
    token = formatToken(id, next)
    events.emit({ type: 'session.rotated', at, id, principal: header.principal })
  }

  const sendAlone = async (more?: () => Due) => {
    const { outcome } = await send([], ATTRIBUTE_LIMITS, clock(), more)
    if (outcome !== 'done') throw ended(id)
  }

  const open: AttributeReading['open'] = (name, box) => vault.open({ header, secret }, name, box)

  return {
    id,
    header: () => header,
    version: start.version,
    attributes: start.attributes,
    attribute(name) {
      const stored = start.attributes.get(name)
      return stored === undefined ? undefined : attributeOf(name, stored, { open })
    },
    token: () => token,
    home: {
      place: placeOf(id),
      async read(want, now) {
        if (isFresh && now < header.expiresAt && covers(start.want, want))
          return { attributes: presentAttributes(start.attributes, now), open }
        const stored = await store.load(id, want, now)
        if (stored === undefined || stored === 'ended') throw ended(id)
        header = stored
        return { attributes: stored.attributes, open }
      },
      async write(changes, limits, now) {
        isFresh = false
        const outcome = await send(changes, limits, now)
        if (outcome.outcome === 'done' || outcome.outcome === 'conflict' || outcome.outcome === 'full') return outcome
        throw ended(id)
      },
    },
    async settle() {
      if (due === undefined) return true
      const claimed = claim()
      claimed.release()
      if (claimed.due === undefined) return true
      try {
        await sendAlone()
      } catch (error) {
        due = undefined
        if (isSojournError(error, 'ERR_SESSION_ENDED')) return false
        events.emit({ type: 'session.touch-failed', at: clock(), id, error })
      }
      return true
    },
    async renew({ expiry, interaction, details } = {}) {
      const now = clock()
      await sendAlone(() => ({
        expect: {},
        header: {
          expiresAt: deadline(policy, header.sliding, header.absoluteAt, now, expiry),
          ...(interaction !== undefined && { interaction }),
          ...(details !== undefined && { details }),
        },
        next: undefined,
      }))
    },
    async reissue() {
      due = undefined
      await reload(clock())
      await sendAlone(() => reissue(header, ownSecret(), clock(), { policy, keys }))
      return formatToken(id, ownSecret())
    },
    derive: (purpose) => deriveFromSecret(id, ownSecret(), purpose),
  }

  function ownSecret(): string {
    if (secret === undefined) throw sealed([])
    return secret
  }
}

/** A renewal sets the deadline, whatever a touch would make of it. */
function merged(due: HeaderChange = {}, more: HeaderChange = {}, dataKey: HeaderChange = {}): HeaderChange {
  const { touchInterval, ...others } = due
  return { ...others, ...(touchInterval !== undefined && more.expiresAt === undefined && { touchInterval }), ...dataKey, ...more }
}

function applied(header: SessionHeader, change: HeaderChange = {}): SessionHeader {
  const { touchInterval: _, interaction: __, ...state } = change
  return { ...header, ...state }
}

function covers(has: HandleStart['want'], want: 'all' | readonly string[]): boolean {
  if (has === 'all') return true
  return has !== 'header' && want !== 'all' && want.every((name) => has.includes(name))
}

// How is one session held: read, written together with what is due, renewed, given a new secret?
import { covers, presentAttributes } from '../attributes/apply-attributes.ts'
import type { Attribute } from '../attributes/attributes.ts'
import type { AttributeReading, HomeChange, HomeOutcome } from '../attributes/home.ts'
import { ATTRIBUTE_LIMITS } from '../attributes/names.ts'
import { attributeOf } from '../attributes/reading.ts'
import type { RenewOptions, SessionHandle } from '../core.ts'
import { isSojournError, SojournError } from '../error.ts'
import { deriveFromSecret, sealed } from '../sealing/session-keys.ts'
import { placeOf, SessionVault, type VaultState } from '../sealing/session-vault.ts'
import type { AttributeLimits, Outcome, SessionChange, SessionHeader, SessionId, StoredAttribute } from '../store.ts'
import type { Millis } from '../time.ts'
import { formatToken, hashSecret } from '../token.ts'
import { judge } from './credential.ts'
import { type Due, reissue, whatIsDue } from './due.ts'
import type { HandleServices, HandleStart } from './handle-start.ts'
import { applied, merged } from './header-change.ts'
import { deadline } from './lifetime.ts'

interface Claim {
  readonly due: Due | undefined
  release(): void
}

const NOTHING_DUE: Claim = { due: undefined, release() {} }

/** How often a write is tried again because the secret or the data key was replaced meanwhile. */
const MOST_ATTEMPTS = 4

/** The error of a session that is not alive. */
function ended(id: SessionId): SojournError {
  return new SojournError('ERR_SESSION_ENDED', `The session ${id} is not alive.`)
}

export function createHandle(start: HandleStart, services: HandleServices): SessionHandle {
  return new HeldSession(start, services)
}

/** What is known of a session once the store was asked. */
type Asked = 'alive' | 'ended' | 'unknown'

/**
 * A class, unlike elsewhere: there is one of these for each request, and the methods of a prototype are made once, where closures would be made
 * for every one of them, most to be never called.
 */
class HeldSession implements SessionHandle {
  readonly #start: HandleStart
  readonly #services: HandleServices
  #header: SessionHeader
  #secret: string | undefined
  /** Of the secret; made when it is first needed. */
  #secretHash: string | undefined
  #token: string | null
  #due: Due | undefined
  #vault: SessionVault | undefined
  /** Nothing was written since it was read. */
  #isFresh = true

  constructor(start: HandleStart, services: HandleServices) {
    this.#start = start
    this.#services = services
    this.#header = start.header
    this.#secret = start.secret
    this.#secretHash = start.secretHash
    this.#token = start.token
    const { presented, secret, now } = start
    this.#due = presented === undefined || secret === undefined ? undefined : this.#planned(presented, secret, now)
  }

  get id(): SessionId {
    return this.#start.header.id
  }
  get place(): string {
    return placeOf(this.id)
  }
  get version(): number | undefined {
    return this.#start.version
  }
  get attributes(): ReadonlyMap<string, StoredAttribute> {
    return this.#start.attributes
  }
  header(): SessionHeader {
    return this.#header
  }
  token(): string | null {
    return this.#token
  }
  isDue(): boolean {
    return this.#due !== undefined
  }
  attribute(name: string): Attribute | undefined {
    const stored = this.#start.attributes.get(name)
    return stored === undefined ? undefined : attributeOf(name, stored, this)
  }
  open(name: string, box: Uint8Array): string {
    return this.#ownVault().open(this.#inHand(), name, box)
  }

  async read(want: 'all' | readonly string[], now: Millis): Promise<AttributeReading> {
    const { attributes, want: had } = this.#start
    if (this.#isFresh && now < this.#header.expiresAt && covers(had, want)) {
      return { attributes: presentAttributes(attributes, now), open: (name, box) => this.open(name, box) }
    }
    const stored = await this.#services.store.load(this.id, want, now)
    if (stored === undefined || stored === 'ended') throw ended(this.id)
    this.#header = stored
    return { attributes: stored.attributes, open: (name, box) => this.open(name, box) }
  }
  write(changes: readonly HomeChange[], limits: AttributeLimits, now: Millis): Promise<HomeOutcome> {
    this.#isFresh = false
    return this.#send(changes, limits, now)
  }
  async settle(): Promise<boolean> {
    return (await this.#settled()) !== 'ended'
  }
  async confirm(): Promise<boolean> {
    const hadToken = this.#token !== null
    const found = await this.#settled()
    if (found !== 'unasked') return found === 'alive' || (found === 'unknown' && !hadToken)
    return !hadToken || (await this.#asked(() => this.#reload(this.#services.clock()))) === 'alive'
  }
  async renew({ expiry, interaction, details }: RenewOptions = {}): Promise<void> {
    const { clock, policy } = this.#services
    const now = clock()
    await this.#sendAlone(() => ({
      expect: {},
      header: {
        expiresAt: deadline(policy, this.#header.sliding, this.#header.absoluteAt, now, expiry),
        ...(interaction !== undefined && { interaction }),
        ...(details !== undefined && { details }),
      },
      next: undefined,
    }))
  }
  async reissue(): Promise<string> {
    const { clock, policy, keys } = this.#services
    this.#due = undefined
    await this.#reload(clock())
    await this.#sendAlone(() => reissue(this.#header, this.#ownSecret(), clock(), { policy, keys }))
    return formatToken(this.id, this.#ownSecret())
  }
  derive(purpose: string, shown = false): string {
    return deriveFromSecret(this.id, (shown && this.#start.shown) || this.#ownSecret(), purpose)
  }

  #planned(presented: 'present' | 'replaced', by: string, now: Millis): Due | undefined {
    const { policy, keys, events } = this.#services
    const { passive, rotates } = this.#start
    const context = { policy, keys, passive, rotates, keepsKeys: false }
    try {
      return whatIsDue(this.#header, presented, by, now, context)
    } catch (error) {
      events.emit({ type: 'session.touch-failed', at: now, id: this.id, error })
      return whatIsDue(this.#header, presented, by, now, { ...context, keepsKeys: true })
    }
  }

  /** Applies what is due; answers what is known of the session then. */
  async #settled(): Promise<Asked | 'unasked'> {
    if (this.#due === undefined) return 'unasked'
    const claimed = this.#claim()
    claimed.release()
    if (claimed.due === undefined) return 'unasked'
    const found = await this.#asked(() => this.#sendAlone())
    if (found !== 'alive') this.#due = undefined
    return found
  }

  /** What a question to the store says of the session. That it failed is told. */
  async #asked(question: () => Promise<void>): Promise<Asked> {
    try {
      await question()
      return 'alive'
    } catch (error) {
      if (isSojournError(error, 'ERR_SESSION_ENDED')) return 'ended'
      const { events, clock } = this.#services
      events.emit({ type: 'session.touch-failed', at: clock(), id: this.id, error })
      return 'unknown'
    }
  }

  /** What is due, without a touch that this process has made already. A touch that is not written has to be released. */
  #claim(): Claim {
    const { touches } = this.#services
    const due = this.#due
    if (due === undefined) return NOTHING_DUE
    const { expiresAt, touchInterval = 0, ...others } = due.header
    if (expiresAt === undefined) return { ...NOTHING_DUE, due }
    if (touches.claim(this.id, expiresAt, touchInterval)) return { due, release: () => touches.release(this.id) }
    return Object.keys(others).length === 0 ? NOTHING_DUE : { ...NOTHING_DUE, due: { ...due, header: others } }
  }

  async #reload(now: Millis): Promise<void> {
    const fresh = await this.#services.store.load(this.id, 'header', now)
    if (fresh === undefined || fresh === 'ended') throw ended(this.id)
    const credential = this.#secret === undefined ? undefined : judge(fresh, this.#secret, now)
    if (credential?.is === 'wrong' || credential?.is === 'stolen') throw ended(this.id)
    this.#header = fresh
    if (credential === undefined) return
    const presented = this.#token === null ? credential.is : 'replaced'
    if (credential.is === 'replaced') this.#token = formatToken(this.id, credential.secret)
    this.#setSecret(credential.secret)
    if (this.#due !== undefined) this.#due = this.#planned(presented, credential.secret, now)
  }

  /** One write with what is due; again when the secret or the data key was replaced meanwhile. */
  async #send(changes: readonly HomeChange[], limits: AttributeLimits, now: Millis, more?: () => Due): Promise<HomeOutcome> {
    const vault = this.#ownVault()
    for (let left = MOST_ATTEMPTS; left > 0; left -= 1) {
      const parts = vault.seal(this.#inHand(), changes)
      const extra = more?.()
      const claimed = this.#claim()
      // The first data key is wrapped under the present secret: a rotation waits for the next request.
      const own = parts.header !== undefined && claimed.due?.next !== undefined ? undefined : claimed.due
      // A secret that was replaced without a grace is worth nothing, also to who has read the session before.
      const present = this.#secret === undefined ? undefined : { secretHash: this.#hashOf(this.#secret) }
      const expect = { ...present, ...parts.expect, ...own?.expect, ...extra?.expect }
      const header = merged(own?.header, extra?.header, parts.header)
      const { attributes } = parts
      const change: SessionChange = header === undefined ? { expect, attributes, limits } : { expect, header, attributes, limits }
      let outcome: Outcome
      try {
        outcome = await this.#services.store.update(this.id, change, now)
      } catch (error) {
        claimed.release()
        throw error
      }
      if (outcome.outcome === 'done') {
        vault.confirm(parts)
        this.#header = applied(this.#header, header)
        const next = extra?.next ?? own?.next
        if (next !== undefined) this.#replaceSecret(next, now)
        this.#due = undefined
        return outcome
      }
      claimed.release()
      if (outcome.outcome === 'conflict' || outcome.outcome === 'full') return outcome
      if (outcome.outcome !== 'superseded') throw ended(this.id)
      await this.#reload(now)
    }
    throw new SojournError('ERR_ATTRIBUTE_CONFLICT', `The session ${this.id} was changed by others each time.`)
  }

  async #sendAlone(more?: () => Due): Promise<void> {
    const { outcome } = await this.#send([], ATTRIBUTE_LIMITS, this.#services.clock(), more)
    if (outcome !== 'done') throw ended(this.id)
  }

  #replaceSecret(next: string, at: Millis): void {
    this.#setSecret(next)
    this.#token = formatToken(this.id, next)
    this.#services.events.emit({ type: 'session.rotated', at, id: this.id, principal: this.#header.principal })
  }

  #setSecret(secret: string): void {
    this.#secret = secret
    this.#secretHash = undefined
  }
  #hashOf(secret: string): string {
    this.#secretHash ??= hashSecret(secret)
    return this.#secretHash
  }
  #ownSecret(): string {
    if (this.#secret === undefined) throw sealed([])
    return this.#secret
  }
  #ownVault(): SessionVault {
    this.#vault ??= new SessionVault(this.id, this.#services.keys)
    return this.#vault
  }
  #inHand(): VaultState {
    return { header: this.#header, secret: this.#secret }
  }
}

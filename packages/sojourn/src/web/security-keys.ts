// How does a form prove that this session's own page was its source, once?
//
// A key is kept as the reserved attribute `$key:<hash>`, whose value is a list: empty, or with the data that goes with the key. A key that is
// not bound to a session is a one-time token of the directory. Of either only the SHA-256 is kept.
import { requireFitting } from '../engine/attributes/names.ts'
import { refuseUnknown, requireBoolean, requirePositive } from '../engine/check.ts'
import { decodeValue, encodeValue } from '../engine/codec/codec.ts'
import type { Edit, EngineCore, SessionHandle } from '../engine/core.ts'
import { invalidOption, isSojournError } from '../engine/error.ts'
import type { People } from '../engine/people.ts'
import { randomText } from '../engine/random.ts'
import type { StoredAttribute } from '../engine/store.ts'
import type { Millis, Seconds } from '../engine/time.ts'
import { hashSecret } from '../engine/token.ts'

/** How a one-time key is made. */
export interface SecurityKeyOptions {
  /** How long it can be used. Unit: seconds, at most a day. Default: as long as its session, at most `86400` (1 day). */
  readonly duration?: Seconds | undefined
  /** What `validateSecurityKey` answers as `data`: a value like those of entries. */
  readonly data?: unknown
  /** `false`: anybody may use it, once, with or without a session. Default: `true`. */
  readonly sessionBound?: boolean | undefined
}

/** What a valid key came with. */
export interface ValidatedKey {
  readonly data: unknown
}

/** A session keeps no more; the oldest go first. */
const MOST_KEYS = 512
const MOST_SECONDS = 86_400
const KEY_BYTES = 24
const UNBOUND = 'any.'
const FORM = /^(any\.)?[\w-]{32}$/
const KIND = 'security-key'

interface NewKey {
  readonly name: string
  readonly value: readonly unknown[]
  readonly expiresAt: Millis
}

/**
 * The keys that one request makes and takes; `handle` is its stored session, if there is one. A class for the sake of its methods: every request has
 * one, and calls few of them.
 */
export class SecurityKeys {
  readonly #core: EngineCore
  readonly #people: People | undefined
  readonly #handle: SessionHandle | undefined
  /** By name, or by hash those that are not bound; made with the first. */
  #issued: Map<string, NewKey> | undefined
  #unbound: Map<string, NewKey> | undefined
  /** From then on who takes a new key must take it where it is kept, or it could be used twice. */
  #isSaved = false

  constructor(core: EngineCore, people: People | undefined, handle: SessionHandle | undefined) {
    this.#core = core
    this.#people = people
    this.#handle = handle
  }

  issue(options: SecurityKeyOptions = {}): string {
    refuseUnknown('securityKey', options, ['duration', 'data', 'sessionBound'])
    const { duration = MOST_SECONDS, data, sessionBound = true } = options
    if (requirePositive('duration', duration) > MOST_SECONDS)
      throw invalidOption('duration', `must be at most ${MOST_SECONDS} seconds`)
    requireBoolean('sessionBound', sessionBound)
    if (!sessionBound && this.#people === undefined) {
      throw invalidOption('sessionBound', 'cannot be false without a directory')
    }
    const value = data === undefined ? [] : [data]
    requireFitting('data', encodeValue('data', value))
    const key = `${sessionBound ? '' : UNBOUND}${randomText(KEY_BYTES)}`
    const hash = hashSecret(key)
    const made = { name: sessionBound ? nameOf(hash) : hash, value, expiresAt: this.#core.after(duration) }
    if (sessionBound) this.#issued = (this.#issued ?? new Map()).set(made.name, made)
    else this.#unbound = (this.#unbound ?? new Map()).set(made.name, made)
    return key
  }
  async take(key: unknown): Promise<ValidatedKey | undefined> {
    if (typeof key !== 'string' || !FORM.test(key)) return undefined
    const hash = hashSecret(key)
    return key.startsWith(UNBOUND) ? this.#takeUnbound(hash) : this.#takeBound(nameOf(hash))
  }
  /** How many reserved attributes the stored session holds or will hold: they do not count against its limit. */
  reserved(): number {
    let reserved = this.#issued?.size ?? 0
    for (const name of this.#handle?.attributes.keys() ?? []) if (isKey(name)) reserved += 1
    return reserved
  }
  isChanged(): boolean {
    return (this.#issued?.size ?? 0) > 0 || (this.#unbound?.size ?? 0) > 0
  }
  edits(): Edit[] {
    const issued = this.all()
    if (issued.length === 0) return []
    const oldest = this.#stored().sort(([, left], [, right]) => left.createdAt - right.createdAt)
    const surplus = Math.max(0, oldest.length + issued.length - MOST_KEYS)
    return [
      ...oldest.slice(0, surplus).map(([name]): Edit => ({ kind: 'drop', name, when: 'always' })),
      ...issued.map(({ name, value, expiresAt }): Edit => ({ kind: 'put', name, value, when: 'always', expiresAt })),
    ]
  }
  all(): NewKey[] {
    return [...(this.#issued?.values() ?? [])].slice(-MOST_KEYS)
  }
  /** Keeps the keys that are not bound to the session, which is saved next. */
  keepUnbound(): Promise<void> | undefined {
    const unbound = this.#unbound
    this.#unbound = undefined
    this.#isSaved = true
    return unbound && this.#keep(unbound)
  }
  /** Those keys alone that are not bound to the session, which another one takes the place of. */
  carry(): SecurityKeys {
    const carried = new SecurityKeys(this.#core, this.#people, undefined)
    carried.#unbound = this.#unbound
    return carried
  }

  async #keep(unbound: ReadonlyMap<string, NewKey>): Promise<void> {
    for (const { name, value, expiresAt } of unbound.values()) {
      // Where there is no directory none was issued.
      await this.#people?.keepToken({ kind: KIND, hash: name, data: encodeValue('data', value), expiresAt })
    }
  }
  #stored(): [string, StoredAttribute][] {
    return [...(this.#handle?.attributes ?? [])].filter(([name]) => isKey(name))
  }
  async #takeBound(name: string): Promise<ValidatedKey | undefined> {
    const fresh = this.#isSaved ? undefined : this.#issued?.get(name)
    if (fresh !== undefined) {
      this.#issued?.delete(name)
      return { data: fresh.value[0] }
    }
    // A key that was made after this session was read has not been in anybody's hands when this request was sent.
    const handle = this.#handle
    const value = handle?.attribute(name)?.value
    if (handle === undefined || !Array.isArray(value)) return undefined
    try {
      await this.#core.edit(handle, [{ kind: 'drop', name, when: 'present' }])
      return { data: value[0] }
    } catch (error) {
      if (isSojournError(error, 'ERR_ATTRIBUTE_MISSING') || isSojournError(error, 'ERR_SESSION_ENDED')) return undefined
      throw error
    }
  }
  async #takeUnbound(hash: string): Promise<ValidatedKey | undefined> {
    const fresh = this.#unbound?.get(hash)
    if (fresh !== undefined) {
      this.#unbound?.delete(hash)
      return { data: fresh.value[0] }
    }
    const token = await this.#people?.takeToken(KIND, hash)
    if (token === undefined) return undefined
    const value = decodeValue('data', token.data ?? '[]')
    return { data: Array.isArray(value) ? value[0] : undefined }
  }
}

function nameOf(hash: string): string {
  return `$key:${hash}`
}

function isKey(name: string): boolean {
  return name.startsWith('$key:')
}

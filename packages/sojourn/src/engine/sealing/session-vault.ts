// How are the sealed values of one session opened and made?

import type { Draft, HomeChange } from '../attributes/home.ts'
import { wrappedFor } from '../session/credential.ts'
import type { AttributeChange, SessionChange, SessionHeader, SessionId } from '../store.ts'
import { hashSecret } from '../token.ts'
import { BOX, type BoxKey, openBox, sealBox } from './box.ts'
import { corrupt } from './keyring.ts'
import { type SessionKeys, sealed } from './session-keys.ts'

/** Who opens or seals: the session as last read, and the secret in hand, if any. */
export interface VaultState {
  readonly header: SessionHeader
  readonly secret: string | undefined
}

/** Changes as a store takes them, and what goes with them. */
export interface SealedChanges {
  readonly attributes: readonly AttributeChange[]
  readonly expect: SessionChange['expect']
  readonly header: { readonly dataKey: Uint8Array } | undefined
  readonly key: BoxKey | undefined
}

/** The name under which the values of a session are sealed. */
export function placeOf(id: SessionId): string {
  return `s:${id}`
}

/**
 * Opens and seals the values of one session. Unwraps its data key once, when first needed. A class for the sake of its methods: every request that
 * writes has one, and few need a key.
 */
export class SessionVault {
  readonly #place: string
  readonly #id: SessionId
  readonly #keys: SessionKeys
  #dataKey: BoxKey | undefined

  constructor(id: SessionId, keys: SessionKeys) {
    this.#place = placeOf(id)
    this.#id = id
    this.#keys = keys
  }

  open(state: VaultState, name: string, box: Uint8Array): string {
    const present = state.header.dataKey
    if (present === null) throw corrupt(name)
    const { id, key } = this.#dataKey ?? this.#unwrap(state, present, name)
    const content = openBox(BOX.value, id, key, [this.#place, name], box)
    if (content === undefined) throw corrupt(name)
    return content.toString()
  }
  /** Changes for the store. Sealing the first value brings the data key along, which counts only when {@link confirm} is called. */
  seal(state: VaultState, changes: readonly HomeChange[]): SealedChanges {
    const { header, secret } = state
    const keys = this.#keys
    const mayOpen = secret !== undefined || keys.withoutToken
    const toSeal = changes.filter(isToSeal)
    const [first] = toSeal
    if (first === undefined) return unsealed(changes.map((change) => plain(change, mayOpen)))
    if (!mayOpen) throw sealed(toSeal.map(({ name }) => name))
    const present = header.dataKey
    const key = this.#dataKey ?? (present === null ? keys.create() : this.#unwrap(state, present, first.name))
    const seal = (name: string, text: string) => sealBox(BOX.value, key.id, key.key, [this.#place, name], Buffer.from(text))
    const attributes = changes.map((change) => sealedChange(change, mayOpen, seal))
    if (present !== null || this.#dataKey !== undefined) return { ...unsealed(attributes), key }
    return {
      attributes,
      expect: { dataKey: 'absent', secretHash: secret === undefined ? header.secretHash : hashSecret(secret) },
      header: { dataKey: keys.wrap(this.#id, secret, key) },
      key,
    }
  }
  confirm({ key }: SealedChanges): void {
    this.#dataKey ??= key
  }

  #unwrap({ header, secret }: VaultState, present: Uint8Array, name: string): BoxKey {
    const wrapped = this.#keys.needsNoSecret(present) ? present : wrappedFor(header, secret)
    if (wrapped === null) throw sealed([name])
    this.#dataKey = this.#keys.unwrap(this.#id, secret, wrapped, name)
    return this.#dataKey
  }
}

function unsealed(attributes: readonly AttributeChange[]): SealedChanges {
  return { attributes, expect: undefined, header: undefined, key: undefined }
}

function isToSeal({ seal, text }: HomeChange): boolean {
  return seal === true && typeof text === 'string'
}

/** Who cannot open a sealed value must not replace it by a plain one either. */
function plain({ name, when, text, unseal, add, expiresAt, revision }: HomeChange, mayOpen: boolean): AttributeChange {
  const draft: Draft<AttributeChange> = { name, when }
  if (text !== undefined) draft.value = text
  if (unseal === true && mayOpen) draft.unseal = true
  if (add !== undefined) draft.add = add
  if (expiresAt !== undefined) draft.expiresAt = expiresAt
  if (revision !== undefined) draft.revision = revision
  return draft
}

/** A change as a store takes it, with its text sealed where that is asked. */
export function sealedChange(
  change: HomeChange,
  mayOpen: boolean,
  seal: (name: string, text: string) => Uint8Array,
): AttributeChange {
  const asIs = plain(change, mayOpen)
  return change.seal === true && typeof change.text === 'string' ? { ...asIs, value: seal(change.name, change.text) } : asIs
}

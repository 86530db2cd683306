// How are the sealed values of one session opened and made?

import type { HomeChange } from '../attributes/home.ts'
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

/** Opens and seals the values of one session. Unwraps its data key once, when first needed. */
export interface SessionVault {
  open(state: VaultState, name: string, box: Uint8Array): string
  /** Changes for the store. Sealing the first value brings the data key along, which counts only when {@link confirm} is called. */
  seal(state: VaultState, changes: readonly HomeChange[]): SealedChanges
  confirm(sealedChanges: SealedChanges): void
}

/** Changes as a store takes them, and what goes with them. */
export interface SealedChanges {
  readonly attributes: readonly AttributeChange[]
  readonly expect: NonNullable<SessionChange['expect']>
  readonly header: { readonly dataKey?: Uint8Array }
  readonly key: BoxKey | undefined
}

/** The name under which the values of a session are sealed. */
export function placeOf(id: SessionId): string {
  return `s:${id}`
}

export function createVault(id: SessionId, keys: SessionKeys): SessionVault {
  const place = placeOf(id)
  let dataKey: BoxKey | undefined

  const unwrap = ({ header, secret }: VaultState, present: Uint8Array, name: string): BoxKey => {
    const wrapped = keys.needsNoSecret(present) ? present : wrappedFor(header, secret)
    if (wrapped === null) throw sealed([name])
    dataKey = keys.unwrap(id, secret, wrapped, name)
    return dataKey
  }

  return {
    open(state, name, box) {
      const present = state.header.dataKey
      if (present === null) throw corrupt(name)
      const { id: keyId, key } = dataKey ?? unwrap(state, present, name)
      const content = openBox(BOX.value, keyId, key, [place, name], box)
      if (content === undefined) throw corrupt(name)
      return content.toString()
    },
    seal(state, changes) {
      const { header, secret } = state
      const mayOpen = secret !== undefined || keys.withoutToken
      const toSeal = changes.filter(({ seal, text }) => seal === true && typeof text === 'string').map(({ name }) => name)
      if (toSeal.length === 0)
        return { attributes: changes.map((change) => plain(change, mayOpen)), expect: {}, header: {}, key: undefined }
      if (!mayOpen) throw sealed(toSeal)
      const present = header.dataKey
      const key = dataKey ?? (present === null ? keys.create() : unwrap(state, present, toSeal[0] ?? ''))
      return {
        attributes: changes.map((change) =>
          sealedChange(change, mayOpen, (name, text) => sealBox(BOX.value, key.id, key.key, [place, name], Buffer.from(text))),
        ),
        ...(present === null && dataKey === undefined
          ? {
              expect: { dataKey: 'absent', secretHash: secret === undefined ? header.secretHash : hashSecret(secret) },
              header: { dataKey: keys.wrap(id, secret, key) },
            }
          : { expect: {}, header: {} }),
        key,
      }
    },
    confirm({ key }) {
      dataKey ??= key
    },
  }
}

type Draft = { -readonly [Field in keyof AttributeChange]: AttributeChange[Field] }

/** Who cannot open a sealed value must not replace it by a plain one either. */
function plain({ name, when, text, unseal, add, expiresAt, revision }: HomeChange, mayOpen: boolean): AttributeChange {
  const draft: Draft = { name, when }
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

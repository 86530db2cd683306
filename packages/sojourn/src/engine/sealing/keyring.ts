// Which server keys are there, and how do they seal what no session's token protects?

import type { RingVault } from '../core.ts'
import { invalidOption, SojournError } from '../error.ts'
import { BOX, type BoxKey, boxKey, deriveKey, openBox, readBox, sealBox } from './box.ts'

/** The server keys: the newest seals, all open. */
export interface KeyRing extends RingVault {
  /** @throws {SojournError} `ERR_KEY_MISSING` */
  newest(): BoxKey
  readonly isEmpty: boolean
  find(keyId: string): BoxKey | undefined
}

const KEY_BYTES = 32

/** Derived keys kept at hand. */
const MOST_DERIVED = 256

/**
 * @param keys newest first, each 32 bytes as base64url.
 * @throws {SojournError} `ERR_OPTION_INVALID`
 */
export function createKeyRing(keys: readonly string[]): KeyRing {
  if (!Array.isArray(keys)) throw invalidOption('keys', 'must be a list, newest key first')
  const ring = keys.map(readKey)
  const byId = new Map(ring.map((key) => [key.id, key]))
  if (byId.size < ring.length) throw invalidOption('keys', 'must not hold a key twice')
  const newest = () => {
    const [first] = ring
    if (first === undefined) throw new SojournError('ERR_KEY_MISSING', 'Nothing can be sealed without a server key.')
    return first
  }

  const derived = new Map<string, BoxKey>()
  /** A key for each place: no key seals so often that random nonces could meet. */
  const keyOf = (server: BoxKey, place: string): BoxKey => {
    const label = `${server.id} ${place}`
    const known = derived.get(label)
    if (known !== undefined) return known
    const key = { id: server.id, key: boxKey(deriveKey(server.key, '', `sojourn ring ${place}`)).key }
    const [oldest] = derived.keys()
    if (derived.size >= MOST_DERIVED && oldest !== undefined) derived.delete(oldest)
    derived.set(label, key)
    return key
  }

  const seal: KeyRing['seal'] = (place, name, text) => {
    const { id, key } = keyOf(newest(), place)
    return sealBox(BOX.value, id, key, [place, name], Buffer.from(text))
  }
  const open: KeyRing['open'] = (place, name, sealed) => {
    const keyId = readBox(sealed)?.keyId
    const server = keyId === undefined ? undefined : byId.get(keyId)
    if (keyId !== undefined && server === undefined) throw retired(name)
    const content =
      server === undefined ? undefined : openBox(BOX.value, server.id, keyOf(server, place).key, [place, name], sealed)
    if (content === undefined) throw corrupt(name)
    return content.toString()
  }

  return {
    newest,
    isEmpty: ring.length === 0,
    find: (keyId) => byId.get(keyId),
    seal,
    open,
    reseal: (place, name, sealed) =>
      readBox(sealed)?.keyId === newest().id ? undefined : seal(place, name, open(place, name, sealed)),
  }
}

function readKey(text: unknown, at: number): BoxKey {
  const bytes = typeof text === 'string' ? Buffer.from(text, 'base64url') : undefined
  if (bytes?.length !== KEY_BYTES || bytes.toString('base64url') !== text) {
    throw invalidOption(`keys[${at}]`, `must be ${KEY_BYTES} bytes as base64url, 43 characters`)
  }
  return boxKey(bytes)
}

/** The error of a value whose server key is not in the ring any more. */
export function retired(name: string): SojournError {
  return new SojournError('ERR_KEY_MISSING', `The server key that \`${name}\` is sealed under is not in \`keys\`.`, {
    names: [name],
    fix: 'Put the retired key back at the end of `keys` until everything is sealed anew.',
  })
}

/** The error of a value that does not open where it is. */
export function corrupt(name: string): SojournError {
  return new SojournError('ERR_STORE_CORRUPT', `The sealed value of \`${name}\` does not open in its place.`, { names: [name] })
}

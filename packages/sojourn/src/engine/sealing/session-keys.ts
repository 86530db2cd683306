// How are the data key of a session, and the successor of its secret, kept so that only its token (and a server key) opens them?

import { SojournError } from '../error.ts'
import { randomBytes } from '../random.ts'
import type { SessionId } from '../store.ts'
import { BOX, type BoxKey, boxKey, deriveKey, openBox, readBox, sealBox } from './box.ts'
import { corrupt, type KeyRing, retired } from './keyring.ts'

/** Wraps and unwraps the keys of sessions. */
export interface SessionKeys {
  /** Whether a session's values open without its token. */
  readonly withoutToken: boolean
  create(): BoxKey
  /** @throws {SojournError} `ERR_KEY_MISSING`; `ERR_ATTRIBUTE_SEALED` without the secret where it takes part. */
  wrap(id: SessionId, secret: string | undefined, dataKey: BoxKey): Buffer
  /**
   * @param name the attribute to be opened, for the error.
   * @throws {SojournError} as {@link wrap}, and `ERR_STORE_CORRUPT`.
   */
  unwrap(id: SessionId, secret: string | undefined, wrapped: Uint8Array, name: string): BoxKey
  /** Whether it is wrapped by a server key alone. */
  needsNoSecret(wrapped: Uint8Array): boolean
  /** Whether it is wrapped otherwise than {@link wrap} would do it today. */
  isOutdated(wrapped: Uint8Array): boolean
}

/** The error of those who come without the token. */
export function sealed(names: readonly string[]): SojournError {
  const which = names.length === 1 ? `\`${names[0]}\` is` : 'Attributes are'
  return new SojournError('ERR_ATTRIBUTE_SEALED', `${which} sealed under a token that was not presented.`, { names })
}

export function createSessionKeys(ring: KeyRing, sealing: 'token' | 'server'): SessionKeys {
  const kind = sealing === 'token' ? BOX.dataKeyOfToken : BOX.dataKeyOfServer

  const wrappingKey = (server: BoxKey, id: SessionId, secret: string) =>
    boxKey(deriveKey(server.key, secret, `sojourn session data key ${id}`)).key
  /** The token's part in the key: none for a wrap that leaves it out. */
  const part = (of: number, secret: string | undefined, names: readonly string[]): string => {
    if (of === BOX.dataKeyOfServer) return ''
    if (secret === undefined) throw sealed(names)
    return secret
  }

  return {
    withoutToken: sealing === 'server',
    create: () => boxKey(randomBytes(32)),
    wrap(id, secret, dataKey) {
      const server = ring.newest()
      return sealBox(kind, server.id, wrappingKey(server, id, part(kind, secret, [])), [id], dataKey.key.export())
    },
    unwrap(id, secret, wrapped, name) {
      const box = readBox(wrapped)
      if (box === undefined || (box.kind !== BOX.dataKeyOfToken && box.kind !== BOX.dataKeyOfServer)) throw corrupt(name)
      const salt = part(box.kind, secret, [name])
      const server = ring.find(box.keyId)
      if (server === undefined) throw retired(name)
      const bytes = openBox(box.kind, server.id, wrappingKey(server, id, salt), [id], wrapped)
      if (bytes === undefined) throw corrupt(name)
      return boxKey(bytes)
    },
    needsNoSecret: (wrapped) => readBox(wrapped)?.kind === BOX.dataKeyOfServer,
    isOutdated(wrapped) {
      if (ring.isEmpty) return false
      const box = readBox(wrapped)
      return box?.kind !== kind || box.keyId !== ring.newest().id
    },
  }
}

/** The secret that follows, for whoever holds the one before. */
export function sealSuccessor(id: SessionId, previous: string, next: string): Buffer {
  const { id: keyId, key } = successorKey(id, previous)
  return sealBox(BOX.successor, keyId, key, [id], Buffer.from(next))
}

/** The secret that follows; `undefined` when this is not the one before. */
export function openSuccessor(id: SessionId, previous: string, successor: Uint8Array): string | undefined {
  const { id: keyId, key } = successorKey(id, previous)
  return openBox(BOX.successor, keyId, key, [id], successor)?.toString()
}

function successorKey(id: SessionId, previous: string): BoxKey {
  return boxKey(deriveKey(Buffer.from(previous), '', `sojourn successor ${id}`))
}

/** A key for one purpose, from a token's secret. */
export function deriveFromSecret(id: SessionId, secret: string, purpose: string): string {
  return Buffer.from(deriveKey(Buffer.from(secret), '', `sojourn derived ${id} ${purpose}`)).toString('base64url')
}

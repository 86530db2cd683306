// How is something encrypted so that it opens only with its key and in its place?
//
// Layout: 1 byte what it is, 4 bytes key id, 12 bytes nonce, ciphertext, 16 bytes tag (AES-256-GCM).
import { createCipheriv, createDecipheriv, createSecretKey, hash, hkdfSync, type KeyObject } from 'node:crypto'
import { randomBytes } from '../random.ts'

/** A key with the name it has in a box: the beginning of its hash. */
export interface BoxKey {
  readonly id: string
  readonly key: KeyObject
}

/** What a box holds. Bound into it, so that none passes for another. */
export const BOX = { value: 1, dataKeyOfToken: 2, dataKeyOfServer: 3, successor: 4 } as const
export type BoxKind = (typeof BOX)[keyof typeof BOX]

const ID_BYTES = 4
const NONCE_BYTES = 12
const TAG_BYTES = 16
const HEAD_BYTES = 1 + ID_BYTES
const LEAST_BYTES = HEAD_BYTES + NONCE_BYTES + TAG_BYTES

/** Makes a key of 32 bytes. */
export function boxKey(bytes: Uint8Array): BoxKey {
  const id = hash('sha256', Buffer.concat([Buffer.from('sojourn key id\0'), bytes]), 'hex').slice(0, ID_BYTES * 2)
  return { id, key: createSecretKey(bytes) }
}

/** A key derived from another for one purpose (HKDF-SHA256, RFC 5869). */
export function deriveKey(from: KeyObject | Uint8Array, salt: string, purpose: string): Uint8Array {
  return new Uint8Array(hkdfSync('sha256', from, salt, purpose, 32))
}

/** @param place where it is kept: it opens nowhere else. */
export function sealBox(kind: BoxKind, keyId: string, key: KeyObject, place: readonly string[], content: Uint8Array): Buffer {
  const head = Buffer.allocUnsafe(HEAD_BYTES)
  head[0] = kind
  head.write(keyId, 1, 'hex')
  const nonce = randomBytes(NONCE_BYTES)
  const cipher = createCipheriv('aes-256-gcm', key, nonce, { authTagLength: TAG_BYTES })
  cipher.setAAD(associated(kind, keyId, place))
  const body = cipher.update(content)
  cipher.final()
  return Buffer.concat([head, nonce, body, cipher.getAuthTag()])
}

/** The content; `undefined` when anything at all is not as it was sealed. */
export function openBox(
  kind: BoxKind,
  keyId: string,
  key: KeyObject,
  place: readonly string[],
  box: Uint8Array,
): Buffer | undefined {
  const read = readBox(box)
  if (read === undefined || read.kind !== kind || read.keyId !== keyId) return undefined
  const bytes = bufferOf(box)
  const nonce = bytes.subarray(HEAD_BYTES, HEAD_BYTES + NONCE_BYTES)
  const decipher = createDecipheriv('aes-256-gcm', key, nonce, { authTagLength: TAG_BYTES })
  decipher.setAAD(associated(kind, keyId, place))
  decipher.setAuthTag(bytes.subarray(bytes.length - TAG_BYTES))
  const content = decipher.update(bytes.subarray(HEAD_BYTES + NONCE_BYTES, bytes.length - TAG_BYTES))
  try {
    decipher.final()
  } catch {
    return undefined
  }
  return content
}

/** What a box says of itself, before it is opened. */
export function readBox(box: Uint8Array): { readonly kind: number; readonly keyId: string } | undefined {
  if (box.length < LEAST_BYTES) return undefined
  const bytes = bufferOf(box)
  return { kind: bytes.readUInt8(0), keyId: bytes.toString('hex', 1, HEAD_BYTES) }
}

function associated(kind: BoxKind, keyId: string, place: readonly string[]): Buffer {
  return Buffer.from(JSON.stringify(['sojourn', kind, keyId, ...place]))
}

function bufferOf(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
}

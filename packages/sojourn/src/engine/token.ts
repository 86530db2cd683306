// What does a client hold, how is it read, and how are secrets compared?
import { hash, timingSafeEqual } from 'node:crypto'
import { randomText } from './random.ts'
import type { SessionId } from './store.ts'

/** What a token says. */
export interface Token {
  readonly id: SessionId
  /** 32 random bytes as 43 characters of base64url. */
  readonly secret: string
}

const PREFIX = 'sjn_'
const SECRET_BYTES = 32

/** `sjn_`, 18 bytes, a dot, 32 bytes; the last character of 32 bytes carries four bits, so that no two texts are the same bytes. */
const FORM = /^sjn_[A-Za-z0-9_-]{24}\.[A-Za-z0-9_-]{42}[AEIMQUYcgkosw048]$/

/** Where the id and the secret begin, and how long the whole is. */
const ID_AT = 4
const SECRET_AT = 29
const CHARACTERS = 72

/** A new secret. */
export function newSecret(): string {
  return randomText(SECRET_BYTES)
}

/** The text that a client gets. */
export function formatToken(id: SessionId, secret: string): string {
  return `${PREFIX}${id}.${secret}`
}

/** Reads a token; `undefined` for anything that is not exactly one. */
export function parseToken(text: unknown): Token | undefined {
  if (typeof text !== 'string' || text.length !== CHARACTERS || !FORM.test(text)) return undefined
  return { id: text.slice(ID_AT, SECRET_AT - 1), secret: text.slice(SECRET_AT) }
}

/** A text from outside as it may be written down: where it holds tokens, put where something else belongs, their secrets are left out. */
export function withoutSecrets(text: string): string {
  return text.replace(/(sjn_[A-Za-z0-9_-]{24})\.[A-Za-z0-9_-]*/g, '$1')
}

/** What is kept of a secret: its SHA-256, base64url. Good for secrets of full entropy only, never for passwords. */
export function hashSecret(secret: string): string {
  return hash('sha256', secret, 'base64url')
}

/** Compares two hashes (or other texts) in time that tells nothing but whether their lengths differ. The only place where secrets are compared. */
export function sameSecret(left: string, right: string): boolean {
  const [a, b] = [Buffer.from(left), Buffer.from(right)]
  return a.length === b.length && timingSafeEqual(a, b)
}

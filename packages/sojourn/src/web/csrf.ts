// May this request change something, or did another site send it?
import { refuseUnknown } from '../engine/check.ts'
import { invalidOption, SojournError } from '../engine/error.ts'
import { STATIC_KEY_FIELD } from './commit.ts'
import type { Current } from './current.ts'
import { isSameOrigin, isUnsafe } from './origin.ts'

/** What a guard accepts. */
export interface CsrfOptions {
  /**
   * `origin`: the browser's word that the request comes from the same origin (`Sec-Fetch-Site`, `Origin`). `key`: a one-time key in the header
   * `x-csrf-token` or the field `_csrf` of a form or of JSON, or the static key in `sec-sojourn-static-key`. Default: `either`; a key is taken only where the origin
   * is not proven.
   */
  readonly accept?: 'either' | 'origin' | 'key' | undefined
}

/**
 * Refuses unsafe requests that do not prove their origin, with `ERR_CSRF_REFUSED`. It is middleware for Express, a `preHandler` for Fastify, and
 * middleware for Hono; with a request alone it answers a promise.
 *
 * @see OWASP Cross-Site Request Forgery Prevention Cheat Sheet
 */
export interface CsrfGuard {
  (request: object): Promise<void>
  (context: object, next: () => Promise<void>): Promise<void>
  /** `next` is called without an argument, or with the error; `never`, as each framework has another type for it. */
  (request: object, response: object, next: (error?: never) => void): void
}

/** The answer of a binding when it is asked for the session of a request. */
export type FindCurrent = (carrier: object) => Current

/** Makes a guard. */
export function createCsrfGuard(find: FindCurrent, options: CsrfOptions = {}): CsrfGuard {
  refuseUnknown('csrf', options, ['accept'])
  const { accept = 'either' } = options
  if (!['either', 'origin', 'key'].includes(accept)) throw invalidOption('accept', "must be 'either', 'origin' or 'key'")

  async function check(carrier: object): Promise<void> {
    const current = find(carrier)
    const { facts, transport } = current.request
    if (!isUnsafe(facts)) return
    if (accept !== 'key' && isSameOrigin(facts, transport)) return
    if (accept !== 'origin' && (await presentsKey(current))) return
    throw new SojournError('ERR_CSRF_REFUSED', 'The request does not prove its origin.')
  }

  function guard(carrier: object): Promise<void>
  function guard(carrier: object, next: () => Promise<void>): Promise<void>
  function guard(carrier: object, response: object, next: (error?: never) => void): void
  function guard(carrier: object, ...rest: readonly unknown[]): Promise<void> | undefined {
    const [second, third] = rest
    if (typeof third === 'function') {
      check(carrier).then(
        () => third(),
        // A reason that is none would let the request through.
        (error: unknown) => third(error || Error()),
      )
      return undefined
    }
    return typeof second === 'function' ? check(carrier).then(() => second()) : check(carrier)
  }
  return guard
}

async function presentsKey({ session, request, field }: Current): Promise<boolean> {
  await session.load()
  if (session.validateStaticSecurityKey(request.facts.header(STATIC_KEY_FIELD))) return true
  const key = request.facts.header('x-csrf-token') ?? (await field('_csrf'))
  return (await session.validateSecurityKey(key)) !== undefined
}

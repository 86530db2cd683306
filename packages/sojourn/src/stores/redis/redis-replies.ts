// What do the replies of a server hold?
import { SojournError } from '../../engine/error.ts'

/** An `ERR_STORE_CORRUPT` about what a key holds. */
export function corrupt(what: string): SojournError {
  return new SojournError('ERR_STORE_CORRUPT', `Redis answered something else than ${what}.`)
}

/** A reply that may be text, as its bytes. */
export function bytesOrNone(reply: unknown): Buffer | undefined {
  if (reply === null || reply === undefined) return undefined
  if (Buffer.isBuffer(reply)) return reply
  throw corrupt('bytes')
}

/** A reply that is text; what is absent is empty. */
export function textOf(reply: unknown): string {
  return bytesOrNone(reply)?.toString() ?? ''
}

/** Names of one letter, as those of a session's own fields are: a lookup costs a tenth of a decoded text, and there are many in every answer. */
const LETTERS: readonly string[] = Array.from({ length: 128 }, (_, code) => String.fromCharCode(code))

/** A reply that is the name of a field. */
export function nameOf(reply: unknown): string {
  const bytes = bytesOrNone(reply)
  if (bytes === undefined) return ''
  return (bytes.length === 1 ? LETTERS[bytes[0] ?? 0] : undefined) ?? bytes.toString()
}

const ZERO = 48

/** A reply that is a number; what is absent is 0. Plain digits, which is the rule, are read without a text in between. */
export function numberOf(reply: unknown): number {
  const bytes = bytesOrNone(reply)
  if (bytes === undefined) return 0
  let number = 0
  for (let at = 0; at < bytes.length; at += 1) {
    const digit = (bytes[at] ?? 0) - ZERO
    if (digit < 0 || digit > 9) return Number(bytes.toString())
    number = number * 10 + digit
  }
  return number
}

/** A reply that is a list. */
export function listOf(reply: unknown): readonly unknown[] {
  if (Array.isArray(reply)) return reply
  throw corrupt('a list')
}

/** Two numbers kept as `one,two`; `0,0` where there are none. */
export function pairOf(reply: unknown): readonly [number, number] {
  const text = textOf(reply)
  if (text === '') return [0, 0]
  const [one = Number.NaN, two = Number.NaN] = text.split(',').map(Number)
  if (Number.isNaN(one + two)) throw corrupt('two numbers')
  return [one, two]
}

/** Commands written in one tick travel together; each comes back with its reply or its error. */
export function settled(replies: readonly Promise<unknown>[]): Promise<readonly unknown[]> {
  return new Promise((resolve) => {
    const results: unknown[] = replies.map(() => undefined)
    let missing = replies.length
    for (const [index, reply] of replies.entries()) {
      const keep = (result: unknown) => {
        results[index] = result
        missing -= 1
        if (missing === 0) resolve(results)
      }
      reply.then(keep, (reason: unknown) => keep(asError(reason)))
    }
  })
}

function asError(reason: unknown): Error {
  return reason instanceof Error ? reason : new Error(String(reason))
}

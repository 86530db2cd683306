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

/** A reply that is a number, `NaN` where it is something else; what is absent is 0. */
export function numberOf(reply: unknown): number {
  return Number(textOf(reply))
}

/** A reply that is a list. */
export function listOf(reply: unknown): readonly unknown[] {
  if (Array.isArray(reply)) return reply
  throw corrupt('a list')
}

/** Two numbers kept as `one,two`; `0,0` where there are none. `what`: what else they are, for the error. */
export function pairOf(reply: unknown, what = 'two numbers'): readonly [number, number] {
  const text = textOf(reply)
  if (text === '') return [0, 0]
  const [one = Number.NaN, two = Number.NaN] = text.split(',').map(Number)
  if (Number.isNaN(one + two)) throw corrupt(what)
  return [one, two]
}

/** Commands written in one tick travel together; each comes back with its reply or its error. */
export async function settled(replies: readonly Promise<unknown>[]): Promise<readonly unknown[]> {
  const results = await Promise.allSettled(replies)
  return results.map((result) => (result.status === 'fulfilled' ? result.value : asError(result.reason)))
}

function asError(reason: unknown): Error {
  return reason instanceof Error ? reason : new Error(String(reason))
}

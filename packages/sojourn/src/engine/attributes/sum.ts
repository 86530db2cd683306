// What does an addition to a value come to, and when is it refused?
import { SojournError } from '../error.ts'

/** What to do where nothing can be added. */
export const SUM_FIX = 'Add only to numbers, and not beyond the whole numbers that are exact; or `set` a number first.'

/**
 * An exact sum; absent counts as 0.
 *
 * @throws {SojournError} `ERR_VALUE_UNSUPPORTED`
 */
export function sum(name: string, old: unknown, by: number): number {
  const present = old === undefined ? 0 : old
  const refuse = (why: string) =>
    new SojournError('ERR_VALUE_UNSUPPORTED', `\`${name}\` ${why}.`, { names: [name], fix: SUM_FIX })
  if (typeof present !== 'number') throw refuse('holds no number')
  const total = present + by
  const exact = Number.isInteger(present) && Number.isInteger(by) ? Number.isSafeInteger(total) : Number.isFinite(total)
  if (!exact) throw refuse('would pass the largest exact number')
  return total
}

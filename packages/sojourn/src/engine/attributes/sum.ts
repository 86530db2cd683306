// What does an addition to a value come to, and when is it refused?
import { SojournError } from '../error.ts'

/** What to do where nothing can be added. */
export const SUM_FIX = 'Add only to numbers, and not beyond the whole numbers that are exact; or `set` a number first.'

/**
 * An exact sum; absent counts as 0.
 *
 * @throws {SojournError} `ERR_VALUE_UNSUPPORTED`
 */
export function sum(name: string, old: unknown = 0, by: number): number {
  if (typeof old !== 'number') throw refused(name, 'holds no number')
  const total = old + by
  const isExact = Number.isInteger(old) && Number.isInteger(by) ? Number.isSafeInteger(total) : Number.isFinite(total)
  if (!isExact) throw refused(name, 'would pass the largest exact number')
  return total
}

function refused(name: string, why: string): SojournError {
  return new SojournError('ERR_VALUE_UNSUPPORTED', `\`${name}\` ${why}.`, { fix: SUM_FIX, names: [name] })
}

// What may be given to a verb that no field of ours is made for, and what may be said of it?
import fc from 'fast-check'
import { isSojournError } from 'sojourn'
import { expect } from 'vitest'

/** Stands for a secret that somebody put where it does not belong. */
export const CANARY = 'canary-3f9a1c77'

/** Things that no field of ours is made for, those that carry a secret among them. */
const hostile: readonly unknown[] = [
  undefined,
  null,
  true,
  0,
  -1,
  1.5,
  Number.NaN,
  Number.POSITIVE_INFINITY,
  10n,
  '',
  CANARY,
  `${CANARY}\u0000`,
  `\ud800${CANARY}`,
  CANARY.repeat(20_000),
  Symbol(CANARY),
  () => CANARY,
  [],
  [CANARY],
  [undefined],
  [null],
  {},
  { madeUp: CANARY },
  { name: CANARY, value: CANARY },
  { toString: () => CANARY, valueOf: () => 5 },
  Object.create(null),
  Object.create(Date.prototype),
  Object.create(Map.prototype),
  Object.create(Set.prototype),
  Object.create(URL.prototype),
  Object.create(Uint8Array.prototype),
  new Date(Number.NaN),
  new Error(CANARY),
  new Proxy([], {}),
  JSON.parse('{"__proto__":{"isSuperUser":true}}'),
]

const anything = fc.anything({ withBigInt: true, withDate: true, withMap: true, withSet: true, withTypedArray: true })

/** What may be said of an input that was refused: which field, why, and nothing of what it held. */
export function requireTidy(error: unknown, what: string): void {
  if (!isSojournError(error)) throw new Error(`${what}: not an error of ours`, { cause: error })
  const { message, code, errors, names, status } = error
  if (code === 'ERR_OPTION_INVALID' || code === 'ERR_VALUE_UNSUPPORTED') {
    expect([...errors.map(({ field }) => field), ...names].length, `${what}: ${message}`).toBeGreaterThan(0)
  }
  expect(status, `${what}: ${message}`).toBeLessThan(500)
  expect(message.length, what).toBeLessThan(500)
  expect(JSON.stringify([message, errors, names, error.fix]), what).not.toContain(CANARY)
}

/** Every hostile value, and some that nobody thought of. */
export function withAnything(test: (value: unknown) => Promise<void>): Promise<void> {
  return fc.assert(fc.asyncProperty(anything, test), {
    examples: hostile.map((value) => [value]),
    numRuns: hostile.length + 10,
  })
}

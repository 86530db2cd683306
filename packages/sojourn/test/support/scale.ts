// How many repetitions does a large test run: few in `npm test`, all in `npm run test:races`?

/** The full count where SOJOURN_RACES=full, otherwise the quick one. */
export function count(sizes: { readonly full: number; readonly quick: number }): number {
  return process.env['SOJOURN_RACES'] === 'full' ? sizes.full : sizes.quick
}

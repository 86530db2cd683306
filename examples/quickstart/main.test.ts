// Does the example print what its README promises?
import { expect, test } from 'vitest'
import { linesOf } from '../run.ts'

test('quickstart prints what its README shows', () => {
  expect(linesOf('quickstart')).toEqual(["cart: [ 'tea', 'milk', 'bread' ]", 'visits: 1', 'after logout: ERR_SESSION_ENDED'])
})

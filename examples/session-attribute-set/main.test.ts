// Does the example print what its README promises?
import { expect, test } from 'vitest'
import { linesOf } from '../run.ts'

test('session-attribute-set prints what its README shows', () => {
  expect(linesOf('session-attribute-set')).toEqual(['my-attribute my-other-value'])
})

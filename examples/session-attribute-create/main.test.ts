// Does the example print what its README promises?
import { expect, test } from 'vitest'
import { linesOf } from '../run.ts'

test('session-attribute-create prints what its README shows', () => {
  expect(linesOf('session-attribute-create')).toEqual(['my-attribute my-value'])
})

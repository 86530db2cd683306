// Does the example print what its README promises?
import { expect, test } from 'vitest'
import { linesOf } from '../run.ts'

test('session-attribute-update prints what its README shows', () => {
  expect(linesOf('session-attribute-update')).toEqual(['my-attribute-abc my-value2'])
})

// Does the example print what its README promises?
import { expect, test } from 'vitest'
import { linesOf } from '../run.ts'

test('session-attribute-update-many prints what its README shows', () => {
  expect(linesOf('session-attribute-update-many')).toEqual(['my-attribute-1 my-new-value-1', 'my-attribute-2 my-new-value-2'])
})

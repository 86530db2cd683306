// Does the example print what its README promises?
import { expect, test } from 'vitest'
import { linesOf } from '../run.ts'

test('session-attribute-set-many prints what its README shows', () => {
  expect(linesOf('session-attribute-set-many')).toEqual(['my-attribute-1 my-new-value-1', 'my-attribute-2 my-value-2'])
})

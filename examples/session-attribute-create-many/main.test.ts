// Does the example print what its README promises?
import { expect, test } from 'vitest'
import { linesOf } from '../run.ts'

test('session-attribute-create-many prints what its README shows', () => {
  expect(linesOf('session-attribute-create-many')).toEqual([
    'my-attribute-1 my-value-1 plain 900',
    'my-attribute-2 my-value-2 encrypted 900',
    'my-attribute-3 my-value-3 plain 3600',
  ])
})

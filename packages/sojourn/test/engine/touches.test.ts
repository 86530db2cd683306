// Are pushes of deadlines remembered in bounded space?
import { expect, it } from 'vitest'
import { createTouches } from '../../src/engine/session/touches.ts'

it('a push is taken once an interval, given back when it failed, and the oldest is forgotten', () => {
  const touches = createTouches()
  expect(touches.claim('first', 1000, 100)).toBe(true)
  expect(touches.claim('first', 1099, 100)).toBe(false)
  expect(touches.claim('first', 1100, 100)).toBe(true)
  touches.release('first')
  expect(touches.claim('first', 1100, 100)).toBe(true)
  for (let n = 0; n < 9_999; n += 1) touches.claim(`session-${n}`, 1000, 100)
  expect(touches.claim('first', 1100, 100)).toBe(false)
  touches.claim('one more', 1000, 100)
  expect(touches.claim('first', 1100, 100)).toBe(true)
})

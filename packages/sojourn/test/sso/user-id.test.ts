// What does a user id look like?
import { expect, test } from 'vitest'
import { newUserId } from '../../src/sso/users/user-id.ts'

test('zusr and a random UUID in Crockford’s base 32, 29 or 30 characters, whatever zeros it begins with', () => {
  const ids = Array.from({ length: 5000 }, newUserId)
  expect(ids.filter((id) => !/^zusr[0-9a-hjkmnp-tv-z]{25,26}$/.test(id))).toEqual([])
  expect(new Set(ids).size).toBe(ids.length)
})

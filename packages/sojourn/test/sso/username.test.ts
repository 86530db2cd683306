// When are two user names the same?
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { usernameKey } from '../../src/sso/users/username.ts'

const anyText = fc.string({ unit: 'binary', maxLength: 20 })

test('a key is its own key', () => {
  fc.assert(
    fc.property(anyText, (text) => usernameKey(usernameKey(text)) === usernameKey(text)),
    { numRuns: 5000 },
  )
})

test('case and compatible forms make no difference', () => {
  fc.assert(
    fc.property(anyText, (text) => {
      const key = usernameKey(text.normalize('NFKC'))
      for (const form of ['NFC', 'NFD', 'NFKD'] as const) expect(usernameKey(text.normalize(form))).toBe(key)
      expect(usernameKey(text.normalize('NFKC').toUpperCase())).toBe(key)
    }),
    { numRuns: 5000 },
  )
})

test.each([
  ['Straße', 'STRASSE'],
  ['ΣΊΣΥΦΟΣ', 'σίσυφος'],
  ['ſara', 'Sara'],
  ['Ｆｕｌｌ', 'full'],
  ['ﬁne', 'FINE'],
  ['Kelvin', 'kelvin'],
])('%s is %s', (left, right) => expect(usernameKey(left)).toBe(usernameKey(right)))

test.each([
  ['ada', 'adа'],
  ['ada', 'ada1'],
  ['zoe', 'zoë'],
])('%s is not %s', (left, right) => expect(usernameKey(left)).not.toBe(usernameKey(right)))

// Can somebody who may not log in learn which users there are, or in which state?
import { describe, expect, test } from 'vitest'
import { SojournError } from '../../src/index.ts'
import { argon2Hasher } from '../../src/sso/passwords/password-hash.ts'
import { OTHER_PASSWORD, open, PASSWORD } from './support/open.ts'

/** Everything that a caller could tell one refusal from another by. */
function told(error: unknown) {
  if (!(error instanceof SojournError)) throw error
  const { name, code, status, message, fix, errors, names, cause } = error
  return {
    name,
    code,
    status,
    message,
    fix,
    errors,
    names,
    cause,
    ...('subStatus' in error ? { subStatus: error.subStatus } : {}),
  }
}

describe('W-16: unknown users', () => {
  const cases: readonly { readonly name: string; readonly username: string; readonly password: string }[] = [
    { name: 'a wrong password', username: 'ada', password: 'wrong' },
    { name: 'an empty password', username: 'ada', password: '' },
    { name: 'an unknown name', username: 'nobody', password: PASSWORD },
    { name: 'an empty name', username: '', password: PASSWORD },
    { name: 'a name no user can have', username: 'a b\u0000', password: PASSWORD },
    { name: 'an account that nobody approved', username: 'pending', password: PASSWORD },
    { name: 'an account without a password', username: 'empty', password: PASSWORD },
  ]

  test.each(cases)('$name gets the one answer, after one hash and the same store calls', async ({ username, password }) => {
    const { sso, hasher, watched } = await open()
    const data = (name: string, word?: string) => ({ data: { username: name, password: word }, requireSuperUser: false })
    await sso.user.createUser(data('pending', PASSWORD))
    await sso.user.createUser({ ...data('empty'), autoApprove: true })

    const reference = await sso.user.login({ username: 'ada', password: 'wrong' }).catch(told)
    const hashes = hasher.count()
    watched.calls()
    await sso.user.login({ username: 'ada', password: 'wrong' }).catch(told)
    const calls = watched.calls()
    expect(await sso.user.login({ username, password }).catch(told)).toEqual(reference)
    expect(watched.calls()).toEqual(calls)
    expect(hasher.count() - hashes).toBe(2)
  })

  test('argon2id does for nobody what it does for somebody', async () => {
    const hasher = argon2Hasher({})
    expect(await hasher.verify(PASSWORD, undefined)).toBe(false)
    expect(await hasher.verify('', undefined)).toBe(false)
  })
})

test('a right password of a user who may not come from there is answered like a wrong one', async () => {
  const { sso, create } = await open({ userAddressList: { eve: '10.0.0.0/8' } })
  await create('eve')
  const refused = (password: string, remoteAddr: string) => sso.user.login({ username: 'eve', password, remoteAddr }).catch(told)
  expect(await refused(PASSWORD, '192.0.2.1')).toEqual(await refused('wrong', '10.0.0.1'))
})

test('regular users learn nothing about others: whoever is named, known or not, the answer is the same', async () => {
  const { sso, ada, root } = await open()
  const answers = await Promise.all(
    [root.userId, 'zusrnobody'].map((userId) => sso.user.getUserById({ currentUst: ada.ust, userId }).catch(told)),
  )
  expect(answers[0]).toEqual(answers[1])
  const data = (userId: string) => ({ oldPassword: PASSWORD, newPassword: OTHER_PASSWORD, userId })
  const changes = await Promise.all(
    [root.userId, 'zusrnobody'].map((userId) => sso.user.changePassword({ currentUst: ada.ust, data: data(userId) }).catch(told)),
  )
  expect(changes[0]).toEqual(changes[1])
})

// What may users do whom the application keeps in records of its own?
import { expect, test } from 'vitest'
import { open } from './support/open.ts'

test('loadUser answers for users whom the directory does not know', async () => {
  let isSuperUser = true
  const loadUser = (id: string) => (id === 'mine-1' ? { username: 'mine', isSuperUser } : undefined)
  const { sso, ada } = await open({ loadUser })
  const { token } = await sso.sessions.start({ principal: 'mine-1' })
  const session = await sso.user.session.get({ currentUst: token, targetUst: ada.ust })
  expect(session.username).toBe('ada')
  isSuperUser = false
  await sso.sessions.refresh('mine-1')
  await expect(session.attr.get('a')).rejects.toMatchObject({ code: 'ERR_ACCESS_DENIED' })
  const stranger = await sso.sessions.start({ principal: 'mine-2' })
  await expect(sso.user.session.getCurrentSession({ currentUst: stranger.token })).rejects.toMatchObject({
    code: 'ERR_SESSION_ENDED',
  })
})

test('loadUser may answer null for nobody, and what it answers of somebody is read before it counts', async () => {
  let answer: unknown = null
  const { sso, root } = await open({ loadUser: () => answer as undefined })
  const { token: currentUst } = await sso.sessions.start({ principal: 'mine-1' })
  const use = () => sso.user.session.getCurrentSession({ currentUst })
  await expect(use()).rejects.toMatchObject({ code: 'ERR_SESSION_ENDED' })
  const end = sso.user.session.endAll({ currentUst: root.ust, userId: 'mine-2' })
  await expect(end).rejects.toMatchObject({ code: 'ERR_USER_MISSING' })
  const mine = { username: 'mine' }
  for (const [field, wrong] of [
    ['username', {}],
    ['username', 'mine'],
    ['isSuperUser', { ...mine, isSuperUser: 'false' }],
    ['isLocked', { ...mine, isLocked: 1 }],
    ['appList', { ...mine, appList: 'CRM' }],
  ] as const) {
    answer = wrong
    await expect(use()).rejects.toMatchObject({ code: 'ERR_POLICY_INVALID', errors: [{ field: `loadUser.${field}` }] })
  }
  answer = { ...mine, isSuperUser: null, isLocked: null, appList: null, more: 1 }
  expect(await use()).toMatchObject({ username: 'mine', isSuperUser: false })
})

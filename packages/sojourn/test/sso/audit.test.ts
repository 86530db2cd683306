// Does every call leave one record that says who did what to whom and how it ended, and nothing that is secret?
import { describe, expect, test } from 'vitest'
import type { AuditRecord } from '../../src/index.ts'
import { AUDITED_CALLS } from './support/audited-calls.ts'
import { type Opened, OTHER_PASSWORD, open, PASSWORD } from './support/open.ts'

/** The records of one correlation id. */
async function recordsOf({ audit }: Opened, cid: string): Promise<readonly AuditRecord[]> {
  return (await audit()).filter((record) => record.cid === cid)
}

describe('W-17: one record a call', () => {
  test.each(AUDITED_CALLS)('$name', async ({ operation, call, outcome = 'ok', reason = null, actor, target }) => {
    const opened = await open()
    await call(opened, 'the-call').catch(() => undefined)
    expect(await recordsOf(opened, 'the-call')).toEqual([
      {
        at: opened.clock.now(),
        cid: 'the-call',
        operation,
        outcome,
        reason,
        actor: actor?.(opened) ?? null,
        target: target?.(opened) ?? null,
        remoteAddr: '',
        app: 'CRM',
        details: expect.any(Object),
      },
    ])
  })

  test('attribute calls: names, session and outcome, one each whatever the number of items', async () => {
    const opened = await open()
    const { sso, ada } = opened
    const mine = sso.as({ cid: 'attrs', currentUst: ada.ust, remoteAddr: '192.0.2.1' })
    const session = await mine.user.session.getCurrentSession()
    await session.attr.createMany([
      { name: 'a', value: 1 },
      { name: 'b', value: 2 },
    ])
    await session.attr.create('a', 1).catch(() => undefined)
    await session.attr.get('a')
    const user = await mine.user.getCurrentUser()
    await user.attr.setMany([
      { name: 'c', value: 1 },
      { name: 'd', value: 2 },
    ])
    await user.attr.update('none', 1).catch(() => undefined)
    const records = await recordsOf(opened, 'attrs')
    expect(
      records.map(({ operation, outcome, reason, details }) => [operation, outcome, reason, details['names']]).sort(),
    ).toEqual(
      [
        ['session.get_current_session', 'ok', null, undefined],
        ['session.attr.create_many', 'ok', null, ['a', 'b']],
        ['session.attr.create', 'refused', 'ERR_ATTRIBUTE_EXISTS', ['a']],
        ['session.attr.get', 'ok', null, ['a']],
        ['user.get_current_user', 'ok', null, undefined],
        ['user.attr.set_many', 'ok', null, ['c', 'd']],
        ['user.attr.update', 'refused', 'ERR_ATTRIBUTE_MISSING', ['none']],
      ].sort(),
    )
    for (const record of records) expect(record).toMatchObject({ actor: ada.userId, target: ada.userId, remoteAddr: '192.0.2.1' })
  })

  test('attribute calls say for how long and whether sealed, as the call said for all, and whether a super-user made them', async () => {
    const opened = await open()
    const { sso, ada, root } = opened
    const mine = await sso.user.session.getCurrentSession({ currentUst: ada.ust, cid: 'kept' })
    await mine.attr.create('a', 1, { expiration: 60, encrypt: true })
    await mine.attr.setMany([{ name: 'b', value: 1, encrypt: false }], { expiration: null })
    await mine.attr.setExpiry('b', 5)
    await mine.attr.set('b', 1, JSON.parse('{"expiration":"canary","encrypt":"canary"}')).catch(() => undefined)
    const hers = await sso.user.getUserById({ currentUst: root.ust, userId: ada.userId, cid: 'kept' })
    await hers.attr.set('c', 1, { encrypt: true })
    const records = (await recordsOf(opened, 'kept')).filter(({ operation }) => operation.includes('.attr.'))
    const said = records.map(({ operation, details }) => {
      const { names: _names, session: _session, ...rest } = details
      return [operation, rest]
    })
    expect(said.toSorted()).toEqual(
      [
        ['session.attr.create', { expiration: 60, encrypt: true, isSuperUser: false }],
        ['session.attr.set_many', { expiration: null, isSuperUser: false }],
        ['session.attr.set_expiry', { expiration: 5, isSuperUser: false }],
        ['session.attr.set', { isSuperUser: false, subStatus: ['E008002'] }],
        ['user.attr.set', { encrypt: true, isSuperUser: true }],
      ].toSorted(),
    )
  })

  test('a login, refused or not: with which program, and whether a new password came along', async () => {
    const opened = await open()
    const call = { cid: 'in', username: 'ada', userAgent: 'Firefox 139.0' }
    await opened.sso.user.login({ ...call, password: PASSWORD })
    await opened.sso.user.login({ ...call, password: 'wrong', newPassword: OTHER_PASSWORD }).catch(() => undefined)
    expect((await recordsOf(opened, 'in')).map(({ details }) => details)).toEqual([
      { userAgent: 'Firefox 139.0' },
      { userAgent: 'Firefox 139.0', hasNewPassword: true, subStatus: ['E005001'] },
    ])
  })

  test('calls on a session that is named say which, and verifying what came of it, also where they are refused', async () => {
    const opened = await open()
    const { sso, ada, root } = opened
    const named = sso.as({ cid: 'named' }).user.session
    const gone = await opened.login('ada')
    await sso.user.logout({ currentUst: gone })
    for (const targetUst of [ada.ust, gone]) {
      await named.verify({ currentUst: root.ust, targetUst })
      await named.get({ targetUst }).catch(() => undefined)
      await named.getList({ currentUst: root.ust, targetUst }).catch(() => undefined)
    }
    const id = 'A'.repeat(24)
    await named.get({ currentUst: root.ust, id }).catch(() => undefined)
    const said = (await recordsOf(opened, 'named')).map(({ operation, details: { session, isValid } }) => [
      operation,
      session,
      isValid,
    ])
    const [adas, ended] = [ada.ust.slice(4, 28), gone.slice(4, 28)]
    expect(said).toEqual([
      ['session.verify', adas, true],
      ['session.get', adas, undefined],
      ['session.get_list', adas, undefined],
      ['session.verify', ended, false],
      ['session.get', ended, undefined],
      ['session.get_list', ended, undefined],
      ['session.get', id, undefined],
    ])
  })

  test('what comes from outside is cut, so that nobody fills the log with it', async () => {
    const opened = await open()
    const { sso, ada } = opened
    const long = `\ud800${'x'.repeat(4000)}`
    const { ust } = await sso.user.login({ cid: 'long', username: 'ada', password: PASSWORD, userAgent: long })
    await sso.user.login({ cid: 'long', username: long, password: PASSWORD }).catch(() => undefined)
    const { attr, userAgent } = await sso.user.session.getCurrentSession({ cid: 'long', currentUst: ust })
    await attr.existsMany(Array.from({ length: 101 }, (_, at) => `n${at}`))
    expect(userAgent).toBe(`\ufffd${'x'.repeat(1023)}`)
    const records = await recordsOf(opened, 'long')
    const cut = `\ufffd${'x'.repeat(127)}`
    expect(records.map(({ target, details }) => [target, details['userAgent'], Object(details['names']).length])).toEqual([
      ['ada', cut, undefined],
      [cut, undefined, undefined],
      [ada.userId, undefined, undefined],
      [ada.userId, undefined, 100],
    ])
  })

  test('the making of a user says under which name, also where it is refused', async () => {
    const opened = await open()
    const { sso, root } = opened
    const make = (data: { username: string; password?: string }, currentUst?: string) =>
      sso.user.createUser({ cid: 'made', data, currentUst }).catch(() => undefined)
    await make({ username: 'eve' }, root.ust)
    await make({ username: 'eva', password: 'short' }, root.ust)
    await make({ username: 'e v e' }, root.ust)
    await make({ username: 'mallory' })
    const records = await recordsOf(opened, 'made')
    expect(records.map(({ details }) => details['username'])).toEqual(['eve', 'eva', 'e v e', 'mallory'])
  })

  test('a call that cannot be understood leaves one as well', async () => {
    const opened = await open()
    await expect(opened.sso.user.login(JSON.parse('{"username":"ada","pasword":"x"}'))).rejects.toMatchObject({
      errors: [{ field: 'pasword' }],
    })
    expect((await opened.audit()).at(-1)).toMatchObject({
      operation: 'user.login',
      outcome: 'refused',
      reason: 'ERR_OPTION_INVALID',
    })
  })

  test.each([
    ['a field of its own that is not right', { username: 5 }],
    ['a name that it does not know', { username: 'ada', pasword: 'x' }],
    ['another part of the context that is not right', { username: 'ada', userAgent: 5 }],
  ])('is found by the correlation id of the call, with %s', async (_, more) => {
    const opened = await open({ apps: ['CRM', 'Billing'] })
    const context = { cid: 'asked-for', remoteAddr: '192.0.2.1', currentApp: 'Billing' }
    const login = opened.sso.as(context).user.login(JSON.parse(JSON.stringify(more)))
    await expect(login).rejects.toMatchObject({ code: 'ERR_OPTION_INVALID' })
    expect(await recordsOf(opened, 'asked-for')).toMatchObject([
      { operation: 'user.login', outcome: 'refused', remoteAddr: '192.0.2.1', app: 'Billing' },
    ])
  })

  test('an outage is a failure, and the record of a change stands or falls with it', async () => {
    const opened = await open()
    const { sso, ada, root, watched } = opened
    watched.before('directory.updateUser', () => {
      throw new Error('away')
    })
    const lock = sso.user.lockUser({ cid: 'lock', currentUst: root.ust, userId: ada.userId })
    await expect(lock).rejects.toMatchObject({ code: 'ERR_STORE_UNAVAILABLE' })
    expect(await recordsOf(opened, 'lock')).toMatchObject([{ outcome: 'failed', reason: 'ERR_STORE_UNAVAILABLE' }])
  })

  test('the record of a change is there as soon as the change is', async () => {
    const { sso, ada, root, watched } = await open()
    await sso.user.lockUser({ cid: 'lock', currentUst: root.ust, userId: ada.userId })
    const { items } = await watched.store.directory.listAudit({ limit: 100, cid: 'lock' })
    expect(items).toHaveLength(1)
  })
})

test('no record holds a password, a token, a secret or a value', async () => {
  const opened = await open()
  const { sso, ada, root } = opened
  const canary = 'canary-value-5150'
  const mine = sso.as({ currentUst: ada.ust })
  const { attr } = await mine.user.session.getCurrentSession()
  await attr.set('note', canary)
  await attr.update('note', canary, { encrypt: true })
  await (await mine.user.getCurrentUser()).attr.set('note', canary)
  await mine.user.session.get({ targetUst: root.ust }).catch(() => undefined)
  await sso.user.login({ username: 'ada', password: 'wrong-password-1', newPassword: 'new-password-1' }).catch(() => undefined)
  const { ust } = await sso.user.changePassword({
    currentUst: ada.ust,
    data: { oldPassword: PASSWORD, newPassword: OTHER_PASSWORD },
    keepCurrent: true,
  })
  const records = await opened.audit()
  const text = JSON.stringify(records)
  const secrets = [ada.ust, root.ust, ust ?? ''].map((token) => token.split('.')[1] ?? '')
  for (const secret of [canary, PASSWORD, OTHER_PASSWORD, 'wrong-password-1', 'new-password-1', ...secrets]) {
    expect(secret).not.toBe('')
    expect(text).not.toContain(secret)
  }
  expect(records.length).toBeGreaterThan(10)
})

// Does logging in over HTTP answer what it should, and no more?
import type { AuditRecord } from 'sojourn'
import { memoryStore } from 'sojourn/memory'
import { expect, test } from 'vitest'
import { admin, anna, openApi } from './support/api.ts'

test('a login answers a token, who it is for and until when', async () => {
  await using api = await openApi()
  const { status, headers, body } = await api.call('POST /v1/login', { body: anna })
  expect(status).toBe(201)
  expect(headers['cache-control']).toBe('no-store')
  expect(Object.keys(body).sort()).toEqual(['creationTime', 'expirationTime', 'userId', 'username', 'ust', 'warnings'])
  expect(body).toMatchObject({ userId: api.annaId, username: 'anna', warnings: [] })
  expect(body.creationTime).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/)
  expect(Date.parse(body.expirationTime) - Date.parse(body.creationTime)).toBe(3_600_000)
})

test('an unknown name and a wrong password are refused in the same words', async () => {
  await using api = await openApi()
  const unknown = await api.call('POST /v1/login', { body: { ...anna, username: 'nobody' }, headers: { 'x-request-id': 'one' } })
  const wrong = await api.call('POST /v1/login', {
    body: { ...anna, password: 'not-it-at-all' },
    headers: { 'x-request-id': 'one' },
  })
  expect(unknown.status).toBe(401)
  expect(unknown.headers['www-authenticate']).toBe('Bearer')
  expect(unknown.body).toMatchObject({ code: 'ERR_CREDENTIALS_INVALID', subStatus: ['E005001'], cid: 'one' })
  expect(wrong.text).toBe(unknown.text)
})

test('a locked account is named only to whoever knows its password', async () => {
  await using api = await openApi()
  await api.sso.user.lockUser({ userId: api.annaId, requireSuperUser: false })
  expect((await api.call('POST /v1/login', { body: anna })).body).toMatchObject({
    status: 403,
    code: 'ERR_USER_LOCKED',
    subStatus: ['E005002'],
  })
  expect((await api.call('POST /v1/login', { body: { ...anna, password: 'not-it-at-all' } })).body).toMatchObject({
    code: 'ERR_CREDENTIALS_INVALID',
  })
})

test('what may not be told is answered like a wrong password', async () => {
  await using api = await openApi({}, { login: { informIfLocked: false } })
  const wrong = await api.call('POST /v1/login', {
    body: { ...anna, password: 'not-it-at-all' },
    headers: { 'x-request-id': 'one' },
  })
  await api.sso.user.lockUser({ userId: api.annaId, requireSuperUser: false })
  const locked = await api.call('POST /v1/login', { body: anna, headers: { 'x-request-id': 'one' } })
  expect(locked.text).toBe(wrong.text)
})

test('a password that must be changed is changed by the login itself', async () => {
  await using api = await openApi()
  await api.sso.user.setPassword({ userId: api.annaId, password: anna.password, mustChange: true })
  expect((await api.call('POST /v1/login', { body: anna })).body).toMatchObject({
    status: 403,
    code: 'ERR_PASSWORD_EXPIRED',
    subStatus: ['E003007'],
  })
  const refused = await api.call('POST /v1/login', { body: { ...anna, newPassword: 'short' } })
  expect(refused.body).toMatchObject({ status: 400, code: 'ERR_PASSWORD_REFUSED', subStatus: ['E003002'] })
  const changed = { ...anna, newPassword: 'kZ0-another-long-secret' }
  expect((await api.call('POST /v1/login', { body: changed })).status).toBe(201)
  expect((await api.call('POST /v1/login', { body: { ...anna, password: changed.newPassword } })).status).toBe(201)
})

test('the application comes from its header, and an unknown one is refused', async () => {
  await using api = await openApi({}, { apps: ['CRM', 'Billing'] })
  expect((await api.call('POST /v1/login', { body: anna, headers: { 'x-sojourn-app': 'Billing' } })).status).toBe(201)
  const refused = await api.call('POST /v1/login', { body: anna, headers: { 'x-sojourn-app': 'Other' } })
  expect(refused.body).toMatchObject({ status: 403, code: 'ERR_APP_REFUSED', subStatus: ['E004001'] })
})

test.each([
  ['no user name', { password: 'x' }, 'username', 'is required'],
  ['no password', { username: 'x' }, 'password', 'is required'],
  ['an empty password', { username: 'x', password: '' }, 'password', 'must not be empty'],
  ['a number for a name', { username: 5, password: 'x' }, 'username', 'must be text'],
  ['null for a password', { username: 'x', password: null }, 'password', 'must be text'],
  ['an unknown field', { ...anna, remember: true }, 'remember', 'is not known here'],
  ['an address in the body', { ...anna, remoteAddr: '127.0.0.1' }, 'remoteAddr', 'is not known here'],
  ['a way around', { ...anna, skipSec: true }, 'skipSec', 'is not known here'],
  ['a list', [], 'body', 'must be an object'],
  ['an endless password', { username: 'x', password: 'x'.repeat(1025) }, 'password', 'must have at most 1024 characters'],
])('%s is refused, naming field and reason', async (_title, body, field, reason) => {
  await using api = await openApi()
  const answer = await api.call('POST /v1/login', { body })
  expect(answer.body).toMatchObject({ status: 400, code: 'ERR_REQUEST_INVALID', subStatus: ['E008002'] })
  expect(answer.body.errors).toContainEqual({ field, reason })
  expect((await api.sso.sessions.list()).items).toEqual([])
})

test('a network that fails too often waits, and only that one', async () => {
  await using api = await openApi({ loginFailuresPerNetwork: 3 })
  const from = (address: string, username: string, password: string) =>
    api.call('POST /v1/login', { body: { username, password }, from: address })
  for (const name of ['a', 'b', 'c']) expect((await from('2001:db8::1', name, 'wrong-password')).status).toBe(401)
  const limited = await from('2001:db8::ffff', anna.username, anna.password)
  expect(limited.body).toMatchObject({ status: 429, code: 'ERR_RATE_LIMITED' })
  expect(Number(limited.headers['retry-after'])).toBeGreaterThan(0)
  expect((await from('2001:db8:0:1::1', anna.username, anna.password)).status).toBe(201)
})

test('whoever succeeds is never limited, however often and however many at once', async () => {
  await using api = await openApi({ loginFailures: 2, loginFailuresPerNetwork: 3 })
  const answers = await Promise.all(Array.from({ length: 12 }, () => api.call('POST /v1/login', { body: anna })))
  expect(answers.map(({ status }) => status)).toEqual(Array(12).fill(201))
})

test('an outage does not count as a failure to log in', async () => {
  const { sessions, directory } = memoryStore()
  let down = false
  const findUser: typeof directory.findUser = (by) => (down ? Promise.reject(new Error('down')) : directory.findUser(by))
  await using api = await openApi({ loginFailures: 2 }, { store: { sessions, directory: { ...directory, findUser } } })
  down = true
  for (let attempt = 0; attempt < 3; attempt++)
    expect((await api.call('POST /v1/login', { body: anna })).status).toBeGreaterThanOrEqual(500)
  down = false
  expect((await api.call('POST /v1/login', { body: anna })).status).toBe(201)
})

test('an account under attack waits, but not for those who logged in from their network before', async () => {
  let now = Date.now()
  await using api = await openApi({ loginFailures: 3, loginFailureWindow: 60, clock: () => now })
  const attempt = (password: string, from: string, username = 'anna') =>
    api.call('POST /v1/login', { body: { username, password }, from })
  expect((await attempt(anna.password, '192.0.2.1')).status).toBe(201)
  for (const address of ['198.51.100.1', '198.51.100.2', '203.0.113.3'])
    expect((await attempt('wrong-password', address)).status).toBe(401)
  const limited = await attempt(anna.password, '203.0.113.4', 'ANNA')
  expect(limited.body).toMatchObject({ status: 429, code: 'ERR_RATE_LIMITED' })
  expect(limited.headers['retry-after']).toBe('60')
  expect((await attempt(anna.password, '192.0.2.1')).status).toBe(201)
  expect((await attempt(admin.password, '203.0.113.4', 'admin')).status).toBe(201)
  now += 60_000
  expect((await attempt(anna.password, '203.0.113.4')).status).toBe(201)
})

test('an attempt that is not let through leaves an audit record like any other', async () => {
  const { sessions, directory } = memoryStore()
  const records: AuditRecord[] = []
  const appendAudit: typeof directory.appendAudit = async (more) => void records.push(...more)
  const api = await openApi({ loginFailures: 1 }, { store: { sessions, directory: { ...directory, appendAudit } } })
  const attempt = (cid: string) =>
    api.call('POST /v1/login', {
      body: { ...anna, password: 'wrong-password' },
      headers: { 'x-request-id': cid },
      from: '192.0.2.7',
    })
  await attempt('let-through')
  expect((await attempt('held-back')).status).toBe(429)
  await api[Symbol.asyncDispose]()
  const call = { operation: 'user.login', outcome: 'refused', target: 'anna', remoteAddr: '192.0.2.7' }
  expect(records).toMatchObject([
    { ...call, cid: 'let-through', reason: 'ERR_CREDENTIALS_INVALID' },
    { ...call, cid: 'held-back', reason: 'ERR_RATE_LIMITED' },
  ])
})

test('of many attempts at once no more are let through than of many in a row', async () => {
  await using api = await openApi({ loginFailures: 4 })
  const answers = await Promise.all(
    Array.from({ length: 20 }, () => api.call('POST /v1/login', { body: { ...anna, password: 'wrong-password' } })),
  )
  expect(answers.map(({ status }) => status).filter((status) => status === 401)).toHaveLength(4)
  expect(answers.filter(({ status }) => status === 429)).toHaveLength(16)
})

test('refusals after the right password use up no attempts, and wrong passwords still do', async () => {
  await using api = await openApi({ loginFailures: 3, loginFailuresPerNetwork: 3 })
  const attempt = async (body: object) => {
    const { status, body: answer } = await api.call('POST /v1/login', { body })
    return status === 201 ? status : answer.code
  }
  await api.sso.user.setPassword({ userId: api.annaId, password: anna.password, mustChange: true })
  for (let at = 0; at < 5; at += 1) {
    expect(await attempt(anna)).toBe('ERR_PASSWORD_EXPIRED')
    expect(await attempt({ ...anna, newPassword: 'short' })).toBe('ERR_PASSWORD_REFUSED')
  }
  await api.sso.user.lockUser({ userId: api.annaId, requireSuperUser: false })
  for (let at = 0; at < 5; at += 1) expect(await attempt(anna)).toBe('ERR_USER_LOCKED')
  await api.sso.user.unlockUser({ userId: api.annaId, requireSuperUser: false })
  expect(await attempt({ ...anna, newPassword: 'kZ0-another-long-secret' })).toBe(201)
  for (let at = 0; at < 3; at += 1) expect(await attempt({ ...anna, password: 'wrong-password' })).toBe('ERR_CREDENTIALS_INVALID')
  expect(await attempt(anna)).toBe('ERR_RATE_LIMITED')
})

test('a refusal that may not be told counts as the wrong password it is told as', async () => {
  await using api = await openApi({ loginFailures: 2 }, { login: { informIfLocked: false } })
  await api.sso.user.lockUser({ userId: api.annaId, requireSuperUser: false })
  const codes: string[] = []
  for (let at = 0; at < 3; at += 1) codes.push((await api.call('POST /v1/login', { body: anna })).body.code)
  expect(codes).toEqual(['ERR_CREDENTIALS_INVALID', 'ERR_CREDENTIALS_INVALID', 'ERR_RATE_LIMITED'])
})

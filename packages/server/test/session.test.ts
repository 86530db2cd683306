// Does a caller reach their own session over HTTP, and can they end it for good?
import { memoryStore } from 'sojourn/memory'
import { expect, test } from 'vitest'
import { admin, anna, openApi } from './support/api.ts'

test('one’s own session is described, renewed and ended', async () => {
  let now = 1_800_000_000_000
  await using api = await openApi({}, { clock: () => now })
  const ust = await api.login(anna)
  const shown = await api.call('GET /v1/session', { token: ust })
  expect(shown.status).toBe(200)
  expect(shown.body).toEqual({
    id: ust.slice(4, 28),
    userId: api.annaId,
    username: 'anna',
    creationTime: new Date(now).toISOString(),
    expirationTime: new Date(now + 3_600_000).toISOString(),
    remoteAddr: '127.0.0.1',
    userAgent: 'Firefox 139.0',
  })
  now += 1_800_000
  const renewed = await api.call('PATCH /v1/session', { token: ust })
  expect(renewed.status).toBe(200)
  expect(renewed.body).toEqual({ expirationTime: new Date(now + 3_600_000).toISOString() })

  const ended = await api.call('DELETE /v1/session', { token: ust })
  expect([ended.status, ended.text]).toEqual([204, ''])
  for (const line of ['GET /v1/session', 'PATCH /v1/session', 'DELETE /v1/session', 'GET /v1/sessions']) {
    const { body, headers } = await api.call(line, { token: ust })
    expect(body).toMatchObject({ status: 401, code: 'ERR_SESSION_ENDED', subStatus: ['E007001'] })
    expect(headers['www-authenticate']).toBe('Bearer')
  }
})

test('a session that expired is gone at that very instant', async () => {
  let now = 1_800_000_000_000
  await using api = await openApi({}, { clock: () => now })
  const token = await api.login(anna)
  now += 3_599_999
  expect((await api.call('GET /v1/session', { token })).status).toBe(200)
  now += 1
  expect((await api.call('GET /v1/session', { token })).status).toBe(401)
})

test.each([
  ['none', {}],
  ['another scheme', { authorization: 'Basic YTpi' }],
  ['no token in it', { authorization: 'Bearer ' }],
  ['something malformed', { authorization: 'Bearer not-a-token' }],
  ['two tokens', { authorization: 'Bearer a b' }],
])('a request is refused whose token is %s', async (_title, headers) => {
  await using api = await openApi()
  const answer = await api.call('GET /v1/session', { headers })
  expect(answer.body).toMatchObject({ status: 401, code: 'ERR_SESSION_ENDED' })
  expect(answer.headers['www-authenticate']).toBe('Bearer')
})

test('the scheme of the token may be written in any case', async () => {
  await using api = await openApi()
  const token = await api.login(anna)
  expect((await api.call('GET /v1/session', { headers: { authorization: `bearer ${token}` } })).status).toBe(200)
})

test('a token that is longer than any is no session, like any other that is not known', async () => {
  await using api = await openApi()
  for (const token of ['x', 'x'.repeat(10_000)])
    expect((await api.call('GET /v1/session', { token })).body).toMatchObject({ status: 401, code: 'ERR_SESSION_ENDED' })
})

test('one’s own sessions are listed, never with their tokens', async () => {
  await using api = await openApi()
  const tokens = [await api.login(anna), await api.login(anna), await api.login(anna)]
  await api.login(admin)
  const { status, headers, body, text } = await api.call('GET /v1/sessions', { token: tokens[0] })
  expect(status).toBe(200)
  expect(headers['cache-control']).toBe('no-store')
  expect(body.items.map(({ id }: { id: string }) => id).sort()).toEqual(tokens.map((token) => token.slice(4, 28)).sort())
  expect(body.next).toBeNull()
  expect(body.items[0]).toMatchObject({ userId: api.annaId, username: 'anna', authType: 'default', authPrincipal: 'anna' })
  expect(body.items[0].sessionStateChangeList).toHaveLength(1)
  for (const token of tokens) expect(text).not.toContain(token.slice(29))
})

test('a list is read page by page, every session once', async () => {
  await using api = await openApi()
  const tokens = await Promise.all(Array.from({ length: 7 }, () => api.login(anna)))
  const ids: string[] = []
  let next: string | null = ''
  while (next !== null) {
    const after: string = next === '' ? '' : `&after=${encodeURIComponent(next)}`
    const { body } = await api.call(`GET /v1/sessions?limit=2${after}`, { token: tokens[0] })
    expect(body.items.length).toBeLessThanOrEqual(2)
    ids.push(...body.items.map(({ id }: { id: string }) => id))
    next = body.next
  }
  expect(ids.sort()).toEqual(tokens.map((token) => token.slice(4, 28)).sort())
})

test('a regular user reaches nobody else’s sessions', async () => {
  await using api = await openApi()
  const token = await api.login(anna)
  const theirs = await api.login(admin)
  const id = theirs.slice(4, 28)
  const none = 'A'.repeat(24) // whether a session is there is not told either
  const adminId = (await api.sso.user.getUserByUsername({ username: 'admin' }))!.userId
  for (const line of [
    `GET /v1/sessions?userId=${adminId}`,
    `DELETE /v1/sessions?userId=${adminId}`,
    `GET /v1/sessions/${id}`,
    `GET /v1/sessions/${none}`,
    `DELETE /v1/sessions/${id}`,
    `DELETE /v1/sessions/${none}`,
    `GET /v1/sessions/${id}/attributes`,
    `GET /v1/sessions/${none}/attributes`,
    `DELETE /v1/sessions/${id}/attributes/a`,
  ]) {
    expect((await api.call(line, { token })).body, line).toMatchObject({
      status: 403,
      code: 'ERR_ACCESS_DENIED',
      subStatus: ['E005001'],
    })
  }
  expect((await api.call('GET /v1/session', { token: theirs })).status).toBe(200)
})

test('a super-user lists, shows and ends anybody’s sessions', async () => {
  await using api = await openApi()
  const token = await api.login(admin)
  const [first, second, third] = [await api.login(anna), await api.login(anna), await api.login(anna)]
  const id = first.slice(4, 28)
  expect((await api.call(`GET /v1/sessions?userId=${api.annaId}`, { token })).body.items).toHaveLength(3)
  expect((await api.call(`GET /v1/sessions/${id}`, { token })).body).toMatchObject({ id, username: 'anna' })
  expect((await api.call(`DELETE /v1/sessions/${id}`, { token })).status).toBe(204)
  expect((await api.call('GET /v1/session', { token: first })).status).toBe(401)
  expect((await api.call('GET /v1/session', { token: second })).status).toBe(200)
  expect((await api.call(`DELETE /v1/sessions?userId=${api.annaId}`, { token })).status).toBe(204)
  expect((await api.call('GET /v1/session', { token: second })).status).toBe(401)
  expect((await api.call('GET /v1/session', { token: third })).status).toBe(401)
  expect((await api.call('GET /v1/session', { token })).status).toBe(200)
})

test('sessions of a user who is not there are neither listed nor ended, which only a super-user learns', async () => {
  await using api = await openApi()
  const [token, regular] = [await api.login(admin), await api.login(anna)]
  for (const method of ['GET', 'DELETE']) {
    const missing = await api.call(`${method} /v1/sessions?userId=nobody`, { token })
    expect(missing.body, method).toMatchObject({ status: 404, code: 'ERR_USER_MISSING', subStatus: ['E001100'] })
    expect((await api.call(`${method} /v1/sessions?userId=nobody`, { token: regular })).status, method).toBe(403)
  }
})

test('one’s own sessions are all ended at once, the present one included', async () => {
  await using api = await openApi()
  const [first, second] = [await api.login(anna), await api.login(anna)]
  expect((await api.call('DELETE /v1/sessions', { token: first })).status).toBe(204)
  for (const token of [first, second]) expect((await api.call('GET /v1/session', { token })).status).toBe(401)
})

test('a session that is gone is 404 to whoever looks for it, and 401 only to its own caller', async () => {
  await using api = await openApi()
  const token = await api.login(admin)
  const gone = await api.login(anna)
  const id = gone.slice(4, 28)
  await api.call('DELETE /v1/session', { token: gone })
  for (const line of [
    `GET /v1/sessions/${id}`,
    `DELETE /v1/sessions/${id}`,
    `GET /v1/sessions/${id}/attributes`,
    `GET /v1/sessions/${id}/attributes/a`,
  ]) {
    const answer = await api.call(line, { token })
    expect(answer.body, line).toMatchObject({ status: 404, code: 'ERR_SESSION_ENDED', subStatus: ['E007001'] })
    expect(answer.body.fix, line).toMatch(/^Check which session/)
    expect([answer.status, answer.headers['www-authenticate']]).toEqual([404, undefined])
    expect((await api.call(line, { token: gone })).status, line).toBe(401)
  }
})

test('a store that is away when the caller’s own session is looked at is 503: 401 would have a good token thrown away', async () => {
  const { sessions, directory } = memoryStore()
  let away: string | undefined
  const flaky: typeof sessions = {
    ...sessions,
    load: async (id, ...rest) => {
      if (id === away) throw new Error('away')
      const found = await sessions.load(id, ...rest)
      if (found === undefined) away = boss
      return found
    },
  }
  await using api = await openApi({}, { store: { sessions: flaky, directory } })
  const token = await api.login(admin)
  const boss = token.slice(4, 28)
  const { status, body, headers } = await api.call(`GET /v1/sessions/${boss.slice(0, 12)}${'A'.repeat(12)}`, { token })
  expect([status, body.code, headers['www-authenticate']]).toEqual([503, 'ERR_STORE_UNAVAILABLE', undefined])
  away = undefined
  expect((await api.call('GET /v1/session', { token })).status).toBe(200)
})

test.each(['limit=0', 'limit=1001', 'limit=ten', 'limit=1&limit=2', 'userId=', 'after=', 'unknown=1'])(
  'a list refuses ?%s, naming the field',
  async (query) => {
    await using api = await openApi()
    const token = await api.login(anna)
    const { body } = await api.call(`GET /v1/sessions?${query}`, { token })
    expect(body).toMatchObject({ status: 400, code: 'ERR_REQUEST_INVALID' })
    expect(body.errors[0].field).toBe(query.split('=')[0])
  },
)

test.each(['nothing', 'A'.repeat(25), encodeURIComponent('../../etc/passwd/abcdefg')])('the id %s is refused', async (id) => {
  await using api = await openApi()
  const token = await api.login(admin)
  for (const line of [`GET /v1/sessions/${id}`, `DELETE /v1/sessions/${id}`, `GET /v1/sessions/${id}/attributes`]) {
    expect((await api.call(line, { token })).body).toMatchObject({ status: 400, errors: [{ field: 'id' }] })
  }
})

test('a made-up cursor is refused', async () => {
  await using api = await openApi()
  const token = await api.login(anna)
  const { status, text } = await api.call('GET /v1/sessions?after=made-up', { token })
  expect([200, 400]).toContain(status)
  expect(text).not.toContain('SQL')
})

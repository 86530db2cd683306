// Does everything that can go wrong in HTTP itself end as a problem, and does nothing leak?
import { ERRORS, type ErrorCode, SojournError, ValidationError } from 'sojourn'
import { memoryStore } from 'sojourn/memory'
import { errorOf, PROBLEM_TYPE, problemOf } from 'sojourn/protocol'
import { expect, test } from 'vitest'
import { admin, anna, openApi } from './support/api.ts'

const SECRET = 'select password_hash from users where name = :secret'

test.each(Object.keys(ERRORS) as ErrorCode[])(
  '%s is answered with its status, its codes, and nothing from inside',
  async (code) => {
    await using api = await openApi()
    const cause = new Error(SECRET)
    api.app.get('/throw', async () => {
      throw new SojournError(code, 'What happened.', {
        cause,
        errors: [{ field: 'a', reason: 'is b' }],
        names: ['n'],
        retryAfter: 7,
      })
    })
    const { status, headers, body, text } = await api.call('GET /throw', { headers: { 'x-request-id': 'my-id' } })
    const row = ERRORS[code]
    expect(status).toBe(row.status)
    expect(headers['content-type']).toContain(PROBLEM_TYPE)
    expect(headers['x-request-id']).toBe('my-id')
    expect(body).toEqual({
      type: `urn:sojourn:error:${code.slice(4).toLowerCase().replaceAll('_', '-')}`,
      title: row.title,
      status: row.status,
      detail: row.status < 500 ? 'What happened.' : `${row.title}.`,
      code,
      fix: row.fix,
      subStatus: row.subStatus.slice(0, 1),
      cid: 'my-id',
      errors: [{ field: 'a', reason: 'is b' }],
      names: ['n'],
    })
    expect(headers['www-authenticate']).toBe(status === 401 ? 'Bearer' : undefined)
    expect(headers['retry-after']).toBe(status === 429 || status === 503 ? '7' : undefined)
    expect(text).not.toContain('select')
    const same = errorOf(status, body, 7)
    expect([same.code, same.status, same.errors, same.names, same.retryAfter]).toEqual([
      code,
      status,
      [{ field: 'a', reason: 'is b' }],
      ['n'],
      7,
    ])
  },
)

test('a fault that nobody foresaw is told as no more than that, and logged under the same correlation id', async () => {
  await using api = await openApi()
  api.app.get('/throw', async () => {
    throw Object.assign(new Error(SECRET), { query: SECRET })
  })
  const { body, text } = await api.call('GET /throw')
  expect(body).toMatchObject({ status: 500, code: 'ERR_INTERNAL', errors: [], subStatus: [] })
  expect(text).not.toMatch(/select|stack|at |\.ts/)
  const logged = api.lines.map((line) => JSON.parse(line)).find(({ level }) => level === 'error')
  expect(logged).toMatchObject({ cid: body.cid, err: { message: SECRET } })
  expect(logged.err.query).toBeUndefined()
})

test('a refusal that may not be named is told as the generic one', () => {
  const hidden = new ValidationError('ERR_USER_LOCKED', 'The account is locked.', { returnStatus: false })
  expect(problemOf(hidden, 'c', 'login')).toMatchObject({ status: 401, code: 'ERR_CREDENTIALS_INVALID', subStatus: ['E005001'] })
  expect(problemOf(hidden, 'c', 'other')).toMatchObject({ status: 403, code: 'ERR_ACCESS_DENIED', subStatus: ['E005001'] })
})

test.each([
  [502, '<html>'],
  [500, { code: 'ERR_INTERNAL' }],
  [503, undefined],
  [404, null],
  [418, { code: 'ERR_USER_LOCKED', detail: 5 }],
])('an answer %s that is no problem of ours is still an error of ours', (status, body) => {
  const error = errorOf(status, body)
  expect(error.code).toBe(status < 500 ? 'ERR_REQUEST_INVALID' : 'ERR_STORE_UNAVAILABLE')
})

test('an outage of the store is 503 with the time to try again, and logs nobody out', async () => {
  const store = memoryStore()
  let down = false
  const failing = new Proxy(store.sessions, {
    get(target, name) {
      if (down && name !== 'close') return () => Promise.reject(new Error(SECRET))
      return Reflect.get(target, name)
    },
  })
  await using api = await openApi({}, { store: { sessions: failing, directory: store.directory } })
  const token = await api.login(anna)
  down = true
  for (const line of ['GET /v1/session', 'GET /v1/session/attributes', 'DELETE /v1/session', 'GET /v1/sessions', 'GET /readyz']) {
    const { body, headers, text } = await api.call(line, { token })
    expect([503, 500], line).toContain(body.status)
    expect(text, line).not.toContain('select')
    if (body.status === 503) expect(Number(headers['retry-after'])).toBeGreaterThan(0)
  }
  expect((await api.call('GET /healthz')).status).toBe(200)
  down = false
  expect((await api.call('GET /v1/session', { token })).status).toBe(200)
  expect((await api.call('GET /readyz')).body).toEqual({ status: 'ok' })
})

test.each(['/', '/v1', '/v1/nothing', '/v1/session/', '/v1/session/attributes/a/b', '/V1/session'])(
  'the path %s does not exist',
  async (path) => {
    await using api = await openApi()
    const { body, headers } = await api.call(`GET ${path}`)
    expect(body).toMatchObject({ status: 404, code: 'ERR_ROUTE_MISSING' })
    expect(headers['content-type']).toContain(PROBLEM_TYPE)
  },
)

test.each([
  ['GET /v1/login', 'POST'],
  ['PUT /v1/session', 'GET, HEAD, PATCH, DELETE'],
  ['DELETE /v1/session/attributes', 'POST, PATCH, PUT, GET, HEAD'],
  ['POST /v1/session/attributes/a', 'GET, HEAD, PATCH, DELETE'],
  ['OPTIONS /v1/sessions', 'GET, HEAD, DELETE'],
  ['POST /healthz', 'GET, HEAD'],
  ['POST /openapi.json', 'GET, HEAD'],
])('%s is refused with the methods there are', async (line, allow) => {
  await using api = await openApi()
  const { body, headers } = await api.call(line)
  expect(body).toMatchObject({ status: 405, code: 'ERR_METHOD_REFUSED' })
  expect(headers['allow']).toBe(allow)
})

test('an unknown path or method is told before anything about the body', async () => {
  await using api = await openApi()
  for (const body of ['{ not json', ''])
    for (const [line, status] of [
      ['PUT /v1/session', 405],
      ['POST /v1/nothing', 404],
    ] as const)
      expect((await api.call(line, { body })).status, `${line} ${body}`).toBe(status)
  const text = await api.call('POST /healthz', { body: 'x', headers: { 'content-type': 'text/plain' } })
  expect(text.body).toMatchObject({ status: 405, code: 'ERR_METHOD_REFUSED' })
})

test.each(['text/plain', 'application/x-www-form-urlencoded', 'application/xml', 'multipart/form-data; boundary=x', 'nonsense'])(
  'a body of %s is refused',
  async (type) => {
    await using api = await openApi()
    const { body } = await api.call('POST /v1/login', { body: JSON.stringify(anna), headers: { 'content-type': type } })
    expect(body).toMatchObject({ status: 415, code: 'ERR_MEDIA_TYPE_REFUSED' })
  },
)

test.each(['GET /v1/session/attributes/%ZZ', 'GET /%E0%A4%A', 'GET /v1/sessions/%ff'])(
  '%s is refused, not a fault',
  async (line) => {
    await using api = await openApi()
    const { body } = await api.call(line, { token: await api.login(admin) })
    expect([400, 404]).toContain(body.status)
    expect(body.cid).toMatch(/./)
  },
)

test('a correlation id travels in and out, and one is made where there is none', async () => {
  await using api = await openApi()
  const own = await api.call('GET /v1/session', { headers: { 'x-request-id': 'a.b:c_d-1' } })
  expect([own.headers['x-request-id'], own.body.cid]).toEqual(['a.b:c_d-1', 'a.b:c_d-1'])
  const made = await api.call('GET /nothing')
  expect(made.body.cid).toMatch(/^[0-9a-f]{24}$/)
  expect(made.headers['x-request-id']).toBe(made.body.cid)
})

test.each([
  ['x-request-id', 'a b', 'X-Request-Id'],
  ['x-request-id', 'a'.repeat(129), 'X-Request-Id'],
  ['x-request-id', '', 'X-Request-Id'],
  ['x-request-id', '{"$ne":1}', 'X-Request-Id'],
  ['x-sojourn-app', 'a'.repeat(129), 'X-Sojourn-App'],
  ['x-sojourn-app', 'caf\u00e9', 'X-Sojourn-App'],
])('the header %s: %s is refused by name', async (name, value, field) => {
  await using api = await openApi()
  const { body } = await api.call('POST /v1/login', { body: anna, headers: { [name]: value } })
  expect(body).toMatchObject({ status: 400, code: 'ERR_REQUEST_INVALID', errors: [{ field }] })
  expect(body.cid).toMatch(/^[0-9a-f]{24}$/)
  expect((await api.sso.sessions.list()).items).toEqual([])
})

test('a forwarded address counts only from a trusted proxy', async () => {
  await using api = await openApi({ trustedProxies: ['10.0.0.0/8'] })
  const seen = async (from: string, forwarded: string) => {
    const { body } = await api.call('POST /v1/login', { body: anna, from, headers: { 'x-forwarded-for': forwarded } })
    return (await api.call('GET /v1/session', { token: body.ust })).body.remoteAddr
  }
  expect(await seen('10.1.2.3', '203.0.113.9')).toBe('203.0.113.9')
  expect(await seen('10.1.2.3', '203.0.113.9, 198.51.100.7, 10.9.9.9')).toBe('198.51.100.7')
  expect(await seen('192.0.2.1', '203.0.113.9')).toBe('192.0.2.1')
  expect(await seen('192.0.2.1', 'garbage')).toBe('192.0.2.1')
  const garbage = await api.call('POST /v1/login', {
    body: anna,
    from: '10.1.2.3',
    headers: { 'x-forwarded-for': 'garbage, 203.0.113.9' },
  })
  expect(garbage.body).toMatchObject({ status: 400, errors: [{ field: 'X-Forwarded-For' }] })
})

test('answers carry the headers that keep browsers from guessing', async () => {
  await using api = await openApi()
  const { headers } = await api.call('GET /healthz')
  expect(headers['x-content-type-options']).toBe('nosniff')
  expect(headers['content-security-policy']).toBe("default-src 'none';frame-ancestors 'none'")
  expect(headers['cache-control']).toBe('no-store')
})

test('once it is closing the server lets nothing in, and finishes what it has begun', async () => {
  await using api = await openApi()
  let finish = () => {}
  const begun = new Promise<void>((resolve) => {
    api.app.get('/slow', async () => {
      resolve()
      await new Promise<void>((done) => {
        finish = done
      })
      return { done: true }
    })
  })
  const url = await api.app.listen({ port: 0, host: '127.0.0.1' })
  const slow = fetch(`${url}/slow`)
  await begun
  const closing = api.app.close()
  finish()
  const answer = await slow
  expect([answer.status, await answer.json()]).toEqual([200, { done: true }])
  await closing
  await expect(fetch(`${url}/healthz`)).rejects.toThrow()
})

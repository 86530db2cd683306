// Is bad input refused at every route, with the field and the reason, before anything is changed?
import { ROUTES } from 'sojourn/protocol'
import { expect, test } from 'vitest'
import { admin, anna, openApi } from './support/api.ts'

const ITEM = [
  [{}, 'name', 'is required'],
  [{ name: 'x' }, 'value', 'is required'],
  [{ name: 5, value: 1 }, 'name', 'must be text'],
  [{ name: 'x', value: 1, expiration: '5' }, 'expiration', 'must be a number or null'],
  [{ name: 'x', value: 1, expiration: 0 }, 'expiration', 'must be greater than 0'],
  [{ name: 'x', value: 1, expiration: -1 }, 'expiration', 'must be greater than 0'],
  [{ name: 'x', value: 1, expiration: 1e300 }, 'expiration', 'must be at most 200000000000'],
  [{ name: 'x', value: 1, encrypt: 'yes' }, 'encrypt', 'must be true or false'],
  [{ name: 'x', value: 1, encrypt: null }, 'encrypt', 'must be true or false'],
  [{ name: 'x', value: 1, userId: 'somebody' }, 'userId', 'is not known here'],
] as const

const BODIES = [
  ...ITEM,
  ...ITEM.map(([item, field, reason]) => [{ items: [{ name: 'good', value: 1 }, item] }, `items[1].${field}`, reason] as const),
  [{ items: [] }, 'items', 'must hold at least 1 item'],
  [{ items: 'x' }, 'items', 'must be a list'],
  [{ items: [{ name: 'x', value: 1 }], name: 'y' }, 'name', 'is not known here'],
  [[], 'body', 'must be an object'],
  ['"text"', 'body', 'must be an object'],
  ['{ not json', 'body', 'must be valid JSON'],
  ['', 'body', 'must not be empty'],
] as const

const CHANGES = [
  [{}, 'body', 'must hold at least 1 of the fields that are known here'],
  [{ name: 'x' }, 'name', 'is not known here'],
  [{ expiration: 'soon' }, 'expiration', 'must be a number or null'],
  [{ expiration: 1e300 }, 'expiration', 'must be at most 200000000000'],
  [{ encrypt: 1 }, 'encrypt', 'must be true or false'],
  [[], 'body', 'must be an object'],
] as const

const WRITES = Object.values(ROUTES).filter(({ path, method }) => path.endsWith('/attributes') && method !== 'GET')

test.each(WRITES.map((route) => [`${route.method} ${route.path}`, route] as const))(
  '%s names what is wrong and changes nothing',
  async (_title, route) => {
    await using api = await openApi()
    const token = await api.login(anna)
    const path = route.path.replace('{id}', token.slice(4, 28))
    await api.call('PUT /v1/session/attributes', {
      token,
      body: {
        items: [
          { name: 'x', value: 'kept' },
          { name: 'good', value: 'kept' },
        ],
      },
    })
    const before = (await api.call('GET /v1/session/attributes', { token })).text
    for (const [body, field, reason] of BODIES) {
      const answer = await api.call(`${route.method} ${path}`, { token, body })
      expect(answer.body, JSON.stringify(body)).toMatchObject({
        status: 400,
        code: 'ERR_REQUEST_INVALID',
        subStatus: ['E008002'],
      })
      expect(answer.body.errors, JSON.stringify(body)).toContainEqual({ field, reason })
      expect(answer.body.errors.length).toBeLessThanOrEqual(2)
    }
    expect((await api.call('GET /v1/session/attributes', { token })).text).toBe(before)
  },
)

test.each(['/v1/session/attributes/x', '/v1/sessions/{id}/attributes/x'])(
  'PATCH %s names what is wrong and changes nothing',
  async (path) => {
    await using api = await openApi()
    const token = await api.login(anna)
    await api.call('PUT /v1/session/attributes', { token, body: { name: 'x', value: 'kept' } })
    for (const [body, field, reason] of CHANGES) {
      const answer = await api.call(`PATCH ${path.replace('{id}', token.slice(4, 28))}`, { token, body })
      expect(answer.body.errors, JSON.stringify(body)).toContainEqual({ field, reason })
    }
    expect((await api.call('GET /v1/session/attributes/x', { token })).body.value).toBe('kept')
  },
)

test.each(['application/json', 'application/json; charset=latin1'])(
  'a body of %s that is no UTF-8 is refused, not stored as something else',
  async (type) => {
    await using api = await openApi()
    const token = await api.login(anna)
    const headers = { 'content-type': type, authorization: `Bearer ${token}` }
    const payload = Buffer.from('{"name":"caf\u00e9","value":1}', 'latin1')
    const answer = await api.app.inject({ method: 'POST', url: '/v1/session/attributes', headers, payload })
    expect(answer.json()).toMatchObject({ status: 400, errors: [{ field: 'body', reason: 'must be UTF-8' }] })
    const read = await api.app.inject({
      method: 'POST',
      url: '/v1/session/attributes',
      headers,
      payload: '{"name":"café","value":1}',
    })
    expect(read.json()).toEqual({ names: ['café'] })
  },
)

test('a query that is no percent-encoded UTF-8 is refused, not looked up as something else', async () => {
  await using api = await openApi()
  const token = await api.login(anna)
  for (const query of ['name=caf%E9', 'name=%', 'name=a&name=%zz']) {
    const { body } = await api.call(`GET /v1/session/attributes?${query}`, { token })
    expect(body, query).toMatchObject({ status: 400, errors: [{ field: 'query', reason: 'must be percent-encoded UTF-8' }] })
  }
  expect((await api.call('GET /v1/session/attributes?name=caf%C3%A9?%25', { token })).body).toEqual({
    attributes: { 'café?%': null },
  })
})

test('names are checked wherever they are given', async () => {
  await using api = await openApi()
  const token = await api.login(anna)
  for (const name of ['', '$reserved', 'a\nb', 'n'.repeat(192)]) {
    const created = await api.call('POST /v1/session/attributes', { token, body: { name, value: 1 } })
    expect(created.body, name).toMatchObject({ status: 400 })
    expect(created.body.errors.length, name).toBeGreaterThan(0)
    const segment = encodeURIComponent(name)
    if (name !== '') expect((await api.call(`GET /v1/session/attributes/${segment}`, { token })).status, name).toBe(400)
    for (const query of [`name=${segment}`, `name=good&name=${segment}`]) {
      const { body } = await api.call(`GET /v1/session/attributes?${query}`, { token })
      expect(body, query).toMatchObject({
        status: 400,
        detail: expect.stringMatching(/^`name` must/),
        errors: [{ field: 'name' }],
      })
    }
  }
  const twice = await api.call('POST /v1/session/attributes', {
    token,
    body: {
      items: [
        { name: 'a', value: 1 },
        { name: 'a', value: 2 },
      ],
    },
  })
  expect(twice.body).toMatchObject({ status: 400 })
  expect((await api.call('GET /v1/session/attributes', { token })).body.attributes).toEqual({})
})

test('limits are refused before anything is written', async () => {
  await using api = await openApi()
  const token = await api.login(anna)
  const write = (body: unknown) => api.call('PUT /v1/session/attributes', { token, body })
  expect((await write({ name: 'a', value: 'x'.repeat(256 * 1024 + 1) })).body).toMatchObject({
    status: 413,
    code: 'ERR_VALUE_TOO_LARGE',
  })
  expect((await write({ items: Array.from({ length: 2001 }, (_, at) => ({ name: `n${at}`, value: at })) })).body).toMatchObject({
    status: 400,
    errors: [{ field: 'items' }],
  })
  expect(
    (await write({ items: Array.from({ length: 6 }, (_, at) => ({ name: `n${at}`, value: 'x'.repeat(200 * 1024) })) })).body,
  ).toMatchObject({ status: 413, code: 'ERR_VALUE_TOO_LARGE' })
  expect((await write({ name: 'a', value: 'x'.repeat(5 * 1024 * 1024) })).body).toMatchObject({
    status: 413,
    errors: [{ field: 'body', reason: 'is too large' }],
  })
  expect((await write(`{"name":"a","value":1e999}`)).body).toMatchObject({ status: 400, code: 'ERR_VALUE_UNSUPPORTED' })
  expect((await api.call('GET /v1/session/attributes', { token })).body.attributes).toEqual({})
  expect((await api.call('POST /v1/login', { body: { ...admin, password: 'x'.repeat(20_000) } })).status).toBe(413)
})

test('an attribute is named by its field, alone and in a list', async () => {
  await using api = await openApi()
  const token = await api.login(anna)
  await api.call('PUT /v1/session/attributes', { token, body: { name: 'x', value: 1 } })
  for (const method of ['POST', 'PATCH', 'PUT']) {
    const fields = async (body: unknown) => {
      const answer = await api.call(`${method} /v1/session/attributes`, { token, body })
      expect(answer.body.status).toBe(400)
      return [answer.body.detail, answer.body.errors.map(({ field }: { field: string }) => field)]
    }
    const bad = { name: '$x', value: 1 }
    expect(await fields(bad)).toEqual([expect.stringMatching(/^`name` must not begin/), ['name']])
    expect(await fields({ items: [bad] })).toEqual([expect.stringMatching(/^`items\[0\]\.name` must/), ['items[0].name']])
    expect((await fields({ name: 'x', value: { $bad: 1 } }))[0]).toMatch(/`?value/)
  }
})

test('a path that is too long is told as that', async () => {
  await using api = await openApi()
  const { body } = await api.call(`GET /v1/session/attributes/${'n'.repeat(5000)}`, { token: await api.login(anna) })
  expect(body).toMatchObject({
    status: 400,
    code: 'ERR_REQUEST_INVALID',
    errors: [{ field: 'path', reason: 'must have at most 4096 characters in each part' }],
  })
})

test.each([
  ['limit=0', 'limit', 'must be a whole number from 1 to 1000'],
  ['limit=1001', 'limit', 'must be a whole number from 1 to 1000'],
  ['limit=ten', 'limit', 'must be a whole number from 1 to 1000'],
  ['limit=1&limit=2', 'limit', 'must be text'],
  ['after=', 'after', 'must be the `next` of a page'],
  ['after=not%20one', 'after', 'must be the `next` of a page'],
  ['userId=', 'userId', 'must not be empty'],
])('a list of sessions with %s is refused', async (query, field, reason) => {
  await using api = await openApi()
  const { body } = await api.call(`GET /v1/sessions?${query}`, { token: await api.login(anna) })
  expect(body).toMatchObject({ status: 400, code: 'ERR_REQUEST_INVALID' })
  expect(body.errors).toEqual([{ field, reason }])
})

test('too many names in a query are told as that', async () => {
  await using api = await openApi()
  const query = Array.from({ length: 2001 }, () => 'name=a').join('&')
  const { body } = await api.call(`GET /v1/session/attributes?${query}`, { token: await api.login(anna) })
  expect(body).toMatchObject({ status: 400, errors: [{ field: 'name', reason: 'must hold at most 2000 items' }] })
})

test('the longest expiration ends at an instant that can be written', async () => {
  await using api = await openApi()
  const token = await api.login(anna)
  await api.call('PUT /v1/session/attributes', { token, body: { name: 'a', value: 1, expiration: 200_000_000_000 } })
  const { body } = await api.call('GET /v1/session/attributes/a', { token })
  expect(body.expirationTime).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/)
})

// Is bad input refused at every route, with the field and the reason, before anything is changed?
import { ROUTES } from 'sojourn/protocol'
import { expect, test } from 'vitest'
import { admin, anna, openApi } from './support/api.ts'

const ITEM = [
  [{}, 'name', 'is required'],
  [{ name: 'x' }, 'value', 'is required'],
  [{ name: 5, value: 1 }, 'name', 'must be string'],
  [{ name: 'x', value: 1, expiration: '5' }, 'expiration', 'must be number,null'],
  [{ name: 'x', value: 1, expiration: 0 }, 'expiration', 'must be > 0'],
  [{ name: 'x', value: 1, expiration: -1 }, 'expiration', 'must be > 0'],
  [{ name: 'x', value: 1, encrypt: 'yes' }, 'encrypt', 'must be boolean'],
  [{ name: 'x', value: 1, encrypt: null }, 'encrypt', 'must be boolean'],
  [{ name: 'x', value: 1, userId: 'somebody' }, 'userId', 'is not known here'],
] as const

const BODIES = [
  ...ITEM,
  ...ITEM.map(([item, field, reason]) => [{ items: [{ name: 'good', value: 1 }, item] }, `items[1].${field}`, reason] as const),
  [{ items: [] }, 'items', 'must NOT have fewer than 1 items'],
  [{ items: 'x' }, 'items', 'must be array'],
  [{ items: [{ name: 'x', value: 1 }], name: 'y' }, 'name', 'is not known here'],
  [[], 'body', 'must be object'],
  ['"text"', 'body', 'must be object'],
  ['{ not json', 'body', 'must be valid JSON'],
  ['', 'body', 'must not be empty'],
] as const

const CHANGES = [
  [{}, 'body', 'must NOT have fewer than 1 properties'],
  [{ name: 'x' }, 'name', 'is not known here'],
  [{ expiration: 'soon' }, 'expiration', 'must be number,null'],
  [{ encrypt: 1 }, 'encrypt', 'must be boolean'],
  [[], 'body', 'must be object'],
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

test('names are checked wherever they are given', async () => {
  await using api = await openApi()
  const token = await api.login(anna)
  for (const name of ['', '$reserved', 'a\nb', 'n'.repeat(192)]) {
    const created = await api.call('POST /v1/session/attributes', { token, body: { name, value: 1 } })
    expect(created.body, name).toMatchObject({ status: 400 })
    expect(created.body.errors.length, name).toBeGreaterThan(0)
    const segment = encodeURIComponent(name)
    if (name !== '') expect((await api.call(`GET /v1/session/attributes/${segment}`, { token })).status, name).toBe(400)
    expect((await api.call(`GET /v1/session/attributes?name=${segment}`, { token })).status, name).toBe(400)
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

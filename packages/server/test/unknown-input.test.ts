// Is input refused that a route does not take, whichever route it is?
import { SojournError } from 'sojourn'
import { ROUTES, type Route } from 'sojourn/protocol'
import { beforeAll, describe, expect, test } from 'vitest'
import { admin, anna, openApi } from './support/api.ts'

const BODIES: Readonly<Record<string, unknown>> = {
  login: anna,
  updateAttribute: { value: 1 },
  updateAttributeById: { value: 1 },
}

const takesBody = (name: string, { method, path }: Route) =>
  name in BODIES || (method !== 'GET' && method !== 'DELETE' && path.endsWith('/attributes'))

describe.each(Object.entries<Route>(ROUTES))('%s', (name, route) => {
  let api: Awaited<ReturnType<typeof openApi>>
  let token: string
  let line: string
  beforeAll(async () => {
    api = await openApi()
    token = await api.login(anna)
    await api.call('PUT /v1/session/attributes', { token, body: { name: 'a', value: 'kept' } })
    line = `${route.method} ${route.path.replace('{id}', token.slice(4, 28)).replace('{name}', 'a')}`
    return () => api[Symbol.asyncDispose]()
  })

  /** The session and what it holds; a login of somebody else does not change it. */
  const state = async () => [
    (await api.call('GET /v1/session', { token })).text,
    (await api.call('GET /v1/session/attributes', { token })).text,
    (await api.sso.sessions.list()).items.length,
  ]

  test('a query that it does not know is refused by name, and nothing is changed', async () => {
    const before = await state()
    const body = BODIES[name] ?? { name: 'new', value: 1 }
    const call = takesBody(name, route) ? { token, body } : { token }
    for (const query of ['encrypt=true', 'x', 'x=1&x=2']) {
      const answer = await api.call(`${line}?${query}`, call)
      expect(answer.body, query).toMatchObject({
        status: 400,
        code: 'ERR_REQUEST_INVALID',
        errors: [{ field: query.split(/[=&]/, 1)[0], reason: 'is not known here' }],
      })
    }
    expect(await state()).toEqual(before)
  })

  test('a body that it does not know is refused by name, and nothing is changed', async () => {
    const before = await state()
    const known = BODIES[name] ?? { name: 'new', value: 1 }
    const answer = await api.call(line, { token, body: { ...(takesBody(name, route) ? known : {}), bogus: 1 } })
    const field = route.method === 'GET' ? 'body' : 'bogus'
    expect(answer.body).toMatchObject({ status: 400, code: 'ERR_REQUEST_INVALID', errors: [{ field }] })
    if (!takesBody(name, route))
      for (const body of ['[1]', '"text"', '5'])
        expect((await api.call(line, { token, body })).body, body).toMatchObject({
          status: 400,
          errors: [{ field: 'body', reason: 'must be left out' }],
        })
    expect(await state()).toEqual(before)
  })
})

test('a request without a token is refused before its input is looked at', async () => {
  await using api = await openApi()
  await api.login(admin)
  expect((await api.call('GET /v1/session?x=1')).status).toBe(401)
})

test('an empty body is no input', async () => {
  await using api = await openApi()
  const token = await api.login(anna)
  expect((await api.call('PATCH /v1/session', { token, body: {} })).status).toBe(200)
})

test.each(['PATCH /v1/session', 'DELETE /v1/session/attributes/x', 'DELETE /v1/session'])(
  '%s takes a Content-Type without a body, which clients send as well',
  async (line) => {
    await using api = await openApi()
    const { status } = await api.call(line, { token: await api.login(anna), headers: { 'content-type': 'application/json' } })
    expect(status).toBeLessThan(300)
  },
)

test('a guard of a route of the user’s own stays in force', async () => {
  await using api = await openApi()
  const preValidation = async () => {
    throw new SojournError('ERR_ACCESS_DENIED', 'Not you.')
  }
  api.app.get('/mine', { preValidation }, async () => 'mine')
  expect((await api.call('GET /mine')).status).toBe(403)
})

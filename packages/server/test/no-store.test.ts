// Does no cache keep what is answered, whichever route answers and however it ends?
import { ROUTES, type Route } from 'sojourn/protocol'
import { expect, test } from 'vitest'
import { admin, anna, openApi } from './support/api.ts'

const BODIES: Readonly<Record<string, unknown>> = {
  login: anna,
  updateAttribute: { value: 2 },
  updateAttributeById: { value: 2 },
  updateAttributes: { name: 'a', value: 2 },
  updateAttributesById: { name: 'a', value: 2 },
}

test.each(Object.entries<Route>(ROUTES))('what %s answers is kept by no cache, however it ends', async (name, route) => {
  await using api = await openApi()
  const [token, theirs] = [await api.login(admin), await api.login(anna)]
  const id = (route.path.includes('{id}') ? theirs : token).slice(4, 28)
  for (const own of [token, theirs]) await api.call('PUT /v1/session/attributes', { token: own, body: { name: 'a', value: 1 } })
  const line = `${route.method} ${route.path.replace('{id}', id).replace('{name}', 'a')}`
  const takesBody = name in BODIES || ['POST', 'PUT'].includes(route.method)
  const call = { token, ...(takesBody && { body: BODIES[name] ?? { name: 'new', value: 1 } }) }
  const done = await api.call(line, call)
  expect([done.status, done.headers['cache-control']], done.text).toEqual([route.status, 'no-store'])
  for (const refused of [
    await api.call(line, { ...call, token: undefined, body: undefined }),
    await api.call(`${line}?bogus=1`, call),
    await api.call(line, { ...call, headers: { 'x-request-id': 'not one' } }),
    await api.call(line.replace(/^[A-Z]+/, 'OPTIONS'), { token }),
  ]) {
    expect(refused.headers['cache-control'], refused.text).toBe('no-store')
    expect(refused.headers['x-request-id']).toMatch(/./)
  }
})

test.each([
  ['a path that is no text', 'GET /v1/session/attributes/%ZZ'],
  ['a path that is too long', `GET /v1/session/attributes/${'n'.repeat(5000)}`],
  ['an unknown path', 'GET /nothing'],
  ['the description', 'GET /openapi.json'],
])('%s', async (_title, line) => {
  await using api = await openApi()
  const { headers } = await api.call(line, { token: await api.login(anna) })
  expect(headers['cache-control']).toBe('no-store')
  expect(headers['x-request-id']).toMatch(/./)
})

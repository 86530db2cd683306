// Does the OpenAPI document describe what the server does, all of it?
import { createRequire } from 'node:module'
import { errorsOf, ROUTES, type Route } from 'sojourn/protocol'
import { expect, test } from 'vitest'
import { admin, openApi } from './support/api.ts'

// biome-ignore lint/suspicious/noExplicitAny: the document is free-form JSON
type Json = any

async function document(): Promise<Json> {
  await using api = await openApi()
  const { status, headers, body } = await api.call('GET /openapi.json')
  expect([status, headers['content-type']]).toEqual([200, 'application/json; charset=utf-8'])
  return body
}

test('it is OpenAPI 3.1 with everything a reader needs', async () => {
  const doc = await document()
  expect(doc.openapi).toBe('3.1.0')
  expect(doc.info).toMatchObject({
    title: 'Sojourn',
    version: expect.stringMatching(/^\d+\.\d+\.\d+/),
    license: { identifier: 'MIT' },
  })
  expect(doc.servers).toHaveLength(1)
  expect(doc.components.securitySchemes.bearer).toMatchObject({ type: 'http', scheme: 'bearer' })
})

test('every call of the table is in it, and nothing else', async () => {
  const doc = await document()
  const described = Object.entries<Json>(doc.paths).flatMap(([path, methods]) =>
    Object.entries<Json>(methods).map(([method, { operationId }]) => `${operationId} ${method.toUpperCase()} ${path}`),
  )
  const known = Object.entries<Route>(ROUTES).map(([name, { method, path }]) => `${name} ${method} ${path}`)
  expect(described.sort()).toEqual(known.sort())
})

test.each(Object.entries<Route>(ROUTES))('%s says what it takes, what it answers, and how it may fail', async (_name, route) => {
  const doc = await document()
  const operation = doc.paths[route.path][route.method.toLowerCase()]
  expect(operation.summary).toBe(`${route.summary}.`)
  expect(operation.security).toEqual(route.auth === 'bearer' ? [{ bearer: [] }] : [])
  const parameters = (operation.parameters ?? []).filter(({ in: place }: Json) => place === 'path')
  expect(parameters.map(({ name }: Json) => name)).toEqual([...route.path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name))
  for (const parameter of parameters) expect(parameter.required).toBe(true)
  const headers = (operation.parameters ?? []).filter(({ in: place }: Json) => place === 'header')
  expect(headers.map(({ name }: Json) => name)).toEqual([
    ...(route.path.startsWith('/v1/') ? ['X-Sojourn-App'] : []),
    'X-Request-Id',
  ])
  for (const header of headers) expect([header.required ?? false, header.description]).toEqual([false, expect.any(String)])
  expect(operation.responses[405].description).toBe('ERR_METHOD_REFUSED')
  expect(operation.requestBody !== undefined).toBe(
    ['POST', 'PUT'].includes(route.method) || (route.method === 'PATCH' && route.path.includes('attributes')),
  )
  const failures = Object.entries<Json>(operation.responses).filter(([status]) => Number(status) >= 400)
  expect(operation.responses[route.status]).toBeDefined()
  for (const [, response] of failures) expect(Object.keys(response.content)).toEqual(['application/problem+json'])
  const named = failures.flatMap(([, { description }]) => description.split(', '))
  for (const code of errorsOf(route)) expect(named).toContain(code)
})

test('every reference leads somewhere, and no schema is without a name of its own', async () => {
  const doc = await document()
  const references = [...JSON.stringify(doc).matchAll(/"\$ref":"([^"]+)"/g)].map(([, target = '']) => target)
  expect(references.length).toBeGreaterThan(20)
  for (const target of references)
    expect(
      target
        .split('/')
        .slice(1)
        .reduce((at: Json, step) => at?.[step], doc),
      target,
    ).toBeDefined()
  expect(Object.keys(doc.components.schemas).filter((name) => name.startsWith('def-'))).toEqual([])
})

test('what is answered is what the document says', async () => {
  await using api = await openApi()
  const doc: Json = (await api.call('GET /openapi.json')).body
  const { default: Ajv } = createRequire(createRequire(import.meta.url).resolve('fastify'))('ajv/dist/2020.js')
  const ajv = new Ajv({ strict: false, validateFormats: false }).addSchema(doc, 'doc')
  const check = (path: string, method: string, { status, body }: { status: number; body: Json }) => {
    const { description } = doc.paths[path][method].responses[status]
    if (status >= 400) expect(description.split(', '), `${method} ${path}`).toContain(body.code)
    const pointer = `doc#/paths/${path.replaceAll('/', '~1')}/${method}/responses/${status}/content/${status < 400 ? 'application~1json' : 'application~1problem+json'}/schema`
    const validate = ajv.getSchema(encodeURI(pointer))
    expect(validate, pointer).toBeDefined()
    expect(validate(body), `${pointer}: ${ajv.errorsText(validate.errors)} ${JSON.stringify(body)}`).toBe(true)
  }
  const login = await api.call('POST /v1/login', { body: admin })
  check('/v1/login', 'post', login)
  check('/v1/login', 'post', await api.call('POST /v1/login', { body: { ...admin, password: 'wrong-password' } }))
  check('/v1/login', 'post', await api.call('POST /v1/login', { body: {} }))
  const token = login.body.ust
  check('/v1/session', 'get', await api.call('GET /v1/session', { token }))
  check('/v1/session', 'get', await api.call('GET /v1/session'))
  check('/v1/session', 'patch', await api.call('PATCH /v1/session', { token }))
  check(
    '/v1/session/attributes',
    'post',
    await api.call('POST /v1/session/attributes', { token, body: { name: 'a', value: { b: [1] } } }),
  )
  check('/v1/session/attributes', 'post', await api.call('POST /v1/session/attributes', { token, body: { name: 'a', value: 1 } }))
  check('/v1/session/attributes', 'get', await api.call('GET /v1/session/attributes?name=a&name=b', { token }))
  check('/v1/session/attributes/{name}', 'get', await api.call('GET /v1/session/attributes/a', { token }))
  check('/v1/sessions', 'get', await api.call('GET /v1/sessions', { token }))
  check('/v1/sessions/{id}', 'get', await api.call(`GET /v1/sessions/${token.slice(4, 28)}`, { token }))
  check('/v1/sessions/{id}', 'get', await api.call(`GET /v1/sessions/${'A'.repeat(24)}`, { token }))
  for (const [line, path] of [
    ['GET /v1/session/attributes?name=%01', '/v1/session/attributes'],
    ['GET /v1/session/attributes/%01', '/v1/session/attributes/{name}'],
    ['PATCH /v1/session/attributes/%01', '/v1/session/attributes/{name}'],
    ['DELETE /v1/session/attributes/%01', '/v1/session/attributes/{name}'],
    ['GET /v1/sessions?after=none', '/v1/sessions'],
    ['POST /v1/session/attributes', '/v1/session/attributes'],
    ['POST /v1/login', '/v1/login'],
  ] as const) {
    const bodies: Json = { POST: { name: '\u0001', value: 1 }, PATCH: { value: 1 } }
    const [method = ''] = line.split(' ')
    const body = path === '/v1/login' ? { username: 'a\u0001', password: 'x' } : bodies[method]
    check(path, method.toLowerCase(), await api.call(line, { token, ...(body !== undefined && { body }) }))
  }
  check('/healthz', 'get', await api.call('GET /healthz'))
  check('/readyz', 'get', await api.call('GET /readyz'))
})

// Do attributes keep over HTTP what they promise in process?
import fc from 'fast-check'
import { fromWire, toWire } from 'sojourn/protocol'
import { expect, test } from 'vitest'
import { admin, anna, openApi } from './support/api.ts'

const OWN = '/v1/session/attributes'

test('an attribute is created once, updated, set, read and deleted', async () => {
  await using api = await openApi()
  const token = await api.login(anna)
  const created = await api.call(`POST ${OWN}`, { token, body: { name: 'my-attribute', value: 'my-value' } })
  expect([created.status, created.body]).toEqual([201, { names: ['my-attribute'] }])

  const again = await api.call(`POST ${OWN}`, { token, body: { name: 'my-attribute', value: 'other' } })
  expect(again.body).toMatchObject({ status: 409, code: 'ERR_ATTRIBUTE_EXISTS', subStatus: ['E009001'], names: ['my-attribute'] })
  const missing = await api.call(`PATCH ${OWN}`, { token, body: { name: 'other', value: 1 } })
  expect(missing.body).toMatchObject({ status: 404, code: 'ERR_ATTRIBUTE_MISSING', subStatus: ['E009002'], names: ['other'] })

  expect((await api.call(`PATCH ${OWN}`, { token, body: { name: 'my-attribute', value: 'second' } })).status).toBe(200)
  expect((await api.call(`PUT ${OWN}`, { token, body: { name: 'other', value: null } })).status).toBe(200)
  const all = await api.call(`GET ${OWN}`, { token })
  expect(Object.keys(all.body.attributes).sort()).toEqual(['my-attribute', 'other'])
  expect(all.body.attributes['my-attribute']).toMatchObject({ value: 'second', expirationTime: null, isEncrypted: false })
  const some = await api.call(`GET ${OWN}?name=other&name=nothing`, { token })
  expect(some.body.attributes).toEqual({ other: expect.objectContaining({ value: null }), nothing: null })
  for (const query of ['name=other', 'name=other&name=other'])
    expect((await api.call(`GET ${OWN}?${query}`, { token })).body.attributes, query).toEqual({ other: expect.anything() })

  const one = await api.call(`GET ${OWN}/my-attribute`, { token })
  expect(one.body).toMatchObject({ name: 'my-attribute', value: 'second' })
  expect(Object.keys(one.body).sort()).toEqual(['creationTime', 'expirationTime', 'isEncrypted', 'lastModified', 'name', 'value'])
  const deleted = await api.call(`DELETE ${OWN}/my-attribute`, { token })
  expect([deleted.status, deleted.text]).toEqual([204, ''])
  expect((await api.call(`GET ${OWN}/my-attribute`, { token })).body).toMatchObject({
    status: 404,
    code: 'ERR_ATTRIBUTE_MISSING',
  })
})

test('several are written together, each with its own options before those of the call', async () => {
  const now = 1_800_000_000_000
  await using api = await openApi({}, { clock: () => now })
  const token = await api.login(anna)
  const body = {
    items: [
      { name: 'a', value: 1 },
      { name: 'b', value: 2, encrypt: true },
      { name: 'c', value: 3, expiration: 60 },
      { name: 'd', value: 4, expiration: null },
    ],
    expiration: 900,
  }
  expect((await api.call(`POST ${OWN}`, { token, body })).status).toBe(201)
  const { attributes } = (await api.call(`GET ${OWN}`, { token })).body
  expect(Object.values(attributes).map((one) => (one as { value: number }).value)).toEqual([1, 2, 3, 4])
  expect(attributes.a.expirationTime).toBe(new Date(now + 900_000).toISOString())
  expect(attributes.b.isEncrypted).toBe(true)
  expect(attributes.c.expirationTime).toBe(new Date(now + 60_000).toISOString())
  expect(attributes.d.expirationTime).toBeNull()
})

test('of several, one bad item changes nothing and is named', async () => {
  await using api = await openApi()
  const token = await api.login(anna)
  await api.call(`POST ${OWN}`, { token, body: { name: 'taken', value: 1 } })
  const items = [
    { name: 'a', value: 1 },
    { name: 'taken', value: 2 },
  ]
  const refused = await api.call(`POST ${OWN}`, { token, body: { items } })
  expect(refused.body).toMatchObject({ status: 409, names: ['taken'] })
  const update = await api.call(`PATCH ${OWN}`, { token, body: { items } })
  expect(update.body).toMatchObject({ status: 404, names: ['a'] })
  expect((await api.call(`GET ${OWN}`, { token })).body.attributes).toEqual({ taken: expect.objectContaining({ value: 1 }) })
})

test('one attribute is changed in part: its value, its expiry or its sealing, and the rest stays', async () => {
  let now = 1_800_000_000_000
  await using api = await openApi({}, { clock: () => now })
  const token = await api.login(anna)
  const patch = (body: unknown) => api.call(`PATCH ${OWN}/pin`, { token, body })
  const pin = async () => (await api.call(`GET ${OWN}/pin`, { token })).body
  expect((await patch({ value: 1 })).body).toMatchObject({ status: 404, code: 'ERR_ATTRIBUTE_MISSING' })
  expect((await patch({ expiration: 5 })).body).toMatchObject({ status: 404, code: 'ERR_ATTRIBUTE_MISSING' })
  await api.call(`POST ${OWN}`, { token, body: { name: 'pin', value: '1234', expiration: 60 } })

  expect([(await patch({ value: 0 })).status, (await pin()).value]).toEqual([200, 0])
  expect((await pin()).expirationTime).toBe(new Date(now + 60_000).toISOString())
  expect((await patch({ encrypt: true })).body).toEqual({ names: ['pin'] })
  expect(await pin()).toMatchObject({ value: 0, isEncrypted: true, expirationTime: new Date(now + 60_000).toISOString() })
  await patch({ expiration: null })
  expect(await pin()).toMatchObject({ value: 0, isEncrypted: true, expirationTime: null })
  await patch({ encrypt: false, expiration: 10 })
  expect(await pin()).toMatchObject({ value: 0, isEncrypted: false, expirationTime: new Date(now + 10_000).toISOString() })
  now += 10_000
  expect((await api.call(`GET ${OWN}/pin`, { token })).status).toBe(404)
  expect((await api.call(`GET ${OWN}?name=pin`, { token })).body.attributes).toEqual({ pin: null })
  expect((await api.call(`POST ${OWN}`, { token, body: { name: 'pin', value: 'new' } })).status).toBe(201)
})

test('a sealed value opens for its own caller, and not for a super-user who has only the id', async () => {
  await using api = await openApi()
  const token = await api.login(anna)
  const boss = await api.login(admin)
  const place = `/v1/sessions/${token.slice(4, 28)}/attributes`
  await api.call(`POST ${OWN}`, {
    token,
    body: {
      items: [
        { name: 'pin', value: '1234', encrypt: true },
        { name: 'open', value: 1 },
      ],
    },
  })
  expect((await api.call(`GET ${OWN}/pin`, { token })).body).toMatchObject({ value: '1234', isEncrypted: true })
  expect((await api.call(`GET ${place}/open`, { token: boss })).body.value).toBe(1)
  const refused = await api.call(`GET ${place}/pin`, { token: boss })
  expect(refused.body).toMatchObject({ status: 403, code: 'ERR_ATTRIBUTE_SEALED', names: ['pin'] })
  expect((await api.call(`PATCH ${place}/pin`, { token: boss, body: { value: 'x' } })).status).toBe(403)
  expect((await api.call(`GET ${OWN}/pin`, { token })).body.value).toBe('1234')
})

test('a super-user writes and reads the attributes of a session by its id', async () => {
  await using api = await openApi()
  const token = await api.login(anna)
  const boss = await api.login(admin)
  const place = `/v1/sessions/${token.slice(4, 28)}/attributes`
  expect((await api.call(`POST ${place}`, { token: boss, body: { name: 'a', value: 1 } })).status).toBe(201)
  expect((await api.call(`PATCH ${place}`, { token: boss, body: { name: 'a', value: 2 } })).status).toBe(200)
  expect((await api.call(`PUT ${place}`, { token: boss, body: { name: 'b', value: 3 } })).status).toBe(200)
  expect((await api.call(`PATCH ${place}/b`, { token: boss, body: { value: 4 } })).status).toBe(200)
  expect((await api.call(`GET ${place}?name=b`, { token: boss })).body.attributes.b.value).toBe(4)
  expect((await api.call(`DELETE ${place}/b`, { token: boss })).status).toBe(204)
  expect(Object.keys((await api.call(`GET ${place}`, { token })).body.attributes)).toEqual(['a'])
  expect((await api.call(`GET ${OWN}/a`, { token })).body.value).toBe(2)
})

test('rich values travel both ways', async () => {
  await using api = await openApi()
  const token = await api.login(anna)
  const value = {
    date: new Date(0),
    map: new Map<unknown, unknown>([['a', new Set([1n])]]),
    bytes: Uint8Array.of(0, 255),
    url: new URL('https://example.com/a?b'),
    $type: 'mine',
    nothing: [null, 0, '', false],
  }
  expect((await api.call(`PUT ${OWN}`, { token, body: { name: 'rich', value: toWire(value) } })).status).toBe(200)
  expect(fromWire((await api.call(`GET ${OWN}/rich`, { token })).body.value)).toEqual(value)
  const wrong = await api.call(`PUT ${OWN}`, { token, body: { items: [{ name: 'x', value: [{ $type: 'Dog', value: 1 }] }] } })
  expect(wrong.body).toMatchObject({ status: 400, code: 'ERR_VALUE_UNSUPPORTED', errors: [{ field: 'items[0].value[0]' }] })
})

test('any JSON value and any name survive, plain and sealed', async () => {
  await using api = await openApi()
  const token = await api.login(anna)
  const names = fc
    .string({ unit: 'binary', minLength: 1, maxLength: 60 })
    .filter((name) => name.isWellFormed() && !/^\$|\p{C}/u.test(name) && !/^\.\.?$/.test(name))
  await fc.assert(
    fc.asyncProperty(names, fc.jsonValue({ maxDepth: 4 }), fc.boolean(), async (name, value, encrypt) => {
      const put = await api.call(`PUT ${OWN}`, { token, body: { name, value: toWire(value), encrypt } })
      expect(put.status, put.text).toBe(200)
      const expected = JSON.stringify(toWire(value))
      const one = await api.call(`GET ${OWN}/${encodeURIComponent(name)}`, { token })
      expect(JSON.stringify(one.body?.value)).toBe(expected)
      const many = await api.call(`GET ${OWN}?name=${encodeURIComponent(name)}`, { token })
      expect(Object.entries(many.body.attributes)).toEqual([[name, expect.objectContaining({ isEncrypted: encrypt })]])
      expect((await api.call(`DELETE ${OWN}/${encodeURIComponent(name)}`, { token })).status).toBe(204)
    }),
    {
      numRuns: 60,
      examples: [
        ['__proto__', { ['__proto__']: 1 } as never, false],
        ['constructor', { constructor: { prototype: 1 } } as never, true],
        ['a/b%2F?#', '', true],
      ],
    },
  )
})

test('attributes end with their session', async () => {
  await using api = await openApi()
  const token = await api.login(anna)
  await api.call(`POST ${OWN}`, { token, body: { name: 'a', value: 1, expiration: 86_400 } })
  await api.call('DELETE /v1/session', { token })
  expect((await api.call(`GET ${OWN}/a`, { token })).status).toBe(401)
  expect((await api.call(`PUT ${OWN}`, { token, body: { name: 'a', value: 1 } })).status).toBe(401)
})

// Does a live token, a password or a value turn up anywhere but in the answer that issues it?
import { memoryStore } from 'sojourn/memory'
import { expect, test } from 'vitest'
import { admin, anna, openApi } from './support/api.ts'

test('no token, password or value is found in any log line, audit record, event or answer but the login’s', async () => {
  const events: unknown[] = []
  const { sessions, directory } = memoryStore()
  // Stays readable after the end, when every audit record has been written.
  const store = { sessions, directory: { ...directory, close: async () => {} } }
  await using api = await openApi({ logLevel: 'trace' }, { store, onEvent: (event) => void events.push(event) })
  api.app.get('/leak', async ({ caller }) => {
    throw new Error(`a library that quotes ${caller.currentUst}`)
  })
  const VALUE = 'canary-of-a-value-5f1c'
  const answers: string[] = []
  const token = await api.login(anna)
  const boss = await api.login(admin)
  const call = async (line: string, options: Parameters<typeof api.call>[1] = {}) => {
    const { text, headers } = await api.call(line, { token, ...options })
    answers.push(`${text} ${JSON.stringify(headers)}`)
  }
  const id = token.slice(4, 28)
  for (const line of [
    'GET /v1/session',
    'PATCH /v1/session',
    'GET /v1/sessions',
    `GET /v1/sessions/${id}`,
    'GET /leak',
    `GET /nothing/${token}`,
  ])
    await call(line)
  await call(`GET /v1/session?token=${token}`)
  await call('POST /v1/session/attributes', {
    body: {
      items: [
        { name: 'pin', value: VALUE, encrypt: true },
        { name: 'plain', value: VALUE },
      ],
    },
  })
  await call('POST /v1/session/attributes', { body: { name: 'pin', value: VALUE } })
  await call('POST /v1/session/attributes', { body: { name: 'bad', value: { $type: VALUE } } })
  await call('POST /v1/session/attributes', { body: `{"name":"bad","value":"${VALUE}"` })
  await call('PATCH /v1/session/attributes/other', { body: { value: VALUE } })
  await call('POST /v1/login', { body: { ...anna, username: 'nobody' } })
  await call('POST /v1/login', { body: { ...anna, password: `${anna.password}-wrong` } })
  await call('POST /v1/login', { body: { ...anna, extra: anna.password } })
  await call(`GET /v1/sessions?userId=${api.annaId}`, { token: boss })
  await call(`GET /v1/sessions/${id}/attributes/pin`, { token: boss })
  await call('DELETE /v1/session')
  await call('GET /v1/session')
  await api.sso.close()

  const audit = await directory.listAudit({ limit: 1000 })
  const secret = token.slice(29)
  const texts = {
    logs: api.lines.join(''),
    answers: answers.join(''),
    audit: JSON.stringify(audit),
    events: JSON.stringify(events),
  }
  expect(api.lines.length).toBeGreaterThan(15)
  expect(audit.items.length).toBeGreaterThan(10)
  for (const [where, text] of Object.entries(texts)) {
    for (const canary of [secret, boss.slice(29), anna.password, VALUE])
      expect(text.includes(canary), `${canary} in ${where}`).toBe(false)
  }
})

test('each request leaves one line with its correlation id, its route and its outcome', async () => {
  await using api = await openApi()
  const token = await api.login(anna)
  api.lines.length = 0
  await api.call('GET /v1/session/attributes/secret-name?x=1', { token, headers: { 'x-request-id': 'my-id' } })
  expect(api.lines.map((line) => JSON.parse(line))).toEqual([
    {
      level: 'info',
      time: expect.any(String),
      cid: 'my-id',
      method: 'GET',
      route: '/v1/session/attributes/:name',
      status: 400,
      ms: expect.any(Number),
      remoteAddr: '127.0.0.1',
    },
  ])
})

test('a log that is told to be silent is', async () => {
  await using api = await openApi({ logLevel: 'silent' })
  await api.call('GET /healthz')
  expect(api.lines).toEqual([])
})

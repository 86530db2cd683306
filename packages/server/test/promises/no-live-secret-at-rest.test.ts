// Does a server on a SQLite file leave a live token, a password, a server key or a sealed value in its files, its log, or any answer but the one that issues it?
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { sqliteStore } from 'sojourn/sqlite'
import { expect, test } from 'vitest'
import { admin, anna, KEY, openApi } from '../support/api.ts'

const VALUE = 'canary-of-a-sealed-value-90ce'
const NEXT_PASSWORD = 'kZ7-the-next-anna-secret'

test('no secret is found in the database, its log, the server’s log and the answers, after logins, changes and refusals', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'sojourn-canary-'))
  try {
    const store = sqliteStore(join(folder, 'sojourn.db'))
    const found = await use(store, () => readdirSync(folder).map((name) => readFileSync(join(folder, name))))
    const after = readdirSync(folder).map((name) => readFileSync(join(folder, name)))
    const places = { ...found.places, 'files after the end': after }
    expect(found.places['files while it ran']).toHaveLength(3)
    expect(Buffer.concat(found.places['files while it ran']).includes('plain-to-see')).toBe(true)
    for (const [where, buffers] of Object.entries(places)) {
      for (const [at, secret] of found.secrets.entries()) {
        const raw = Buffer.from(secret, 'base64url')
        const forms = [
          secret,
          Buffer.from(secret).toString('base64'),
          Buffer.from(secret).toString('hex'),
          raw.toString('hex'),
          raw,
        ]
        const seen = forms.some((form) => form.length > 8 && buffers.some((buffer) => buffer.includes(form)))
        expect(seen, `secret ${at} in ${where}`).toBe(false)
      }
    }
  } finally {
    rmSync(folder, { recursive: true })
  }
})

async function use(store: ReturnType<typeof sqliteStore>, files: () => Buffer[]) {
  await using api = await openApi({ logLevel: 'trace' }, { store, policy: { renewalTimeout: 3600 } })
  const secrets = [anna.password, admin.password, NEXT_PASSWORD, VALUE, KEY]
  const answers: string[] = []
  const login = async (body: object) => {
    const answer = await api.call('POST /v1/login', { body })
    expect(answer.status).toBe(201)
    const { ust, ...rest } = answer.body
    secrets.push(ust.slice(29))
    answers.push(JSON.stringify([rest, answer.headers]))
    return ust as string
  }
  const call = async (line: string, options: Parameters<typeof api.call>[1] = {}) => {
    const { text, headers, status } = await api.call(line, options)
    answers.push(`${text} ${JSON.stringify(headers)}`)
    return status
  }
  const first = await login(anna)
  const boss = await login(admin)
  await call('PATCH /v1/session', { token: first })
  const sealed = { name: 'pin', value: VALUE, encrypt: true }
  const plain = { name: 'plain', value: 'plain-to-see' }
  expect(await call('POST /v1/session/attributes', { token: first, body: { items: [sealed, plain] } })).toBe(201)
  await call('POST /v1/session/attributes', { token: first, body: sealed })
  await call('PATCH /v1/session/attributes/pin', { token: first, body: { value: { $type: VALUE } } })
  await call('PATCH /v1/session/attributes/pin', { token: first, body: { value: VALUE, encrypt: VALUE } })
  await call(`GET /v1/sessions/${first.slice(4, 28)}/attributes`, { token: boss })
  await call(`GET /v1/sessions/${first.slice(4, 28)}/attributes/pin`, { token: boss })
  await call(`PUT /v1/sessions/${first.slice(4, 28)}/attributes`, { token: boss, body: sealed })
  await api.sso.user.setPassword({ userId: api.annaId, password: anna.password, mustChange: true })
  expect(await call('POST /v1/login', { body: anna })).toBe(403)
  const second = await login({ ...anna, newPassword: NEXT_PASSWORD })
  expect(await call('POST /v1/login', { body: anna })).toBe(401)
  expect(await call('POST /v1/login', { body: { ...anna, password: [anna.password] } })).toBe(400)
  expect(await call('POST /v1/login', { body: `{"username":"anna","password":"${NEXT_PASSWORD}` })).toBe(400)
  expect(await call('PUT /v1/session/attributes', { token: second, body: { ...sealed, name: 'again' } })).toBe(200)
  for (const line of [
    'GET /v1/session',
    'GET /v1/sessions',
    `GET /v1/sessions?userId=${second}`,
    `GET /v1/sessions/${second}`,
    `DELETE /v1/sessions/${second}`,
    `GET /v1/session/attributes?name=${'n'.repeat(200)}&name=${second}`.replace(second, 'x'),
    'GET /openapi.json',
    'GET /readyz',
    'POST /v1/session',
  ])
    await call(line, { token: second })
  expect(await call('GET /v1/session', { token: second, headers: { 'x-request-id': second } })).toBe(400)
  await call('GET /v1/session', { token: first })
  await call('GET /v1/session', { token: `${second.slice(0, -1)}_` })
  await call('DELETE /v1/session', { token: second })
  const places = {
    'files while it ran': files(),
    'the log': [Buffer.from(api.lines.join(''))],
    answers: [Buffer.from(answers.join('\n'))],
  }
  expect(api.lines.length).toBeGreaterThan(20)
  return { secrets, places }
}

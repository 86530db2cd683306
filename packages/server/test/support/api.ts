// On what do the tests of the routes run? A server over a store in memory, with a super-user and a regular user.
import { hash } from 'node:crypto'

import { createServer, type ServerOptions } from '@sojourn/server'
import { createSojourn, type PasswordHasher, type SojournOptions } from 'sojourn'
import { memoryStore } from 'sojourn/memory'

export const KEY = 'MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY'
export const admin = { username: 'admin', password: 'kZ8-the-long-admin-secret' }
export const anna = { username: 'anna', password: 'kZ9-the-long-anna-secret' }

/** What argon2id does is tested where it lives, and by the servers that tests spawn; hundreds of hashes here would only cost time. */
const QUICK: PasswordHasher = {
  hash: async (password) => hash('sha256', password),
  verify: async (password, encoded) => hash('sha256', password) === encoded,
  isOutdated: () => false,
}

export interface Answer {
  readonly status: number
  readonly headers: Readonly<Record<string, string | string[] | number | undefined>>
  readonly text: string
  // biome-ignore lint/suspicious/noExplicitAny: what a test expects of an answer is what it asserts
  readonly body: any
}

export interface CallOptions {
  readonly token?: string | undefined
  readonly body?: unknown
  readonly headers?: Readonly<Record<string, string>>
  readonly from?: string
}

/** Opens everything. `call('POST /v1/login', { body })` is one request. */
export async function openApi(server: ServerOptions = {}, options: Partial<SojournOptions> = {}) {
  const lines: string[] = []
  const store = options.store ?? memoryStore()
  const sso = await createSojourn({ keys: [KEY], passwordHashing: QUICK, sweepInterval: 0, ...options, store })
  await sso.user.createSuperUser({ data: admin, requireSuperUser: false, autoApprove: true })
  const annaId = await sso.user.createUser({ data: anna, requireSuperUser: false, autoApprove: true })
  const app = await createServer(sso, {
    log: { write: (line) => void lines.push(line) },
    ...server,
  })

  const call = async (line: string, { token, body, headers = {}, from }: CallOptions = {}): Promise<Answer> => {
    const [method = '', url = ''] = line.split(' ')
    const raw = typeof body === 'string'
    const answer = await app.inject({
      method: method as 'GET',
      url,
      headers: {
        'user-agent': 'Firefox 139.0',
        ...(token !== undefined && { authorization: `Bearer ${token}` }),
        ...(raw && { 'content-type': 'application/json' }),
        ...headers,
      },
      ...(body !== undefined && { payload: raw ? body : (body as object) }),
      ...(from !== undefined && { remoteAddress: from }),
    })
    const isJson = /json/.test(String(answer.headers['content-type']))
    return { status: answer.statusCode, headers: answer.headers, text: answer.body, body: isJson ? answer.json() : undefined }
  }

  const login = async (who: { username: string; password: string }): Promise<string> => {
    const { status, text, body } = await call('POST /v1/login', { body: { username: who.username, password: who.password } })
    if (status !== 201) throw new Error(text)
    return body.ust
  }

  return {
    app,
    sso,
    store,
    lines,
    annaId,
    call,
    login,
    [Symbol.asyncDispose]: async () => {
      await app.close()
      await sso.close()
    },
  }
}

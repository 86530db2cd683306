// How are the peers set up, so that each does its own way of "whose token is this, and what is noted"?
import { randomBytes } from 'node:crypto'
import { DatabaseSync } from 'node:sqlite'
import { betterAuth } from 'better-auth'
import { getMigrations } from 'better-auth/db/migration'
import { sealData, unsealData } from 'iron-session'
import type { Contestant } from './measure.ts'

/** better-auth on node:sqlite: one `getSession` with a cookie of a user who is logged in. */
export async function betterAuthGetSession(path = ':memory:'): Promise<Contestant> {
  const options = {
    database: new DatabaseSync(path),
    secret: randomBytes(32).toString('base64'),
    baseURL: 'http://localhost:3000',
    emailAndPassword: { enabled: true },
    rateLimit: { enabled: false },
    telemetry: { enabled: false },
  }
  await (await getMigrations(options)).runMigrations()
  const auth = betterAuth(options)
  const body = { name: 'Ada', email: 'ada@example.com', password: 'correct-horse-battery-staple' }
  const { headers: answer } = await auth.api.signUpEmail({ body, returnHeaders: true })
  const cookie = answer
    .getSetCookie()
    .map((line) => line.split(';')[0])
    .join('; ')
  const headers = new Headers({ cookie })
  if ((await auth.api.getSession({ headers })) === null) throw new Error('better-auth does not know the session it has just made')
  return { name: 'better-auth getSession (node:sqlite)', run: () => auth.api.getSession({ headers }) }
}

/** iron-session: opening the sealed cookie, which holds the session itself. */
export async function ironUnseal(session: Record<string, unknown>): Promise<Contestant> {
  const password = randomBytes(32).toString('base64')
  const sealed = await sealData(session, { password })
  return { name: 'iron-session unseal', run: () => unsealData(sealed, { password }) }
}

// How do the peers serve the two answers, each in the way its documentation shows?
import { randomBytes } from 'node:crypto'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import cookie from '@fastify/cookie'
import fastifySession, { type FastifySessionOptions } from '@fastify/session'
import { type BetterAuthOptions, betterAuth } from 'better-auth'
import { getMigrations } from 'better-auth/db/migration'
import session, { type SessionOptions } from 'express-session'
import { getIronSession } from 'iron-session'
import { type Entries, type Serve, START } from './contestant.ts'
import { type Exchange, httpHandler, onExpress, onFastify, onHttp } from './on-framework.ts'

declare module 'express-session' {
  interface SessionData extends Entries {}
}
declare module 'fastify' {
  interface Session extends Entries {}
}

const secret = () => randomBytes(32).toString('base64')

export const expressSessionServer =
  (options: Partial<SessionOptions> = {}): Serve =>
  async () =>
    onExpress(
      {
        login: ({ session: own }) => String(Object.assign(own, START).name),
        read: ({ session: own }) => own.name ?? '',
        write({ session: own }) {
          own.count = (own.count ?? 0) + 1
          return own.name ?? ''
        },
      },
      (app) => void app.use(session({ secret: secret(), resave: false, saveUninitialized: false, ...options })),
    )

export const fastifySessionServer =
  (options: Pick<FastifySessionOptions, 'store'> = {}): Serve =>
  () =>
    onFastify(
      {
        login: ({ session: own }) => Object.assign(own, START).name,
        read: ({ session: own }) => own.name,
        write({ session: own }) {
          own.count += 1
          return own.name
        },
      },
      async (app) => {
        await app.register(cookie)
        // Without `rolling` it does not save what was only read: the cheaper way.
        await app.register(fastifySession, {
          secret: secret(),
          cookie: { secure: false },
          saveUninitialized: false,
          rolling: false,
          ...options,
        })
      },
    )

const ironSession: Serve = async () => {
  const options = { password: secret(), cookieName: 'iron', cookieOptions: { secure: false } }
  const of = ({ request, response }: Exchange) => getIronSession<Entries>(request, response, options)
  return onHttp(
    httpHandler({
      async login(exchange) {
        const own = await of(exchange)
        await Object.assign(own, START).save()
        return 'welcome'
      },
      read: async (exchange) => (await of(exchange)).name ?? '',
      async write(exchange) {
        const own = await of(exchange)
        own.count = (own.count ?? 0) + 1
        await own.save()
        return own.name ?? ''
      },
    }),
  )
}

export const betterAuthServer =
  (more: Pick<BetterAuthOptions, 'secondaryStorage'> = {}): Serve =>
  async (folder) => {
    const database = new DatabaseSync(join(folder, 'better-auth.db'))
    database.exec('PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL')
    const options = {
      database,
      secret: secret(),
      baseURL: 'http://localhost:3000',
      emailAndPassword: { enabled: true },
      session: { additionalFields: { count: { type: 'number', required: false, defaultValue: 0 } } },
      rateLimit: { enabled: false },
      telemetry: { enabled: false },
      ...more,
    } as const
    await (await getMigrations(options)).runMigrations()
    const auth = betterAuth(options)
    let users = 0
    const known = async ({ request }: Exchange) => {
      const headers = new Headers({ cookie: request.headers.cookie ?? '' })
      const found = await auth.api.getSession({ headers })
      if (found === null) throw new Error('better-auth does not know the session it has made')
      return { headers, ...found }
    }
    return onHttp(
      httpHandler({
        async login({ response }) {
          users += 1
          const body = { name: START.name, email: `ada${users}@example.com`, password: 'correct-horse-battery-staple' }
          const { headers } = await auth.api.signUpEmail({ body, returnHeaders: true })
          response.setHeader('set-cookie', headers.getSetCookie())
          return 'welcome'
        },
        read: async (exchange) => (await known(exchange)).user.name,
        async write(exchange) {
          const { headers, session: own, user } = await known(exchange)
          await auth.api.updateSession({ headers, body: { count: (own.count ?? 0) + 1 } })
          return user.name
        },
      }),
      async () => database.close(),
    )
  }

/** The peers, by name, with the framework that each is on. */
export const PEERS = {
  'express-session, memory': { framework: 'express', serve: expressSessionServer() },
  '@fastify/session, memory': { framework: 'fastify', serve: fastifySessionServer() },
  'iron-session': { framework: 'http', serve: ironSession },
  'better-auth, SQLite': { framework: 'http', serve: betterAuthServer() },
} as const

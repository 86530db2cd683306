// With what do the tests of the map work: a session over requests, one after another or several at once?
import { type WebSession, webSessions } from 'sojourn/web'
import { createBrowser } from './browser.ts'
import { openHost, type StoreName } from './host.ts'

type Anything = Record<string, unknown>

/** A session over requests that can be held open, to let several run at once. */
export async function openMap(on: StoreName = 'memory', options: Parameters<typeof openHost>[0] = {}) {
  const host = await openHost({ on, ...options })
  const web = webSessions<Anything>(host.sso)
  let work: (session: WebSession<Anything>) => unknown = () => undefined
  const browser = createBrowser(async (request) => {
    const session = await web.load(request)
    await work(session)
    return web.commit(session, new Response())
  })
  return {
    ...host,
    web,
    browser,
    /** One request. */
    async visit<T>(run: (session: WebSession<Anything>) => T): Promise<Awaited<T>> {
      let answer: Awaited<T> | undefined
      work = async (session) => {
        answer = await run(session)
      }
      await browser.send('/')
      return answer as Awaited<T>
    },
    /** Requests that have all read before the first of them commits. */
    async together(runs: readonly ((session: WebSession<Anything>) => unknown)[]) {
      const headers = { cookie: browser.cookie() }
      const sessions = await Promise.all(runs.map(() => web.load(new Request('https://shop.example/', { headers }))))
      for (const [at, run] of runs.entries()) await run(sessions[at]!)
      return Promise.allSettled(sessions.map((session) => web.commit(session, new Response())))
    },
  }
}

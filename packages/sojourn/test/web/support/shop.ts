// With what do the tests of a shop's sessions work: visitors whose requests do what the test says?
import { type WebSession, webSessions } from 'sojourn/web'
import { createBrowser } from './browser.ts'
import { openHost, type StoreName } from './host.ts'

interface Entries {
  language: string
  cart: string[]
  note: string
  count: number
}

export type ShopSession = WebSession<Entries, { username: string }>

/** The name of the cookie. */
export const NAME = '__Host-sojourn'

/** Opens it, for any number of visitors. */
export async function openShop(on: StoreName = 'memory', options: Parameters<typeof openHost>[0] = {}) {
  const host = await openHost({ on, ...options })
  const web = webSessions<Entries, { username: string }>(host.sso)
  const load = (cookie: string) => web.load(new Request('https://shop.example/', { headers: { cookie } }))
  const commit = (session: ShopSession) => web.commit(session, new Response())
  const visitor = () => {
    let work: (session: ShopSession) => unknown = () => undefined
    const browser = createBrowser(async (request) => {
      const session = await web.load(request)
      await work(session)
      return commit(session)
    })
    return {
      browser,
      visit: (run: typeof work) => {
        work = run
        return browser.send('/')
      },
      look: async () => {
        const session = await load(browser.cookie())
        return { user: session.userId, ...Object.fromEntries(session) }
      },
    }
  }
  return { ...host, web, load, commit, visitor }
}

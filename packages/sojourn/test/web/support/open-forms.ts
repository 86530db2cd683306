// With what do the tests of one-time keys work: visitors who get forms and send them?
import { webSessions } from 'sojourn/web'
import { createBrowser } from './browser.ts'
import { openHost, type StoreName } from './host.ts'

export async function openForms(on: StoreName = 'memory') {
  const host = await openHost({ on })
  const web = webSessions<{ seen: number }>(host.sso)
  const open = (cookie: string) => web.load(new Request('https://shop.example/', { headers: { cookie } }))
  const visitor = () => {
    let key = ''
    const browser = createBrowser(
      web.handle(async (request, session) => {
        const { pathname, searchParams } = new URL(request.url)
        if (pathname === '/login') session.login('anna')
        if (pathname === '/clear') session.clear()
        if (pathname === '/form') {
          const duration = Number(searchParams.get('duration') ?? 0)
          key = session.securityKey({ data: searchParams.get('data') ?? undefined, ...(duration > 0 && { duration }) })
        }
        return Response.json([...session.keys()])
      }),
    )
    return {
      browser,
      /** A page with a form: its key. */
      async form(query = '') {
        await browser.send(`/form${query}`)
        return key
      },
      submit: async (given: unknown) => (await open(browser.cookie())).validateSecurityKey(given),
    }
  }
  return { ...host, web, visitor, open }
}

// How does a shop without a framework, a function from Request to Response, keep carts, logins and forms?
import { serve } from '@hono/node-server'
import { createSojourn } from 'sojourn'
import { sqliteStore } from 'sojourn/sqlite'
import { webSessions } from 'sojourn/web'
import * as shop from '../shop.ts'

const [port = '3000', file = ':memory:'] = process.argv.slice(2)
const sso = await createSojourn({ store: sqliteStore(file) })
await shop.addCustomer(sso)
const web = webSessions<shop.Entries, shop.Customer>(sso, { persistentFieldsOnLogin: ['language', 'cart'] })

type Handler = (session: shop.ShopSession, form: FormData) => Response | Promise<Response>

const html = (body: string, status = 200) =>
  new Response(body, { status, headers: { 'content-type': 'text/html; charset=utf-8' } })
const home = () => new Response(null, { status: 303, headers: { location: '/' } })
const fromHere = web.csrf()
const withKey = web.csrf({ accept: 'key' })

const PAGES: Record<string, (session: shop.ShopSession) => string> = { '/': shop.shopPage, '/checkout': shop.checkoutPage }

const ACTIONS: Record<string, Handler> = {
  '/cart': (session, form) => {
    shop.addToCart(session, form.get('item'))
    return home()
  },
  '/language': (session, form) => {
    shop.chooseLanguage(session, form.get('language'))
    return home()
  },
  '/login': async (session, form) => {
    const checked = await shop.check(sso, form.get('username'), form.get('password'))
    if (checked === undefined) return html(shop.shopPage(session), 401)
    shop.logIn(session, checked)
    return home()
  },
  '/logout': (session) => {
    session.logout()
    return home()
  },
  '/logout-everywhere': async ({ userId }) => {
    if (userId !== null) await web.killSessionsByUser(userId)
    return home()
  },
  '/checkout': (session) => html(shop.orderPage(session)),
}

const handle = web.handle(async (request, session) => {
  const { pathname } = new URL(request.url)
  if (request.method === 'GET' && PAGES[pathname] !== undefined) return html(PAGES[pathname](session))
  if (request.method !== 'POST' || ACTIONS[pathname] === undefined) return html('There is no such page.', 404)
  await (pathname === '/checkout' ? withKey : fromHere)(request)
  const form = await request.formData().catch(() => new FormData())
  return ACTIONS[pathname](session, form)
})

const server = serve(
  {
    // What serves it knows the connection; a `Request` alone does not tell who is at its other end.
    fetch: (request, { incoming }) => handle(request, { encrypted: false, remoteAddr: incoming.socket.remoteAddress }),
    port: Number(port),
    hostname: '127.0.0.1',
  },
  shop.announce,
)
process.once('SIGTERM', () => server.close(() => void sso.close()))

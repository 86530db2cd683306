// How does a shop on Fastify keep carts, logins and forms?
import fastify, { type FastifyReply } from 'fastify'
import { createSojourn } from 'sojourn'
import { sojournSession } from 'sojourn/fastify'
import { sqliteStore } from 'sojourn/sqlite'
import { webSessions } from 'sojourn/web'
import * as shop from '../shop.ts'

const [port = '3000', file = ':memory:'] = process.argv.slice(2)
const sso = await createSojourn({ store: sqliteStore(file) })
await shop.addCustomer(sso)
const web = webSessions<shop.Entries, shop.Customer>(sso, { persistentFieldsOnLogin: ['language', 'cart'] })

const app = fastify()
app.addContentTypeParser('application/x-www-form-urlencoded', { parseAs: 'string' }, (_request, body, done) =>
  done(null, Object.fromEntries(new URLSearchParams(String(body)))),
)
await app.register(sojournSession(web))
const html = (reply: FastifyReply, page: string) => reply.type('text/html; charset=utf-8').send(page)
const fromHere = { preHandler: web.csrf() }
const withKey = { preHandler: web.csrf({ accept: 'key' }) }

app.get('/', async (request, reply) => html(reply, shop.shopPage(web.of(request))))
app.post<{ Body?: { item?: string } }>('/cart', fromHere, async (request, reply) => {
  shop.addToCart(web.of(request), request.body?.item)
  return reply.redirect('/', 303)
})
app.post<{ Body?: { language?: string } }>('/language', fromHere, async (request, reply) => {
  shop.chooseLanguage(web.of(request), request.body?.language)
  return reply.redirect('/', 303)
})
app.post<{ Body?: { username?: string; password?: string } }>('/login', fromHere, async (request, reply) => {
  const checked = await shop.check(sso, request.body?.username, request.body?.password)
  if (checked === undefined) return html(reply.code(401), shop.shopPage(web.of(request)))
  shop.logIn(web.of(request), checked)
  return reply.redirect('/', 303)
})
app.post('/logout', fromHere, async (request, reply) => {
  web.of(request).logout()
  return reply.redirect('/', 303)
})
app.post('/logout-everywhere', fromHere, async (request, reply) => {
  const { userId } = web.of(request)
  if (userId !== null) await web.killSessionsByUser(userId)
  return reply.redirect('/', 303)
})
app.get('/checkout', async (request, reply) => html(reply, shop.checkoutPage(web.of(request))))
app.post('/checkout', withKey, async (request, reply) => html(reply, shop.orderPage(web.of(request))))

await app.listen({ port: Number(port), host: '127.0.0.1' })
shop.announce(app.server.address())
process.once('SIGTERM', () => void app.close().then(() => sso.close()))

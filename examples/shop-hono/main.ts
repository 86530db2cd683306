// How does a shop on Hono keep carts, logins and forms?
import { serve } from '@hono/node-server'
import { Hono } from 'hono'
import { createSojourn } from 'sojourn'
import { type SessionEnv, sojournSession } from 'sojourn/hono'
import { sqliteStore } from 'sojourn/sqlite'
import { webSessions } from 'sojourn/web'
import * as shop from '../shop.ts'

const [port = '3000', file = ':memory:'] = process.argv.slice(2)
const sso = await createSojourn({ store: sqliteStore(file) })
await shop.addCustomer(sso)
const web = webSessions<shop.Entries, shop.Customer>(sso, { persistentFieldsOnLogin: ['language', 'cart'] })

const app = new Hono<SessionEnv<shop.Entries, shop.Customer>>()
app.use(sojournSession(web))
const fromHere = web.csrf()
const withKey = web.csrf({ accept: 'key' })

app.get('/', (c) => c.html(shop.shopPage(c.get('session'))))
app.post('/cart', fromHere, async (c) => {
  const { item } = await c.req.parseBody()
  shop.addToCart(c.get('session'), item)
  return c.redirect('/', 303)
})
app.post('/language', fromHere, async (c) => {
  const { language } = await c.req.parseBody()
  shop.chooseLanguage(c.get('session'), language)
  return c.redirect('/', 303)
})
app.post('/login', fromHere, async (c) => {
  const { username, password } = await c.req.parseBody()
  const checked = await shop.check(sso, username, password)
  if (checked === undefined) return c.html(shop.shopPage(c.get('session')), 401)
  shop.logIn(c.get('session'), checked)
  return c.redirect('/', 303)
})
app.post('/logout', fromHere, (c) => {
  c.get('session').logout()
  return c.redirect('/', 303)
})
app.post('/logout-everywhere', fromHere, async (c) => {
  const { userId } = c.get('session')
  if (userId !== null) await web.killSessionsByUser(userId)
  return c.redirect('/', 303)
})
app.get('/checkout', (c) => c.html(shop.checkoutPage(c.get('session'))))
app.post('/checkout', withKey, (c) => c.html(shop.orderPage(c.get('session'))))

const server = serve({ fetch: app.fetch, port: Number(port), hostname: '127.0.0.1' }, shop.announce)
process.once('SIGTERM', () => server.close(() => void sso.close()))

// How does a shop on Express keep carts, logins and forms?
import express from 'express'
import { createSojourn } from 'sojourn'
import { sojournSession } from 'sojourn/express'
import { sqliteStore } from 'sojourn/sqlite'
import { webSessions } from 'sojourn/web'
import * as shop from '../shop.ts'

const [port = '3000', file = ':memory:'] = process.argv.slice(2)
const sso = await createSojourn({ store: sqliteStore(file) })
await shop.addCustomer(sso)
const web = webSessions<shop.Entries, shop.Customer>(sso, { persistentFieldsOnLogin: ['language', 'cart'] })

const app = express()
app.use(express.urlencoded({ extended: false }))
app.use(sojournSession(web))
const fromHere = web.csrf()
const withKey = web.csrf({ accept: 'key' })

app.get('/', (req, res) => void res.send(shop.shopPage(web.of(req))))
app.post('/cart', fromHere, (req, res) => {
  shop.addToCart(web.of(req), req.body?.item)
  res.redirect(303, '/')
})
app.post('/language', fromHere, (req, res) => {
  shop.chooseLanguage(web.of(req), req.body?.language)
  res.redirect(303, '/')
})
app.post('/login', fromHere, async (req, res) => {
  const checked = await shop.check(sso, req.body?.username, req.body?.password)
  if (checked === undefined) return void res.status(401).send(shop.shopPage(web.of(req)))
  shop.logIn(web.of(req), checked)
  res.redirect(303, '/')
})
app.post('/logout', fromHere, (req, res) => {
  web.of(req).logout()
  res.redirect(303, '/')
})
app.post('/logout-everywhere', fromHere, async (req, res) => {
  const { userId } = web.of(req)
  if (userId !== null) await web.killSessionsByUser(userId)
  res.redirect(303, '/')
})
app.get('/checkout', (req, res) => void res.send(shop.checkoutPage(web.of(req))))
app.post('/checkout', withKey, (req, res) => void res.send(shop.orderPage(web.of(req))))

const server = app.listen(Number(port), '127.0.0.1', () => shop.announce(server.address()))
process.once('SIGTERM', () => server.close(() => void sso.close()))

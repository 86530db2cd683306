// Can one application have sessions of two kinds?
import fastify from 'fastify'
import { sojournSession } from 'sojourn/fastify'
import { webSessions } from 'sojourn/web'
import { expect, test } from 'vitest'
import { openHost } from '../web/support/host.ts'

test('a Fastify application keeps both, told apart by `web.of`', async () => {
  const [first, second] = [await openHost(), await openHost()]
  const shop = webSessions<{ cart: string }>(first.sso)
  const desk = webSessions<{ ticket: number }>(second.sso, { cookie: { name: '__Host-desk' } })
  const app = fastify()
  await app.register(sojournSession(shop))
  await app.register(sojournSession(desk))
  app.get('/', async (request) => {
    const seen = [shop.of(request).get('cart'), desk.of(request).get('ticket')]
    shop.of(request).set('cart', 'tea')
    desk.of(request).set('ticket', 7)
    return [...seen, Reflect.get(request, 'session') === desk.of(request)]
  })
  const answer = await app.inject('/')
  const cookies = answer.cookies.map(({ name, value }) => [name, value] as const)
  expect([answer.json(), cookies.map(([name]) => name).sort()]).toEqual([
    [null, null, true],
    ['desk', 'sojourn'],
  ])
  expect((await app.inject({ url: '/', cookies: Object.fromEntries(cookies) })).json()).toEqual(['tea', 7, true])
  await app.close()
})

// Is a session that its handler reads itself read once, and is its token left as it is where the response has begun?
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { Hono } from 'hono'
import { sojournSession as forHono } from 'sojourn/hono'
import { sojournSession } from 'sojourn/node'
import { webSessions } from 'sojourn/web'
import { expect, test } from 'vitest'
import { openHost } from '../web/support/host.ts'

test('a session that two ask for at once is read once', async () => {
  const { sso, calls } = await openHost()
  const web = webSessions(sso)
  const { token } = await sso.sessions.start({ principal: 'anna' })
  calls.length = 0
  const app = new Hono()
  app.use(forHono(web, { lazy: true }))
  app.get('/', async (c) => {
    await Promise.all([web.of(c).load(), web.of(c).load()])
    return c.text(web.of(c).userId ?? 'nobody')
  })
  const answer = await app.request('https://shop.example/', { headers: { cookie: `__Host-sojourn=${token}` } })
  expect([await answer.text(), calls]).toEqual(['anna', ['load']])
})

test('a session that is read after the first byte, when its browser can be given no new token, keeps the one it has', async () => {
  const { sso, time } = await openHost({ policy: { renewalTimeout: 60 } })
  const web = webSessions(sso)
  const rotated: unknown[] = []
  sso.on('session.rotated', (event) => rotated.push(event))
  const issuing = await web.load(new Request('http://127.0.0.1/'))
  const key = issuing.securityKey()
  const [line] = (await web.commit(issuing, new Response())).headers.getSetCookie()
  const server = createServer(
    sojournSession(web, { lazy: true })(async ({ session }, response) => {
      response.write('begun;')
      await session.load()
      response.end(JSON.stringify((await session.validateSecurityKey(key)) ?? 'refused'))
    }),
  )
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  time.now += 60_000
  const headers = { cookie: line?.split(';')[0] ?? '' }
  const answer = await fetch(`http://127.0.0.1:${(server.address() as AddressInfo).port}`, { headers })
  expect([await answer.text(), rotated]).toEqual(['begun;{}', []])
  server.closeAllConnections()
  server.close()
})

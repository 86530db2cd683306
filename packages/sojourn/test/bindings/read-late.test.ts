// Does a session that is read when its response has begun leave the browser's token as it is?
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { sojournSession } from 'sojourn/node'
import { webSessions } from 'sojourn/web'
import { expect, test } from 'vitest'
import { openHost } from '../web/support/host.ts'

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

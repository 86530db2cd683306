// Does a session go with a response that other middleware has wrapped, before it or after it?
import { once } from 'node:events'
import { createServer } from 'node:http'
import { createRequire } from 'node:module'
import type { AddressInfo, Server } from 'node:net'
import { Readable } from 'node:stream'
import express, { type RequestHandler } from 'express'
import { sojournSession } from 'sojourn/express'
import { webSessions } from 'sojourn/web'
import { afterEach, describe, expect, test } from 'vitest'
import { openHost } from '../web/support/host.ts'

/** It has no types. */
const compression: () => RequestHandler = createRequire(import.meta.url)('compression')

const servers: Server[] = []
afterEach(() => {
  for (const server of servers.splice(0)) server.close()
})

const LINES = Array.from({ length: 3000 }, (_, at) => `${at},`.padEnd(1000, String(Math.random())))

describe.each(['before', 'after'])('with compression %s the session', (order) => {
  test.each([
    ['a stream of megabytes', '/stream', LINES.join('')],
    ['one piece', '/text', LINES.slice(0, 100).join('')],
    ['what is too short to be compressed', '/short', 'short'],
    ['pieces that wait for each other', '/drain', LINES.join('')],
  ])('%s arrives whole, and so does the cookie', async (_, path, text) => {
    const { sso } = await openHost()
    const web = webSessions<{ at: string }>(sso)
    const app = express()
    const both = [compression(), sojournSession(web)]
    for (const middleware of order === 'before' ? both : both.reverse()) app.use(middleware as RequestHandler)
    app.use((req, res, next) => {
      web.of(req).set('at', req.path)
      res.type('text')
      next()
    })
    app.get('/stream', (__, res) => void Readable.from(LINES).pipe(res))
    app.get('/text', (__, res) => void res.send(text))
    app.get('/short', (__, res) => void res.send(text))
    app.get('/drain', async (__, res) => {
      for (const line of LINES) if (!res.write(line)) await new Promise((resolve) => res.once('drain', () => resolve(undefined)))
      res.end()
    })
    const server = createServer(app)
    servers.push(server)
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    const answer = await fetch(`http://127.0.0.1:${(server.address() as AddressInfo).port}${path}`)
    expect(answer.headers.getSetCookie()).toHaveLength(1)
    expect(answer.headers.get('content-encoding') === null).toBe(path === '/short')
    expect(await answer.text()).toBe(text)
  })
})

// Does an application on the express-session package work with Sojourn's store?
import { createServer } from 'node:http'
import { createRequire } from 'node:module'
import type { AddressInfo } from 'node:net'
import express from 'express'
import expressSession, { Store } from 'express-session'
import { SojournStore } from 'sojourn/express-session'
import { afterEach, expect, test } from 'vitest'
import { createBrowser } from '../web/support/browser.ts'
import { openHost } from '../web/support/host.ts'

test('is a store of the package, also for those who load both by require()', async () => {
  const { sso } = await openHost()
  expect(new SojournStore(sso)).toBeInstanceOf(Store)
  const require = createRequire(import.meta.url)
  const { SojournStore: Required } = require('sojourn/express-session')
  expect(Required.prototype).toBeInstanceOf(require('express-session').Store)
})

const closing: (() => void)[] = []
afterEach(() => {
  for (const close of closing.splice(0)) close()
})

test('an application keeps its sessions, regenerates and destroys them', async () => {
  const { sso } = await openHost({ clock: Date.now })
  const app = express()
  app.use(
    expressSession({ store: new SojournStore(sso), secret: 'test', resave: false, saveUninitialized: false, rolling: true }),
  )
  app.get('/count', (req, res) => {
    Object.assign(req.session, { count: (Reflect.get(req.session, 'count') ?? 0) + 1 })
    res.json({ count: Reflect.get(req.session, 'count') })
  })
  app.get('/ended-meanwhile', async (req, res) => {
    for (const { id } of (await sso.sessions.list({ principal: null })).items) await sso.sessions.end(id)
    Object.assign(req.session, { count: 100 })
    res.json({})
  })
  app.get('/look', (req, res) => void res.json({ count: Reflect.get(req.session, 'count') ?? null }))
  app.get('/regenerate', (req, res, next) => req.session.regenerate((error) => (error ? next(error) : res.json({}))))
  app.get('/destroy', (req, res, next) => req.session.destroy((error) => (error ? next(error) : res.json({}))))
  const server = createServer(app)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  closing.push(() => server.close())
  closing.push(() => server.closeAllConnections())
  const browser = createBrowser(fetch, `http://127.0.0.1:${(server.address() as AddressInfo).port}`)
  const count = async (path: string) => ((await (await browser.send(path)).json()) as { count: number | null }).count
  expect([await count('/count'), await count('/count'), await count('/look')]).toEqual([1, 2, 2])
  const old = browser.cookie()
  await browser.send('/regenerate')
  expect(await count('/look')).toBeNull()
  expect(await count('/count')).toBe(1)
  const stale = await browser.send('/look', { headers: { cookie: old } })
  expect(await stale.json()).toEqual({ count: null })
  await browser.send('/ended-meanwhile')
  expect(await count('/look')).toBeNull()
  await browser.send('/count')
  await browser.send('/destroy')
  expect(await count('/look')).toBeNull()
})

// How does the shop run on Express, of either version?
import { createServer } from 'node:http'
import { Readable } from 'node:stream'
import express from 'express'
import { sojournSession } from 'sojourn/express'
import { ACTIONS, act, listening, loadLate, type Running, refusal, type ServerOptions, type ShopWeb } from './shop.ts'

/** Starts it. */
export function expressShop(create: typeof express, web: ShopWeb, { lazy, passive, onError }: ServerOptions): Promise<Running> {
  const app = create()
  app.use(express.urlencoded({ extended: false }), express.json())
  app.disable('x-powered-by')
  app.use(sojournSession(web, { lazy, onError, passive }))
  app.get('/do/:name', (req, res) => void res.json(act(web.of(req), req.params.name)))
  app.get('/property', (req, res) => void res.json({ same: Object.is(Reflect.get(req, 'session'), web.of(req)) }))
  app.get('/redirect', (req, res) => {
    ACTIONS['add']?.(web.of(req))
    res.redirect('/elsewhere')
  })
  app.get('/stream', (req, res) => {
    ACTIONS['add']?.(web.of(req))
    Readable.from(Array.from({ length: 300 }, (_, at) => `${at},`.padEnd(1000, '.'))).pipe(res)
  })
  app.get('/refuse', () => {
    throw refusal()
  })
  app.get('/throw', (req) => {
    ACTIONS['add']?.(web.of(req))
    throw new Error('broken')
  })
  app.get('/raw', (req, res) => {
    ACTIONS['add']?.(web.of(req))
    res.writeHead(201, 'Made', ['Set-Cookie', 'own=1', 'X-Own', 'yes'])
    res.end('raw')
  })
  app.get('/headers', (req, res) => {
    ACTIONS['add']?.(web.of(req))
    res.append('set-cookie', 'own=1').set('x-own', 'yes').status(201).send('own')
  })
  app.get('/unchanged', (req, res) => {
    ACTIONS['add']?.(web.of(req))
    res.status(304).end()
  })
  app.get('/late', (req, res) => {
    res.write('begun;')
    try {
      web.of(req).set('user', 'late')
    } catch (error) {
      res.write(String(Reflect.get(Object(error), 'code')))
    }
    res.end()
  })
  app.get('/late-load', async (req, res) => {
    res.write('begun;')
    res.end(await loadLate(web.of(req)))
  })
  app.get('/load', async (req, res) => {
    await web.of(req).load()
    res.json(act(web.of(req), 'add'))
  })
  app.post('/form', web.csrf(), (_req, res) => void res.json({ accepted: true }))
  return listening(createServer(app))
}

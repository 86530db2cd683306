// Are entries and users typed everywhere without a declaration of the application's own?
import { createServer, type IncomingMessage } from 'node:http'
import { createServer as createHttp2, createSecureServer as createSecureHttp2 } from 'node:http2'
import type { RequestHandler } from 'express'
import type { preHandlerHookHandler } from 'fastify'
import { Hono, type MiddlewareHandler } from 'hono'
import { createSojourn } from 'sojourn'
import { sojournSession as expressSession } from 'sojourn/express'
import { sojournSession as honoSession } from 'sojourn/hono'
import { memoryStore } from 'sojourn/memory'
import { sojournSession as nodeSession } from 'sojourn/node'
import { type WebSession, type WebSessions, webSessions } from 'sojourn/web'
import { expectTypeOf, test } from 'vitest'

interface Shop {
  cart: string[]
  language: 'de' | 'en'
  visits?: number
}

const open = async () => webSessions<Shop, { name: string }>(await createSojourn({ store: memoryStore() }))
type Web = Awaited<ReturnType<typeof open>>
type Session = WebSession<Shop, { name: string }>

test('entries have the types that were declared once', () => {
  expectTypeOf<Web>().toEqualTypeOf<WebSessions<Shop, { name: string }>>()
  expectTypeOf<ReturnType<Web['of']>>().toEqualTypeOf<Session>()
  expectTypeOf<Session['user']>().toEqualTypeOf<{ name: string } | undefined>()
  const check = (session: Session) => {
    expectTypeOf(session.get('cart')).toEqualTypeOf<string[] | undefined>()
    expectTypeOf(session.get('cart', [])).toEqualTypeOf<string[] | never[]>()
    expectTypeOf(session.require('language')).toEqualTypeOf<'de' | 'en'>()
    expectTypeOf(session.pop('language', null)).toEqualTypeOf<'de' | 'en' | null>()
    session.change('cart', (old) => [...(old ?? []), 'tea'])
    // @ts-expect-error no such entry
    session.get('card')
    // @ts-expect-error not a value of this entry
    session.set('language', 'fr')
    // @ts-expect-error not a value of this entry
    session.merge({ cart: [1] })
    // @ts-expect-error the token is nowhere to be had
    expectTypeOf(session.token)
  }
  expectTypeOf(check).toBeFunction()
})

test('without a declaration any entry goes, as unknown', () => {
  expectTypeOf<ReturnType<WebSession['get']>>().toEqualTypeOf<unknown>()
  expectTypeOf<WebSession['user']>().toEqualTypeOf<unknown>()
})

test('the bindings fit their frameworks, and hand the types on', () => {
  const express = (web: Web): RequestHandler[] => [expressSession(web), web.csrf()]
  const fastify = (web: Web): preHandlerHookHandler => web.csrf()
  const hono = (web: Web) => {
    const guard: MiddlewareHandler = web.csrf()
    return new Hono().use(honoSession(web)).get('/', guard, (c) => {
      expectTypeOf(c.get('session')).toEqualTypeOf<Session>()
      return c.text('')
    })
  }
  const node = (web: Web) =>
    nodeSession(web)((request) => {
      expectTypeOf(request).toExtend<IncomingMessage>()
      expectTypeOf(request.session).toEqualTypeOf<Session>()
    })
  const servers = (web: Web) => [
    createServer(node(web)),
    createHttp2(node(web)),
    createSecureHttp2({ allowHTTP1: true }, node(web)),
  ]
  for (const each of [express, fastify, hono, node, servers]) expectTypeOf(each).toBeFunction()
})

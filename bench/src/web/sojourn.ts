// How does Sojourn serve the two answers, on each framework?
import { join } from 'node:path'
import { createSojourn } from 'sojourn'
import { sojournSession as expressSession } from 'sojourn/express'
import { sojournSession as fastifySession } from 'sojourn/fastify'
import { sojournSession as honoSession } from 'sojourn/hono'
import { memoryStore } from 'sojourn/memory'
import { sojournSession as nodeSession } from 'sojourn/node'
import { type RedisStoreOptions, redisStore } from 'sojourn/redis'
import { sqliteStore } from 'sojourn/sqlite'
import { type WebSessions, webSessions } from 'sojourn/web'
import type { StoreOption } from '../stores/subject.ts'
import { type Entries, type Framework, type Serve, START } from './contestant.ts'
import { type Actions, type Exchange, httpHandler, onExpress, onFastify, onHono, onHttp } from './on-framework.ts'
import { openRedis } from './redis-peers.ts'

/** A store, and what is to be let go of after it. */
interface Opened {
  readonly store: StoreOption
  readonly close?: () => Promise<void>
}

const STORES = {
  memory: async (): Promise<Opened> => ({ store: memoryStore() }),
  SQLite: async (folder: string): Promise<Opened> => ({ store: sqliteStore(join(folder, 'sessions.db')) }),
  Redis: () => inRedis({}),
  'cached Redis': () => inRedis({ cache: {} }),
}

/** Where sessions are kept. */
export type Kept = keyof typeof STORES

async function inRedis(options: Pick<RedisStoreOptions, 'cache'>): Promise<Opened> {
  const { client, close } = await openRedis()
  return { store: { sessions: redisStore({ client, ...options }), directory: memoryStore().directory }, close }
}

function actionsOf(web: WebSessions<Entries>, userId: string): Actions<object> {
  return {
    login(carrier) {
      web.of(carrier).login(userId)
      web.of(carrier).merge(START)
      return 'welcome'
    },
    read: (carrier) => web.of(carrier).require('name'),
    write(carrier) {
      const session = web.of(carrier)
      session.set('count', session.require('count') + 1)
      return session.require('name')
    },
  }
}

/** Sojourn as an application opens it, with everything at its default. */
export function sojournServer(framework: Framework, kept: Kept): Serve {
  return async (folder) => {
    const opened = await STORES[kept](folder)
    const sso = await createSojourn({ store: opened.store })
    const web = webSessions<Entries>(sso)
    const data = { username: 'ada', password: 'correct-horse-battery-staple' }
    const actions = actionsOf(web, await sso.user.createUser({ data, requireSuperUser: false, autoApprove: true }))
    const ofRequest = (act: Actions<object>['read']) => (exchange: Exchange) => act(exchange.request)
    const close = async () => {
      await sso.close()
      await opened.close?.()
    }
    switch (framework) {
      case 'http': {
        const { login, read, write } = actions
        const listener = httpHandler({ login: ofRequest(login), read: ofRequest(read), write: ofRequest(write) })
        return onHttp(nodeSession(web)(listener), close)
      }
      case 'fastify':
        return onFastify(actions, async (app) => void (await app.register(fastifySession(web))), close)
      case 'hono':
        return onHono(actions, (app) => void app.use(honoSession(web)), close)
      case 'express':
        return onExpress(actions, (app) => void app.use(expressSession(web)), close)
    }
  }
}

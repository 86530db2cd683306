// How does Sojourn serve the two answers, on each framework?
import { join } from 'node:path'
import { createSojourn } from 'sojourn'
import { sojournSession as expressSession } from 'sojourn/express'
import { sojournSession as fastifySession } from 'sojourn/fastify'
import { sojournSession as honoSession } from 'sojourn/hono'
import { memoryStore } from 'sojourn/memory'
import { sojournSession as nodeSession } from 'sojourn/node'
import { sqliteStore } from 'sojourn/sqlite'
import { type WebSessions, webSessions } from 'sojourn/web'
import { type Entries, type Framework, type Serve, START } from './contestant.ts'
import { type Actions, type Exchange, httpHandler, onExpress, onFastify, onHono, onHttp } from './on-framework.ts'

const STORES = { memory: () => memoryStore(), SQLite: (folder: string) => sqliteStore(join(folder, 'sessions.db')) }

/** Where sessions are kept. */
export type Kept = keyof typeof STORES

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
    const sso = await createSojourn({ store: STORES[kept](folder) })
    const web = webSessions<Entries>(sso)
    const data = { username: 'ada', password: 'correct-horse-battery-staple' }
    const actions = actionsOf(web, await sso.user.createUser({ data, requireSuperUser: false, autoApprove: true }))
    const ofRequest = (act: Actions<object>['read']) => (exchange: Exchange) => act(exchange.request)
    const close = () => sso.close()
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

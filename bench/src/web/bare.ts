// What do the frameworks cost by themselves?
import type { Framework, Serve } from './contestant.ts'
import { BARE, httpHandler, onExpress, onFastify, onHono, onHttp } from './on-framework.ts'

export const BARE_SERVERS: Record<Framework, Serve> = {
  http: async () => onHttp(httpHandler(BARE)),
  fastify: () => onFastify(BARE),
  hono: async () => onHono(BARE),
  express: async () => onExpress(BARE),
}

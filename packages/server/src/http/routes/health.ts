// Does the server run, and can it work?
import type { HealthAnswer } from 'sojourn/protocol'
import type { App } from '../application.ts'
import { at, described } from '../route-table.ts'
import { Health, ref } from '../schemas.ts'

/** Adds `GET /healthz`, which asks nobody, and `GET /readyz`, which asks the stores. */
export function addHealth(app: App, ready: () => Promise<unknown>): void {
  const ok: HealthAnswer = { status: 'ok' }

  app.route({ ...at('healthz'), schema: described('healthz', ref(Health)), handler: async () => ok })

  app.route({
    ...at('readyz'),
    schema: described('readyz', ref(Health)),
    handler: async () => {
      await ready()
      return ok
    },
  })
}

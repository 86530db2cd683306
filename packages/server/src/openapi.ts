// How does the server describe itself?
import swagger from '@fastify/swagger'
import type { App } from './application.ts'
import { VERSION } from './version.ts'

/** Serves the OpenAPI 3.1 document of all routes that are added after this. */
export async function addOpenApi(app: App): Promise<void> {
  await app.register(swagger, {
    openapi: {
      openapi: '3.1.0',
      info: {
        title: 'Sojourn',
        version: VERSION,
        description: 'Sessions and single sign-on: log in, and keep named values with the session.',
        license: { name: 'MIT', identifier: 'MIT' },
      },
      servers: [{ url: '/' }],
      tags: [
        { name: 'Sessions', description: 'Log in, look at sessions, end them.' },
        { name: 'Attributes', description: 'Named values of a session, each optionally sealed and optionally expiring.' },
        { name: 'Health', description: 'Whether the server runs and can work.' },
      ],
      components: {
        securitySchemes: { bearer: { type: 'http', scheme: 'bearer', description: 'The `ust` that login answers.' } },
      },
    },
    refResolver: {
      buildLocalReference: (json, _base, _fragment, index) => (typeof json['$id'] === 'string' ? json['$id'] : `def-${index}`),
    },
  })
  app.get('/openapi.json', { schema: { hide: true } }, async () => app.swagger())
}

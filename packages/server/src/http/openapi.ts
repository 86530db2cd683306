// How does the server describe itself?
import swagger from '@fastify/swagger'
import { APP_PATTERN, REQUEST_ID_PATTERN } from 'sojourn/protocol'
import { Type } from 'typebox'
import { VERSION } from '../version.ts'
import type { App } from './application.ts'

const requestId = Type.Optional(
  Type.String({
    pattern: REQUEST_ID_PATTERN.source,
    description: 'The correlation id, in and out. Without it the server makes one.',
  }),
)
const app = Type.Optional(
  Type.String({ pattern: APP_PATTERN.source, description: "The application that calls. Without it: the first of the server's." }),
)

// Described only: whoever reads them checks them, before a route is chosen.
const REQUEST_ID = Type.Object({ 'X-Request-Id': requestId })
const CALLER_HEADERS = Type.Object({ 'X-Sojourn-App': app, 'X-Request-Id': requestId })

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
    transform: ({ schema, url }) => ({
      schema: { ...schema, headers: url.startsWith('/v1/') ? CALLER_HEADERS : REQUEST_ID },
      url,
    }),
    refResolver: {
      buildLocalReference: (json, _base, _fragment, index) => (typeof json['$id'] === 'string' ? json['$id'] : `def-${index}`),
    },
  })
  app.get('/openapi.json', { schema: { hide: true } }, async () => app.swagger())
}

// How does a row of the protocol's table become a route of the server?
import { ERRORS } from 'sojourn'
import { errorsOf, HTTP_ERRORS, PROBLEM_TYPE, ROUTES, type Route, type RouteName } from 'sojourn/protocol'
import { type TSchema, Type } from 'typebox'
import { Problem, ref } from './schemas.ts'

/** Where a call is served: its method, and its path in the router's form. */
export function at(name: RouteName): { readonly method: Route['method']; readonly url: string } {
  const { method, path } = ROUTES[name]
  return { method, url: path.replaceAll(/\{(\w+)\}/g, ':$1') }
}

/** What the OpenAPI document says about a call beside what it takes. */
export function described(name: RouteName, answer?: TSchema) {
  const route: Route = ROUTES[name]
  const success =
    answer === undefined
      ? Type.Null({ description: 'Done.' })
      : { description: 'Done.', content: { 'application/json': { schema: answer } } }
  return {
    operationId: name,
    summary: `${route.summary}.`,
    tags: [tagOf(route.path)],
    security: route.auth === 'bearer' ? [{ bearer: [] }] : [],
    response: { [route.status]: success, ...problems(route) },
  }
}

/** The methods that a path knows; none where there is no such path. */
export function allowedMethods(url: string): readonly string[] {
  const path = url.split('?', 1)[0] ?? ''
  const methods = Object.values(ROUTES)
    .filter((route) => new RegExp(`^${route.path.replaceAll(/\{\w+\}/g, '[^/]+')}$`).test(path))
    .flatMap(({ method }) => (method === 'GET' ? ['GET', 'HEAD'] : [method]))
  return path === '/openapi.json' ? ['GET', 'HEAD'] : methods
}

function problems(route: Route) {
  const found = errorsOf(route).map((code) => [statusOf(code), code] as const)
  // A session in the path that is gone is 404: 401 would be about the caller's own.
  const gone = route.path.includes('{id}') ? [[404, 'ERR_SESSION_ENDED'] as const] : []
  const all = [...found, ...gone, [405, 'ERR_METHOD_REFUSED'] as const]
  return Object.fromEntries(
    [...Map.groupBy(all, ([status]) => status)].map(([status, rows]) => [
      status,
      { description: rows.map(([, code]) => code).join(', '), content: { [PROBLEM_TYPE]: { schema: ref(Problem) } } },
    ]),
  )
}

function statusOf(code: keyof typeof ERRORS | keyof typeof HTTP_ERRORS): number {
  const table: Readonly<Record<string, { readonly status: number }>> = { ...ERRORS, ...HTTP_ERRORS }
  return table[code]?.status ?? 500
}

function tagOf(path: string): string {
  if (path.includes('/attributes')) return 'Attributes'
  return path.startsWith('/v1/') ? 'Sessions' : 'Health'
}

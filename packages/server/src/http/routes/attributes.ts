// How are the attributes of a session read and written over HTTP?
import type { FastifyReply, FastifyRequest } from 'fastify'
import { type Attribute, type Attributes, isSojournError, type Sojourn, SojournError } from 'sojourn'
import {
  type AttributeChangeBody as AttributeChangeShape,
  type AttributeBody as AttributeShape,
  type AttributesBody as AttributesShape,
  type AttributesWritten,
  fromWire,
  type NamedAttributeAnswer,
  type RouteName,
} from 'sojourn/protocol'
import { type TObject, Type } from 'typebox'
import type { App } from '../application.ts'
import { sendError } from '../errors.ts'
import { requireToken } from '../require-token.ts'
import { at, described } from '../route-table.ts'
import * as schemas from '../schemas.ts'
import { answerTargetErrors, SessionPath, sessionIdOf } from '../session-target.ts'
import { attributeAnswer, attributesAnswer } from '../wire.ts'

/** What a session may hold is 1 MiB; escapes make it longer on the way. */
const BODY_LIMIT = 4 * 1024 * 1024

const WriteBody = Type.Union([schemas.ref(schemas.AttributeBody), schemas.ref(schemas.AttributesBody)])
const Name = Type.String({ minLength: 1, description: 'The name, percent-encoded.' })
const Query = Type.Object(
  {
    name: Type.Optional(
      Type.Unsafe<string | string[]>({
        type: ['string', 'array'],
        items: { type: 'string' },
        maxItems: 2000,
        description: 'Once for each attribute wanted. Without it: all.',
      }),
    ),
  },
  { additionalProperties: false },
)

/** Where attributes are: the names of their routes, what their paths hold, and how a request leads to them. */
interface Place {
  readonly routes: Readonly<Record<'create' | 'update' | 'set' | 'getMany' | 'get' | 'updateOne' | 'delete', RouteName>>
  readonly params: TObject
  readonly namedParams: TObject<{ name: typeof Name }>
  errorHandler(error: unknown, request: FastifyRequest, reply: FastifyReply): FastifyReply | Promise<FastifyReply>
  attributes(request: FastifyRequest): Promise<Attributes>
}

/** Adds `/v1/session/attributes` and `/v1/sessions/{id}/attributes`, with and without a name. */
export function addAttributes(app: App, sso: Sojourn): void {
  addPlace(app, {
    routes: {
      create: 'createAttributes',
      update: 'updateAttributes',
      set: 'setAttributes',
      getMany: 'getAttributes',
      get: 'getAttribute',
      updateOne: 'updateAttribute',
      delete: 'deleteAttribute',
    },
    params: Type.Object({}),
    namedParams: Type.Object({ name: Name }),
    errorHandler: sendError,
    attributes: async ({ caller }) => (await sso.user.session.getCurrentSession(caller)).attr,
  })

  addPlace(app, {
    routes: {
      create: 'createAttributesById',
      update: 'updateAttributesById',
      set: 'setAttributesById',
      getMany: 'getAttributesById',
      get: 'getAttributeById',
      updateOne: 'updateAttributeById',
      delete: 'deleteAttributeById',
    },
    params: SessionPath,
    namedParams: Type.Object({ ...SessionPath.properties, name: Name }),
    errorHandler: answerTargetErrors(sso),
    attributes: async ({ caller, params }) => (await sso.user.session.get({ ...caller, id: sessionIdOf(params) })).attr,
  })
}

function addPlace(app: App, { routes, params, namedParams, errorHandler, attributes }: Place): void {
  const common = { onRequest: requireToken, errorHandler, bodyLimit: BODY_LIMIT }
  const written = schemas.ref(schemas.AttributesWritten)

  app.route({
    ...at(routes.create),
    ...common,
    schema: { ...described(routes.create, written), params, body: WriteBody },
    handler: async (request, reply) => {
      const { body } = request
      await write(await attributes(request), 'create', body)
      return reply.status(201).send(namesOf(body))
    },
  })

  app.route({
    ...at(routes.update),
    ...common,
    schema: { ...described(routes.update, written), params, body: WriteBody },
    handler: async (request) => {
      const { body } = request
      await write(await attributes(request), 'update', body)
      return namesOf(body)
    },
  })

  app.route({
    ...at(routes.set),
    ...common,
    schema: { ...described(routes.set, written), params, body: WriteBody },
    handler: async (request) => {
      const { body } = request
      await write(await attributes(request), 'set', body)
      return namesOf(body)
    },
  })

  app.route({
    ...at(routes.getMany),
    ...common,
    schema: { ...described(routes.getMany, schemas.ref(schemas.Attributes)), params, querystring: Query },
    handler: async (request) => {
      const { name } = request.query
      const attr = await attributes(request)
      if (name === undefined) return attributesAnswer(Object.entries(await attr.toDict()))
      return attributesAnswer(await readNamed(attr, [...new Set([name].flat())]))
    },
  })

  app.route({
    ...at(routes.get),
    ...common,
    schema: { ...described(routes.get, schemas.ref(schemas.NamedAttribute)), params: namedParams },
    handler: async (request): Promise<NamedAttributeAnswer> => {
      const { name } = request.params
      const found = await (await attributes(request)).get(name)
      if (found === undefined) throw missing(name)
      return { name, ...attributeAnswer(found) }
    },
  })

  app.route({
    ...at(routes.updateOne),
    ...common,
    schema: { ...described(routes.updateOne, written), params: namedParams, body: schemas.ref(schemas.AttributeChangeBody) },
    handler: async (request) => {
      const { name } = request.params
      await change(await attributes(request), name, request.body)
      return { names: [name] }
    },
  })

  app.route({
    ...at(routes.delete),
    ...common,
    schema: { ...described(routes.delete), params: namedParams },
    handler: async (request, reply) => {
      await (await attributes(request)).delete(request.params.name)
      return reply.status(204).send()
    },
  })
}

/** Writes one attribute or several. One is written by itself, so that an error names its field as the body does. */
async function write(attr: Attributes, verb: 'create' | 'update' | 'set', body: AttributeShape | AttributesShape): Promise<void> {
  if (!('items' in body)) {
    const { name, value, ...options } = body
    if (verb === 'create') return attr.create(name, fromWire(value), options)
    return verb === 'update' ? attr.update(name, fromWire(value), options) : attr.set(name, fromWire(value), options)
  }
  const { items, ...options } = body
  const read = items.map((item, at) => ({ ...item, value: fromWire(item.value, `items[${at}].value`) }))
  return attr[`${verb}Many`](read, options)
}

/** Reads the attributes named in a query, where each name is called `name` whatever its place. */
async function readNamed(attr: Attributes, names: readonly string[]): Promise<ReadonlyMap<string, Attribute | undefined>> {
  try {
    return await attr.getMany(names)
  } catch (error) {
    if (!isSojournError(error, 'ERR_OPTION_INVALID')) throw error
    const errors = error.errors.map(({ reason }) => ({ field: 'name', reason }))
    throw new SojournError(error.code, `\`name\` ${errors[0]?.reason ?? 'is not valid'}.`, { errors, cause: error })
  }
}

/** Changes the value, its expiry, its sealing, or several of them; whatever is not named stays. */
async function change(attr: Attributes, name: string, { value, ...options }: AttributeChangeShape): Promise<void> {
  if (value !== undefined) return attr.update(name, fromWire(value), options)
  if (options.encrypt === undefined && options.expiration !== undefined) return attr.setExpiry(name, options.expiration)
  return attr.update(name, (old) => old, options)
}

function namesOf(body: AttributeShape | AttributesShape): AttributesWritten {
  return { names: 'items' in body ? body.items.map(({ name }) => name) : [body.name] }
}

function missing(name: string): SojournError {
  return new SojournError('ERR_ATTRIBUTE_MISSING', 'There is no such attribute.', { names: [name] })
}

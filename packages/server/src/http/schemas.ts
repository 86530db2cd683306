// Which JSON do requests hold and answers promise? The shapes of `sojourn/protocol` as JSON Schema.
import type {
  AttributeBody as AttributeBodyShape,
  AttributeChangeBody as AttributeChangeBodyShape,
  AttributeAnswer as AttributeShape,
  AttributesBody as AttributesBodyShape,
  AttributesAnswer as AttributesShape,
  AttributesWritten as AttributesWrittenShape,
  HealthAnswer as HealthShape,
  LoginBody as LoginBodyShape,
  LoginAnswer as LoginShape,
  NamedAttributeAnswer as NamedAttributeShape,
  Problem as ProblemShape,
  RenewAnswer as RenewShape,
  SessionAnswer as SessionShape,
  SessionsAnswer as SessionsShape,
} from 'sojourn/protocol'
import { type Static, type TSchema, Type } from 'typebox'

/** The most characters of a user name, a password or a code that are looked at; longer ones are refused unread. */
const MOST_CHARACTERS = 1024

/** Later instants have no four-digit year, and no place in a `date-time` (RFC 3339). Unit: seconds (6,337 years). */
const MOST_EXPIRATION = 200_000_000_000

/** The most items of one call: what a session may hold. */
const MOST_ITEMS = 2000

const closed = { additionalProperties: false }
const text = (description?: string) => Type.String(description === undefined ? {} : { description })
const input = (description?: string) =>
  Type.String({ minLength: 1, maxLength: MOST_CHARACTERS, ...(description !== undefined && { description }) })
const instant = () => Type.String({ format: 'date-time', description: 'An instant: ISO 8601 in UTC.' })
const nullable = <S extends TSchema>(schema: S) => Type.Union([schema, Type.Null()])
const value = () =>
  Type.Unknown({ description: 'JSON; { "$type": NAME, "value": ... } stands for Date, Map, Set, bigint, Uint8Array and URL.' })

/** A schema under a name, held against the shape that server and client agreed on. */
function named<Shape>() {
  return <S extends TSchema>(
    $id: string,
    schema: S & (Static<S> extends Shape ? (keyof Shape extends keyof Static<S> ? unknown : never) : never),
  ): S & { readonly $id: string } => Object.assign(schema, { $id })
}

/** A reference to a named schema, typed as what it names. */
export function ref<S extends TSchema & { readonly $id: string }>(schema: S) {
  return Type.Unsafe<Static<S>>(Type.Ref(schema.$id))
}

const options = {
  expiration: Type.Optional(
    Type.Unsafe<number | null>({
      type: ['number', 'null'],
      exclusiveMinimum: 0,
      maximum: MOST_EXPIRATION,
      description: 'Seconds from now; null for never; omitted keeps what is there.',
    }),
  ),
  encrypt: Type.Optional(Type.Boolean({ description: 'Whether to seal the value; omitted keeps what is there.' })),
}

export const LoginBody = named<LoginBodyShape>()(
  'LoginBody',
  Type.Object(
    {
      username: input(),
      password: input(),
      totpCode: Type.Optional(input()),
      newPassword: Type.Optional(input('Replaces a password that expired or must be changed.')),
    },
    closed,
  ),
)

export const AttributeBody = named<AttributeBodyShape>()(
  'AttributeBody',
  Type.Object({ name: Type.String(), value: value(), ...options }, closed),
)

const AttributeItem = named<AttributeBodyShape>()(
  'AttributeItem',
  Type.Object({ name: Type.String(), value: value(), ...options }, closed),
)

export const AttributesBody = named<AttributesBodyShape>()(
  'AttributesBody',
  Type.Object({ items: Type.Array(ref(AttributeItem), { minItems: 1, maxItems: MOST_ITEMS }), ...options }, closed),
)

export const AttributeChangeBody = named<AttributeChangeBodyShape>()(
  'AttributeChangeBody',
  Type.Object({ value: Type.Optional(value()), ...options }, { ...closed, minProperties: 1 }),
)

export const Login = named<LoginShape>()(
  'Login',
  Type.Object({
    ust: text('The token. No other answer holds it.'),
    userId: text(),
    username: text(),
    creationTime: instant(),
    expirationTime: instant(),
    warnings: Type.Array(text('A sub-status code, such as W003005: the password is about to expire.')),
  }),
)

const session = {
  id: text('The public id of the session, safe to log.'),
  userId: nullable(text()),
  username: nullable(text()),
  creationTime: instant(),
  expirationTime: instant(),
  remoteAddr: text(),
  userAgent: text(),
}

export const Session = named<SessionShape>()('Session', Type.Object(session))

export const Renewal = named<RenewShape>()('Renewal', Type.Object({ expirationTime: instant() }))

export const Sessions = named<SessionsShape>()(
  'Sessions',
  Type.Object({
    items: Type.Array(
      Type.Object({
        ...session,
        authType: text(),
        authPrincipal: nullable(text()),
        sessionStateChangeList: Type.Array(
          Type.Object({ remoteAddr: text(), userAgent: text(), timestampUtc: instant(), ctxSource: text() }),
        ),
      }),
    ),
    next: nullable(text('Where to go on: the next call’s `after`. null is the end.')),
  }),
)

const attribute = {
  value: value(),
  creationTime: instant(),
  lastModified: instant(),
  expirationTime: nullable(instant()),
  isEncrypted: Type.Boolean(),
}

const Attribute = named<AttributeShape>()('Attribute', Type.Object(attribute))

export const NamedAttribute = named<NamedAttributeShape>()('NamedAttribute', Type.Object({ name: text(), ...attribute }))

export const Attributes = named<AttributesShape>()(
  'Attributes',
  Type.Object({ attributes: Type.Record(Type.String(), nullable(ref(Attribute))) }),
)

export const AttributesWritten = named<AttributesWrittenShape>()('AttributesWritten', Type.Object({ names: Type.Array(text()) }))

export const Health = named<HealthShape>()('Health', Type.Object({ status: Type.Literal('ok') }))

export const Problem = named<Omit<ProblemShape, 'code' | 'applied'>>()(
  'Problem',
  Type.Object({
    type: text(),
    title: text(),
    status: Type.Integer(),
    detail: text(),
    code: text('Stable, for programs: one of the codes that start with ERR_.'),
    fix: text('What to do about it.'),
    subStatus: Type.Array(text()),
    cid: text('The correlation id of the call.'),
    errors: Type.Array(Type.Object({ field: text(), reason: text() })),
    names: Type.Optional(Type.Array(text())),
    applied: Type.Optional(Type.Union([Type.Literal('no'), Type.Literal('unknown')])),
  }),
)

/** All of them, to be registered under their names. */
export const SCHEMAS = [
  LoginBody,
  AttributeBody,
  AttributeItem,
  AttributesBody,
  AttributeChangeBody,
  Login,
  Session,
  Renewal,
  Sessions,
  Attribute,
  NamedAttribute,
  Attributes,
  AttributesWritten,
  Health,
  Problem,
] as const

// How does an application declare its attributes: their types, validation, and defaults for sealing and expiry?

import { hasNames, refuseUnknown, requirePositive } from '../check.ts'
import { invalidOption, SojournError } from '../error.ts'
import type { Seconds } from '../time.ts'
import { requireName } from './names.ts'

/** What a Standard Schema answers: the value, or what is wrong with it. */
export type StandardResult<Output> =
  | { readonly value: Output; readonly issues?: undefined }
  | {
      readonly issues: readonly {
        readonly message: string
        readonly path?: readonly (PropertyKey | { readonly key: PropertyKey })[] | undefined
      }[]
    }

/**
 * A schema of any library that follows Standard Schema version 1, by its shape alone.
 *
 * @see https://standardschema.dev
 */
export interface StandardSchema<Output = unknown> {
  readonly '~standard': {
    readonly version: 1
    readonly vendor: string
    readonly validate: (value: unknown) => StandardResult<Output> | Promise<StandardResult<Output>>
    readonly types?: { readonly input: unknown; readonly output: Output } | undefined
  }
}

/** Defaults of a declared attribute; a call's own `encrypt` and `expiration` go first. */
export interface AttributeDefaults {
  /** Whether it is sealed. Default: `false`. */
  readonly encrypt?: boolean
  /** How long it lives from each `create` or `set`. Unit: seconds. Default: as long as its session or user. */
  readonly expiration?: Seconds
}

/** A declared attribute; made by {@link attribute}. */
export interface AttributeDefinition<Value = unknown> {
  readonly schema: StandardSchema<Value>
  readonly encrypt: boolean
  readonly expiration: Seconds | undefined
}

/** Declared attributes by name. Names that are not declared stay allowed, as `unknown`. */
export type AttributeSchema = Readonly<Record<string, AttributeDefinition>>

/** The type of the value under a name. */
export type ValueOf<S extends AttributeSchema, N extends string> = N extends keyof S
  ? S[N] extends AttributeDefinition<infer Value>
    ? Value
    : unknown
  : unknown

/**
 * Declares an attribute for `createSojourn({ attributes })`.
 *
 * @param schema checks (and may transform) every value that is stored.
 * @throws {SojournError} `ERR_OPTION_INVALID`
 */
export function attribute<Value>(schema: StandardSchema<Value>, defaults: AttributeDefaults = {}): AttributeDefinition<Value> {
  if (typeof schema?.['~standard']?.validate !== 'function') throw invalidOption('schema', 'is not a Standard Schema')
  refuseUnknown('attribute', defaults, ['encrypt', 'expiration'])
  const { encrypt = false, expiration } = defaults
  if (typeof encrypt !== 'boolean') throw invalidOption('encrypt', 'must be true or false')
  if (expiration !== undefined) requirePositive('expiration', expiration)
  return { schema, encrypt, expiration }
}

/**
 * Declared attributes as they must be: each made by {@link attribute}, under a name that attributes can have.
 *
 * @throws {SojournError} `ERR_OPTION_INVALID`
 */
export function requireSchema(option: string, schema: unknown): void {
  if (schema === undefined) return
  if (!hasNames(schema)) throw invalidOption(option, 'must be an object of names and `attribute(...)`')
  for (const [name, definition] of Object.entries(schema)) {
    requireName(name, `${option}.${name}`)
    const declared: Partial<AttributeDefinition> = Object(definition)
    if (typeof declared.schema?.['~standard']?.validate !== 'function')
      throw invalidOption(`${option}.${name}`, 'must be declared with `attribute(schema)`')
  }
}

/**
 * What a schema makes of a value. Its messages are left out of the error, as some libraries quote the value in them.
 *
 * @throws {SojournError} `ERR_OPTION_INVALID`
 */
export async function validated(definition: AttributeDefinition, name: string, value: unknown): Promise<unknown> {
  return fitting(await definition.schema['~standard'].validate(value), name)
}

/**
 * What a schema answered, or its complaint as an error.
 *
 * @throws {SojournError} `ERR_OPTION_INVALID`
 */
export function fitting(result: StandardResult<unknown>, name: string): unknown {
  if (result.issues === undefined) return result.value
  const fields = result.issues.map(({ path = [] }) => [
    name,
    ...path.map((step) => String(typeof step === 'object' ? step.key : step)),
  ])
  throw new SojournError('ERR_OPTION_INVALID', `The value of \`${name}\` does not fit its schema.`, {
    errors: fields.map((field) => ({ field: field.join('.'), reason: 'does not fit the schema' })),
    names: [name],
  })
}

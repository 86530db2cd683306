// Is what a verb was given valid, and which edit does it mean?
import { hasNames, refuseUnknown, requirePositive } from '../check.ts'
import type { Edit } from '../core.ts'
import { invalidOption } from '../error.ts'
import { after } from '../session/lifetime.ts'
import type { Millis, Seconds } from '../time.ts'
import { refuseDuplicates, requireList, requireName } from './names.ts'
import { type AttributeDefinition, type AttributeSchema, validated } from './schema.ts'

/** How a value is to be kept, as checked. */
export interface CheckedOptions {
  readonly expiration: Seconds | null | undefined
  readonly encrypt: boolean | undefined
}

/** A named value with its options, as checked. */
export interface Item extends CheckedOptions {
  readonly name: string
  readonly value: unknown
}

type Put = Extract<Edit, { kind: 'put' }>

const OPTIONS = ['expiration', 'encrypt']

/** The options of a verb that stores values. */
export function readOptions(options: unknown, what = 'options'): CheckedOptions {
  refuseUnknown(what, options, OPTIONS)
  return pick(options)
}

/** The options of a verb that reads values. */
export function readDecrypt(options: unknown): boolean {
  refuseUnknown('options', options, ['decrypt'])
  const { decrypt = true }: { decrypt?: unknown } = Object(options)
  if (typeof decrypt !== 'boolean') throw invalidOption('decrypt', 'must be true or false')
  return decrypt
}

/** The items of a bulk call: their own options, else those of the call. */
export function readItems(items: unknown, options: unknown): readonly Item[] {
  const call = readOptions(options)
  const checked = requireList('items', items).map((item, at): Item => {
    const within = `items[${at}].`
    refuseUnknown(`items[${at}]`, item, ['name', 'value', ...OPTIONS], within)
    const { name, value }: { name?: unknown; value?: unknown } = Object(item)
    const own = pick(item, within)
    return {
      name: requireName(name, `${within}name`),
      value,
      expiration: own.expiration === undefined ? call.expiration : own.expiration,
      encrypt: own.encrypt ?? call.encrypt,
    }
  })
  refuseDuplicates(checked.map(({ name }) => name))
  return checked
}

/** The items of a bulk call that sets expiries. */
export function readExpiries(
  items: unknown,
  options: unknown,
): readonly { readonly name: string; readonly expiration: Seconds | null }[] {
  refuseUnknown('options', options, ['expiration'])
  const call = pick(options).expiration
  const checked = requireList('items', items).map((item, at) => {
    const within = `items[${at}].`
    refuseUnknown(`items[${at}]`, item, ['name', 'expiration'], within)
    const { name }: { name?: unknown } = Object(item)
    const own = pick(item, within).expiration
    return {
      name: requireName(name, `${within}name`),
      expiration: requireExpiration(own === undefined ? call : own, `${within}expiration`),
    }
  })
  refuseDuplicates(checked.map(({ name }) => name))
  return checked
}

function pick(options: unknown, within = ''): CheckedOptions {
  const { expiration, encrypt }: { expiration?: unknown; encrypt?: unknown } = Object(options)
  if (encrypt !== undefined && typeof encrypt !== 'boolean') throw invalidOption(`${within}encrypt`, 'must be true or false')
  return { expiration: expiration === undefined ? undefined : requireExpiration(expiration, `${within}expiration`), encrypt }
}

/** A duration from now, or `null` for ever. */
export function requireExpiration(expiration: unknown, field = 'expiration'): Seconds | null {
  return expiration === null ? null : requirePositive(field, expiration, 'number of seconds, or null for ever')
}

export function expiresAtOf(expiration: Seconds | null, now: Millis): Millis | null {
  return expiration === null ? null : after(now, expiration)
}

/** What a schema says of a name. */
export function definitionOf(schema: AttributeSchema | undefined, name: string): AttributeDefinition | undefined {
  return schema !== undefined && Object.hasOwn(schema, name) ? schema[name] : undefined
}

/** The edit that stores an item. A schema's expiry counts from each `create` and `set`, and is left alone by `update`. */
export async function toEdit(
  item: Item,
  when: 'absent' | 'present' | 'always',
  schema: AttributeSchema | undefined,
  now: Millis,
): Promise<Put> {
  const { name } = item
  const definition = definitionOf(schema, name)
  const value = definition === undefined ? item.value : await validated(definition, name, item.value)
  return { kind: 'put', name, value, when, ...kept(item, when, definition, now) }
}

/** How an item is to be kept, its schema's defaults included. */
export function kept(
  { expiration, encrypt }: CheckedOptions,
  when: 'absent' | 'present' | 'always',
  definition: AttributeDefinition | undefined,
  now: Millis,
): Pick<Put, 'encrypt' | 'expiresAt'> {
  const duration = expiration === undefined && when !== 'present' ? definition?.expiration : expiration
  return {
    encrypt: encrypt ?? (definition?.encrypt === true ? true : undefined),
    expiresAt: duration === undefined ? undefined : expiresAtOf(duration, now),
  }
}

/** The values a session is started with. */
export async function readFirst(attributes: unknown, schema: AttributeSchema | undefined, now: Millis): Promise<readonly Put[]> {
  if (!hasNames(attributes)) throw invalidOption('attributes', 'must be an object of names and values')
  const none = { expiration: undefined, encrypt: undefined }
  return Promise.all(
    Object.entries(attributes).map(([name, value]) =>
      toEdit({ name: requireName(name, 'attributes'), value, ...none }, 'absent', schema, now),
    ),
  )
}

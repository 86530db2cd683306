// How does each verb on named values become one read, or one list of edits?

import type { AttributeScope, Edit, EditResult } from '../core.ts'
import { invalidOption } from '../error.ts'
import type { Clock } from '../time.ts'
import type { Attribute, Attributes, AttributeVerb, ReadOptions } from './attributes.ts'
import type { Editor } from './edit.ts'
import type { AttributeReading } from './home.ts'
import { ATTRIBUTE_LIMITS, isReserved, requireName, requireNames } from './names.ts'
import { attributeOf, closedAttributeOf } from './reading.ts'
import { type AttributeSchema, type ValueOf, validated } from './schema.ts'
import {
  definitionOf,
  expiresAtOf,
  type Item,
  kept,
  readDecrypt,
  readExpiries,
  readItems,
  readOptions,
  requireExpiration,
  toEdit,
} from './verb-input.ts'

type When = 'absent' | 'present' | 'always'

/** The verbs on the values of a scope. */
export function createVerbs<S extends AttributeSchema>(scope: AttributeScope<S>, { apply }: Editor, clock: Clock): Attributes<S> {
  const { schema } = scope
  const edit = async (
    verb: AttributeVerb,
    names: readonly unknown[],
    edits: () => Promise<readonly Edit[]> | readonly Edit[],
  ): Promise<EditResult> => scope.run(verb, strings(names), async (home) => apply(home, await edits(), ATTRIBUTE_LIMITS))

  const storeAll = async (verb: AttributeVerb, when: When, names: readonly unknown[], items: () => readonly Item[]) => {
    await edit(verb, names, () => {
      const now = clock()
      return Promise.all(items().map((item) => toEdit(item, when, schema, now)))
    })
  }
  const store =
    (verb: AttributeVerb, when: When) =>
    (name: unknown, value: unknown, options: unknown = {}) =>
      storeAll(verb, when, [name], () => [{ name: requireName(name), value, ...readOptions(options) }])
  const storeMany =
    (verb: AttributeVerb, when: When) =>
    (items: unknown, options: unknown = {}) =>
      storeAll(verb, when, namesIn(items), () => readItems(items, options))

  const change = async (name: unknown, compute: (old: unknown) => unknown, options: unknown) => {
    await edit('update', [name], () => {
      const own = requireName(name)
      const definition = definitionOf(schema, own)
      const checked = definition === undefined ? compute : async (old: unknown) => validated(definition, own, await compute(old))
      return [
        {
          kind: 'change',
          name: own,
          change: checked,
          when: 'present',
          ...kept(readOptions(options), 'present', definition, clock()),
        },
      ]
    })
  }

  const read = <T>(verb: AttributeVerb, names: readonly unknown[], prepare: () => Question<T>): Promise<T> =>
    scope.run(verb, strings(names), async (home) => {
      const { want, answer } = prepare()
      return answer(await home.read(want, clock()))
    })
  const readMany = <T>(verb: AttributeVerb, names: unknown, prepare: () => (name: string, reading: AttributeReading) => T) =>
    read(verb, Array.isArray(names) ? names : [], () => {
      const own = requireNames(names)
      const each = prepare()
      return { want: own, answer: (reading) => new Map(own.map((name) => [name, each(name, reading)])) }
    })

  return {
    create: store('create', 'absent'),
    createMany: storeMany('createMany', 'absent'),
    set: store('set', 'always'),
    setMany: storeMany('setMany', 'always'),
    update: (name, value, options = {}) =>
      isFunction(value) ? change(name, value, options) : store('update', 'present')(name, value, options),
    updateMany: storeMany('updateMany', 'present'),
    async increment(name, by = 1) {
      const sums = await edit('increment', [name], () => {
        const own = requireName(name)
        if (typeof by !== 'number' || !Number.isFinite(by)) throw invalidOption('by', 'must be a finite number')
        const options = kept({ expiration: undefined, encrypt: undefined }, 'always', definitionOf(schema, own), clock())
        return [{ kind: 'add', name: own, by: by === 0 ? 0 : by, ...options }]
      })
      return Number(sums.get(name))
    },
    get: <N extends string>(name: N, options: ReadOptions = {}) =>
      read('get', [name], () => {
        const own = requireName(name)
        const each = attributeReader(options)
        // Sound: what is stored under a declared name has passed the schema that gives it its type.
        return { want: [own], answer: (reading) => each(own, reading) as Attribute<ValueOf<S, N>> | undefined }
      }),
    getMany: (names, options = {}) => readMany('getMany', names, () => attributeReader(options)),
    exists: (name) =>
      read('exists', [name], () => {
        const own = requireName(name)
        return { want: [own], answer: ({ attributes }) => attributes.has(own) }
      }),
    existsMany: (names) =>
      readMany(
        'existsMany',
        names,
        () =>
          (name, { attributes }) =>
            attributes.has(name),
      ),
    names: () => read('names', [], () => ({ want: 'all', answer: namesOf })),
    async delete(name) {
      await edit('delete', [name], () => [{ kind: 'drop', name: requireName(name), when: 'always' }])
    },
    async deleteMany(names) {
      await edit('deleteMany', Array.isArray(names) ? names : [], () =>
        requireNames(names).map((name) => ({ kind: 'drop', name, when: 'always' })),
      )
    },
    async setExpiry(name, expiration) {
      await edit('setExpiry', [name], () => {
        const own = requireName(name)
        return [{ kind: 'expire', name: own, expiresAt: expiresAtOf(requireExpiration(expiration), clock()) }]
      })
    },
    async setExpiryMany(items, options = {}) {
      await edit('setExpiryMany', namesIn(items), () => {
        const now = clock()
        return readExpiries(items, options).map(({ name, expiration }) => ({
          kind: 'expire',
          name,
          expiresAt: expiresAtOf(expiration, now),
        }))
      })
    },
    toDict: (options = {}) =>
      read('toDict', [], () => {
        const each = attributeReader(options)
        return {
          want: 'all',
          answer: (reading) => Object.fromEntries(namesOf(reading).flatMap((name) => entry(name, each(name, reading)))),
        }
      }),
  }
}

/** What is read, and what is made of it. */
interface Question<T> {
  readonly want: 'all' | readonly string[]
  answer(reading: AttributeReading): T
}

function entry(name: string, attribute: Attribute | undefined): [string, Attribute][] {
  return attribute === undefined ? [] : [[name, attribute]]
}

/** Reads one attribute of a reading; checks the options at once. */
function attributeReader(options: unknown): (name: string, reading: AttributeReading) => Attribute | undefined {
  const decrypt = readDecrypt(options)
  return (name, reading) => {
    const stored = reading.attributes.get(name)
    if (stored === undefined) return undefined
    return decrypt ? attributeOf(name, stored, reading) : closedAttributeOf(name, stored)
  }
}

function namesOf({ attributes }: AttributeReading): string[] {
  return [...attributes.keys()].filter((name) => !isReserved(name))
}

/** The names among the arguments, as far as they are text. */
function strings(names: readonly unknown[]): string[] {
  return names.filter((name) => typeof name === 'string')
}

function namesIn(items: unknown): readonly unknown[] {
  return Array.isArray(items) ? items.map((item: unknown) => Object(item).name) : []
}

function isFunction(value: unknown): value is (old: unknown) => unknown {
  return typeof value === 'function'
}

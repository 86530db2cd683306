// How does each verb on named values become one read, or one list of edits?

import type { AttributeScope, Edit, EditResult } from '../core.ts'
import { invalidOption } from '../error.ts'
import type { Clock, Seconds } from '../time.ts'
import type {
  Attribute,
  AttributeItem,
  AttributeOptions,
  Attributes,
  AttributeVerb,
  ExpiryItem,
  ReadOptions,
} from './attributes.ts'
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

/** What verbs work with. */
interface Work {
  readonly scope: AttributeScope<AttributeSchema>
  readonly editor: Editor
  readonly clock: Clock
}

/** The verbs on the values of a scope. */
export function createVerbs<S extends AttributeSchema>(scope: AttributeScope<S>, editor: Editor, clock: Clock): Attributes<S> {
  return new Verbs({ scope, editor, clock })
}

/** A class, unlike elsewhere: there is one of these for every session that is used, and most of the verbs are never called. */
class Verbs<S extends AttributeSchema> implements Attributes<S> {
  readonly #work: Work

  constructor(work: Work) {
    this.#work = work
  }

  create(name: string, value: unknown, options?: AttributeOptions): Promise<void> {
    return store(this.#work, 'create', 'absent', name, value, options)
  }
  createMany(items: readonly AttributeItem[], options?: AttributeOptions): Promise<void> {
    return storeMany(this.#work, 'createMany', 'absent', items, options)
  }
  set(name: string, value: unknown, options?: AttributeOptions): Promise<void> {
    return store(this.#work, 'set', 'always', name, value, options)
  }
  setMany(items: readonly AttributeItem[], options?: AttributeOptions): Promise<void> {
    return storeMany(this.#work, 'setMany', 'always', items, options)
  }
  update(name: string, value: unknown, options?: AttributeOptions): Promise<void> {
    return isFunction(value)
      ? change(this.#work, name, value, options)
      : store(this.#work, 'update', 'present', name, value, options)
  }
  updateMany(items: readonly AttributeItem[], options?: AttributeOptions): Promise<void> {
    return storeMany(this.#work, 'updateMany', 'present', items, options)
  }
  increment(name: string, by?: number): Promise<number> {
    return increment(this.#work, name, by)
  }
  get<N extends string>(name: N, options?: ReadOptions): Promise<Attribute<ValueOf<S, N>> | undefined> {
    return read(this.#work, 'get', [name], () => {
      const own = requireName(name)
      const each = attributeReader(options)
      // Sound: what is stored under a declared name has passed the schema that gives it its type.
      return { want: [own], answer: (reading) => each(own, reading) as Attribute<ValueOf<S, N>> | undefined }
    })
  }
  getMany(names: readonly string[], options?: ReadOptions): Promise<Map<string, Attribute | undefined>> {
    return readMany(this.#work, 'getMany', names, () => attributeReader(options))
  }
  exists(name: string): Promise<boolean> {
    return read(this.#work, 'exists', [name], () => {
      const own = requireName(name)
      return { want: [own], answer: (reading) => isThere(own, reading) }
    })
  }
  existsMany(names: readonly string[]): Promise<Map<string, boolean>> {
    return readMany(this.#work, 'existsMany', names, () => isThere)
  }
  names(): Promise<string[]> {
    return read(this.#work, 'names', [], () => ({ want: 'all', answer: namesOf }))
  }
  delete(name: string): Promise<void> {
    return drop(this.#work, 'delete', [name], () => [requireName(name)])
  }
  deleteMany(names: readonly string[]): Promise<void> {
    return drop(this.#work, 'deleteMany', Array.isArray(names) ? names : [], () => requireNames(names))
  }
  setExpiry(name: string, expiration: Seconds | null): Promise<void> {
    return expire(this.#work, 'setExpiry', [name], { expiration }, () => [
      { name: requireName(name), expiration: requireExpiration(expiration) },
    ])
  }
  setExpiryMany(items: readonly ExpiryItem[], options: { readonly expiration?: Seconds | null | undefined } = {}): Promise<void> {
    return expire(this.#work, 'setExpiryMany', namesIn(items), options, () => readExpiries(items, options))
  }
  toDict(options?: ReadOptions): Promise<Record<string, Attribute>> {
    return read(this.#work, 'toDict', [], () => {
      const each = attributeReader(options)
      return {
        want: 'all',
        answer: (reading) => Object.fromEntries(namesOf(reading).flatMap((name) => entry(name, each(name, reading)))),
      }
    })
  }
}

/** Applies what the arguments ask for; they are checked within, where a refusal is recorded. */
function edit(
  { scope, editor }: Work,
  verb: AttributeVerb,
  names: readonly unknown[],
  edits: () => Promise<readonly Edit[]> | readonly Edit[],
  options?: unknown,
): Promise<EditResult> {
  return scope.run(verb, strings(names), async (home) => editor.apply(home, await edits(), ATTRIBUTE_LIMITS), options)
}

async function storeAll(
  work: Work,
  verb: AttributeVerb,
  when: When,
  names: readonly unknown[],
  options: unknown,
  items: () => readonly Item[],
): Promise<void> {
  const edits = () => {
    const now = work.clock()
    return Promise.all(items().map((item) => toEdit(item, when, work.scope.schema, now)))
  }
  await edit(work, verb, names, edits, options)
}

function store(work: Work, verb: AttributeVerb, when: When, name: unknown, value: unknown, options: unknown = {}): Promise<void> {
  return storeAll(work, verb, when, [name], options, () => [{ name: requireName(name), value, ...readOptions(options) }])
}

function storeMany(work: Work, verb: AttributeVerb, when: When, items: unknown, options: unknown = {}): Promise<void> {
  return storeAll(work, verb, when, namesIn(items), options, () => readItems(items, options))
}

async function change(work: Work, name: unknown, compute: (old: unknown) => unknown, options: unknown = {}): Promise<void> {
  const edits = (): readonly Edit[] => {
    const own = requireName(name)
    const definition = definitionOf(work.scope.schema, own)
    const checked = definition === undefined ? compute : async (old: unknown) => validated(definition, own, await compute(old))
    const keeping = kept(readOptions(options), 'present', definition, work.clock())
    return [{ kind: 'change', name: own, change: checked, when: 'present', ...keeping }]
  }
  await edit(work, 'update', [name], edits, options)
}

async function increment(work: Work, name: unknown, by: unknown = 1): Promise<number> {
  const sums = await edit(work, 'increment', [name], () => {
    const own = requireName(name)
    if (typeof by !== 'number' || !Number.isFinite(by)) throw invalidOption('by', 'must be a finite number')
    const definition = definitionOf(work.scope.schema, own)
    const keeping = kept({ expiration: undefined, encrypt: undefined }, 'always', definition, work.clock())
    const checked = definition === undefined ? undefined : (sum: number) => validated(definition, own, sum)
    return [{ kind: 'add', name: own, by: by === 0 ? 0 : by, checked, ...keeping }]
  })
  return Number(sums.get(String(name)))
}

async function drop(work: Work, verb: AttributeVerb, names: readonly unknown[], checked: () => readonly string[]): Promise<void> {
  await edit(work, verb, names, () => checked().map((name) => ({ kind: 'drop', name, when: 'always' })))
}

async function expire(
  work: Work,
  verb: AttributeVerb,
  names: readonly unknown[],
  options: unknown,
  checked: () => ReturnType<typeof readExpiries>,
): Promise<void> {
  const edits = (): readonly Edit[] => {
    const now = work.clock()
    return checked().map(({ name, expiration }) => ({ kind: 'expire', name, expiresAt: expiresAtOf(expiration, now) }))
  }
  await edit(work, verb, names, edits, options)
}

function read<T>({ scope, clock }: Work, verb: AttributeVerb, names: readonly unknown[], prepare: () => Question<T>): Promise<T> {
  return scope.run(verb, strings(names), async (home) => {
    const { want, answer } = prepare()
    return answer(await home.read(want, clock()))
  })
}

function readMany<T>(
  work: Work,
  verb: AttributeVerb,
  names: unknown,
  prepare: () => (name: string, reading: AttributeReading) => T,
): Promise<Map<string, T>> {
  return read(work, verb, Array.isArray(names) ? names : [], () => {
    const own = requireNames(names)
    const each = prepare()
    return { want: own, answer: (reading) => new Map(own.map((name) => [name, each(name, reading)])) }
  })
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
function attributeReader(options: unknown = {}): (name: string, reading: AttributeReading) => Attribute | undefined {
  const decrypt = readDecrypt(options)
  return (name, reading) => {
    const stored = reading.attributes.get(name)
    if (stored === undefined) return undefined
    return decrypt ? attributeOf(name, stored, reading) : closedAttributeOf(name, stored)
  }
}

function isThere(name: string, { attributes }: AttributeReading): boolean {
  return attributes.has(name)
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

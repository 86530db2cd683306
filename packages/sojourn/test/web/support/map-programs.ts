// What can be done to a session and to a plain Map alike?
import fc from 'fast-check'
import type { WebSession } from 'sojourn/web'

const KEYS = ['a', 'b', 'c']

/** Whatever can be stored. */
export const value = fc.oneof(
  fc.integer(),
  fc.string(),
  fc.boolean(),
  fc.constant(null),
  fc.array(fc.integer(), { maxLength: 3 }),
  fc.date({ noInvalidDate: true }),
  fc.bigInt(),
  fc.uint8Array({ maxLength: 4 }),
  fc.dictionary(fc.string(), fc.jsonValue(), { maxKeys: 2 }),
  fc.array(fc.tuple(fc.string(), fc.integer())).map((pairs) => new Map(pairs)),
  fc.array(fc.integer()).map((items) => new Set(items)),
)

/** Something that is done to a session and to a plain Map alike; both answer. */
export const step = fc.oneof(
  fc.record({ op: fc.constant('set' as const), key: fc.constantFrom(...KEYS), value }),
  fc.record({
    op: fc.constantFrom('delete' as const, 'has' as const, 'get' as const, 'pop' as const, 'push' as const),
    key: fc.constantFrom(...KEYS),
  }),
  fc.record({ op: fc.constant('setDefault' as const), key: fc.constantFrom(...KEYS), value }),
  fc.record({ op: fc.constantFrom('popItem' as const, 'size' as const, 'clear' as const) }),
  fc.record({ op: fc.constant('increment' as const), key: fc.constantFrom('n', 'm'), by: fc.integer({ min: -5, max: 5 }) }),
  fc.record({ op: fc.constant('change' as const), key: fc.constantFrom(...KEYS), value: fc.integer() }),
)
type Step = typeof step extends fc.Arbitrary<infer S> ? S : never

/** Does it to a session. */
export function onSession(session: WebSession<Record<string, unknown>>, one: Step): unknown {
  switch (one.op) {
    case 'set':
      return session.set(one.key, structuredClone(one.value))
    case 'delete':
      return session.delete(one.key)
    case 'has':
      return session.has(one.key)
    case 'get':
      return session.get(one.key)
    case 'pop':
      return session.pop(one.key, 'none')
    case 'push': {
      const list = session.get(one.key)
      return Array.isArray(list) ? list.push('pushed') : undefined
    }
    case 'setDefault':
      return session.setDefault(one.key, structuredClone(one.value))
    case 'popItem':
      return session.popItem()
    case 'size':
      return session.size
    case 'clear':
      return session.clear()
    case 'increment':
      return session.increment(one.key, one.by)
    case 'change':
      return session.change(one.key, (old) => [old ?? null, one.value])
  }
}

/** Which entry is the last is the store's affair: that it is one of them, and gone, is not. */
export function popped(map: Map<string, unknown>, answer: unknown): unknown {
  if (!Array.isArray(answer)) return map.size === 0 ? undefined : 'an entry'
  const [key] = answer
  const entry = map.has(key) ? [key, map.get(key)] : 'an entry that is there'
  map.delete(key)
  return entry
}

/** Does it to a Map. */
export function onMap(map: Map<string, unknown>, one: Step): unknown {
  switch (one.op) {
    case 'set':
      return void map.set(one.key, structuredClone(one.value))
    case 'delete':
      return map.delete(one.key)
    case 'has':
      return map.has(one.key)
    case 'get':
      return map.get(one.key)
    case 'pop': {
      const had = map.has(one.key) ? map.get(one.key) : 'none'
      map.delete(one.key)
      return had
    }
    case 'push': {
      const list = map.get(one.key)
      return Array.isArray(list) ? list.push('pushed') : undefined
    }
    case 'setDefault':
      if (!map.has(one.key)) map.set(one.key, structuredClone(one.value))
      return map.get(one.key)
    case 'size':
      return map.size
    case 'clear':
      return map.clear()
    case 'increment':
      return void map.set(one.key, Number(map.get(one.key) ?? 0) + one.by)
    case 'change':
      return void map.set(one.key, [structuredClone(map.get(one.key) ?? null), one.value])
  }
}

/** After `change` a value must not be mutated; the model leaves such programs out. */
export function mutatesAfterChange(steps: readonly Step[]): boolean {
  return steps.some(
    (one, at) => one.op === 'push' && steps.slice(0, at).some((each) => each.op === 'change' && each.key === one.key),
  )
}

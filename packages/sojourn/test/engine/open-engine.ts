// With what do the engine's tests open it: a manual clock, a store that counts, and every event kept?
import { randomBytes } from 'node:crypto'
import type { AttributeSchema } from '../../src/engine/attributes/schema.ts'
import { createEngine, type Engine } from '../../src/engine/engine.ts'
import type { ErrorCode, SojournError } from '../../src/engine/error.ts'
import type { EngineEvent } from '../../src/engine/events.ts'
import type { EngineOptions } from '../../src/engine/options.ts'
import type { SessionStore } from '../../src/engine/store.ts'
import { memorySessions } from '../../src/stores/memory/memory-sessions.ts'
import { type ManualClock, manualClock } from '../../src/testing/clock.ts'

export interface OpenEngine<S extends AttributeSchema = AttributeSchema> extends Engine<S> {
  readonly time: ManualClock
  readonly events: EngineEvent[]
  /** The names of the store's calls, in order. */
  readonly calls: (keyof SessionStore)[]
  /** The store below the engine, its calls not counted. */
  readonly store: SessionStore
}

export const key = (): string => randomBytes(32).toString('base64url')
export const INSTALLATION_KEY = new Uint8Array(32).fill(7)

/** A store that notes its calls and, where told, does something before them. */
export function watched(store: SessionStore, before: (call: keyof SessionStore) => unknown): SessionStore {
  return new Proxy(store, {
    get(target, name: keyof SessionStore) {
      const call = target[name]
      if (typeof call !== 'function') return call
      return async (...args: unknown[]) => {
        await before(name)
        return Reflect.apply(call, target, args)
      }
    },
  })
}

export function openEngine<S extends AttributeSchema = AttributeSchema>(
  options: Partial<EngineOptions<S>> & { readonly time?: ManualClock } = {},
): OpenEngine<S> {
  const { time = manualClock(), store = memorySessions(), ...others } = options
  const events: EngineEvent[] = []
  const calls: (keyof SessionStore)[] = []
  const engine = createEngine<S>({
    store: watched(store, (call) => calls.push(call)),
    installationKey: INSTALLATION_KEY,
    keys: [key()],
    clock: time.now,
    onEvent: (event) => events.push(event),
    ...others,
  })
  return { ...engine, time, events, calls, store }
}

/** The error that a promise, or a call, fails with. */
export async function failure(work: Promise<unknown> | (() => unknown)): Promise<SojournError> {
  try {
    await (typeof work === 'function' ? work() : work)
  } catch (error) {
    return error as SojournError
  }
  throw new Error('It did not fail.')
}

export async function codeOf(work: Promise<unknown> | (() => unknown)): Promise<ErrorCode> {
  return (await failure(work)).code
}

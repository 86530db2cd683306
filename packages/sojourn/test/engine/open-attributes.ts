// With what do the tests of named values begin: a session that has none, and a store that has not been asked?
import type { Attributes } from '../../src/index.ts'
import { type OpenEngine, openEngine } from './open-engine.ts'

export interface OpenAttributes {
  readonly engine: OpenEngine
  /** The session whose values they are. */
  readonly id: string
  readonly attr: Attributes
}

export async function openAttributes(): Promise<OpenAttributes> {
  const engine = openEngine()
  const { session } = await engine.sessions.start({ principal: 'anna' })
  engine.calls.length = 0
  return { engine, id: session.id, attr: session.attr }
}

/** The values by name. */
export async function valuesOf(attr: Attributes): Promise<Record<string, unknown>> {
  return Object.fromEntries(Object.entries(await attr.toDict()).map(([name, { value }]) => [name, value]))
}

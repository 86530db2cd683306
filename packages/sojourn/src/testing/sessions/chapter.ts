// What is a chapter of the conformance suite, and what does each of its cases work with?
import assert from 'node:assert/strict'
import { SojournError } from '../../engine/error.ts'
import type { ListedSession, Outcome, Principal, SessionId, SessionStore, StoredSession, Want } from '../../engine/store.ts'
import type { Millis } from '../../engine/time.ts'
import type { Attempt, Cases } from '../conformance-cases.ts'
import type { OpenedStore } from './store-under-test.ts'

/** What the suite has to know of a kind of store. */
export interface StoreTraits {
  /** Whether a sweep names every session that died, or only those that the store did not lose by itself. */
  readonly sweepTells: 'all' | 'some'
  /** Whether loads may be answered from memory; `strict`: once the store has said that it still is so. */
  readonly cached: boolean | 'strict'
  /** How often races are run. */
  readonly races: number
}

export type Case = Attempt<OpenedStore, StoreTraits>

/** Cases by name. */
export interface Chapter {
  readonly name: string
  readonly cases: Cases<OpenedStore, StoreTraits>
}

/** What a successful change answers that added nothing. */
export const DONE: Outcome = { outcome: 'done', added: new Map() }

/** Loads a session that must be alive. */
export async function alive(store: SessionStore, id: SessionId, now: Millis, want: Want = 'all'): Promise<StoredSession> {
  const session = await store.load(id, want, now)
  assert.ok(session !== undefined && session !== 'ended', `session ${id} should be alive`)
  return {
    ...withPlainBytes(session),
    attributes: new Map([...session.attributes].map(([name, each]) => [name, withPlainBytes(each)])),
  }
}

/** The same with every `Buffer` as the `Uint8Array` it is, so that stores may answer either. */
function withPlainBytes<T extends object>(object: T): T {
  const fields = Object.entries(object).map(([name, value]) => [
    name,
    value instanceof Uint8Array ? new Uint8Array(value) : value,
  ])
  return Object.fromEntries(fields) as T // the same fields; a Buffer is nothing but a Uint8Array here
}

/** Requires a session to be dead for every verb that does not change anything. */
export async function assertDead(store: SessionStore, id: SessionId, now: Millis): Promise<void> {
  assert.equal(await store.load(id, 'all', now), undefined, `session ${id} should be dead`)
  assert.equal(
    (await listed(store, undefined, now)).some((session) => session.id === id),
    false,
    'a dead session is listed',
  )
}

/** What no list can have answered as its `next`. */
const FOREIGN_CURSORS = [
  '',
  'zzz',
  '-1',
  '1e3',
  '0x10',
  ' 1',
  '1.5',
  'x'.repeat(25),
  '"',
  'é'.repeat(24),
  '9'.repeat(40),
  '["a',
  '[1]',
]

/** Requires a list to refuse what it did not make, and to say which option that was. */
export async function assertOwnCursors(list: (after: string) => Promise<unknown>): Promise<void> {
  for (const after of FOREIGN_CURSORS) {
    await assert.rejects(
      list(after),
      (error) => error instanceof SojournError && error.code === 'ERR_OPTION_INVALID' && error.errors[0]?.field === 'after',
      `${JSON.stringify(after)} is taken for a place`,
    )
  }
}

/** The values of a session's attributes. */
export async function valuesOf(store: SessionStore, id: SessionId, now: Millis): Promise<Record<string, string | Uint8Array>> {
  const { attributes } = await alive(store, id, now)
  return Object.fromEntries([...attributes].map(([name, { value }]) => [name, value]))
}

/** A whole list, page by page. A page may be empty; that the list ends nevertheless is checked. */
export async function listed(
  store: SessionStore,
  principal: Principal | null | undefined,
  now: Millis,
  limit = 50,
): Promise<readonly ListedSession[]> {
  const found: ListedSession[] = []
  let after: string | undefined
  for (let pages = 0; pages < 100_000; pages += 1) {
    const page = await store.list(
      { limit, ...(principal === undefined ? {} : { principal }), ...(after === undefined ? {} : { after }) },
      now,
    )
    assert.ok(page.items.length <= limit, 'a page holds more than its limit')
    found.push(...page.items.map(withPlainBytes))
    if (page.next === undefined) return found
    after = page.next
  }
  throw new assert.AssertionError({ message: 'the list does not end' })
}

/** The ids of a whole list, sorted. */
export async function listedIds(
  store: SessionStore,
  principal: Principal | null | undefined,
  now: Millis,
): Promise<readonly SessionId[]> {
  return (await listed(store, principal, now)).map(({ id }) => id).sort()
}

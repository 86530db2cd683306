// On what do the tests of the SSO face run?
import { createHash } from 'node:crypto'
import type { AuditRecord, PasswordHasher, Sojourn, SojournOptions, Store, UserChange } from '../../../src/index.ts'
import { createSojourn } from '../../../src/index.ts'
import { memoryStore } from '../../../src/memory.ts'
import { type ManualClock, manualClock } from '../../../src/testing.ts'

/** A key ring of one key. */
export const KEYS: readonly string[] = ['MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY']

export const PASSWORD = 'correct-horse-battery'
export const OTHER_PASSWORD = 'tangled-vines-at-noon'

/** A hasher that costs nothing and counts; by the documented option `passwordHashing`. */
export interface CountingHasher extends PasswordHasher {
  /** How many hashes were made, checks included. */
  count(): number
}

export function countingHasher(generation = '1'): CountingHasher {
  let count = 0
  const encode = (password: string, salt: string) =>
    `$test$${salt}$${createHash('sha256')
      .update(salt + password)
      .digest('hex')}`
  return {
    count: () => count,
    async hash(password) {
      count += 1
      return encode(password, generation)
    },
    async verify(password, encoded) {
      count += 1
      const [, , salt = generation] = (encoded ?? '').split('$')
      return encode(password, salt) === encoded
    },
    isOutdated: (encoded) => encoded.split('$')[2] !== generation,
  }
}

/** A store that says what it was asked. */
export interface WatchedStore {
  readonly store: Store
  /** The names of the calls since the last time this was asked. */
  calls(): readonly string[]
  /** Runs before each call of that name. */
  before(name: string, run: (() => unknown) | undefined): void
}

export function watchedStore(inner: Store = memoryStore()): WatchedStore {
  let calls: string[] = []
  const hooks = new Map<string, () => unknown>()
  const watched = <T extends object>(half: T, prefix: string): T =>
    new Proxy(half, {
      get(target, name) {
        const value: unknown = Reflect.get(target, name)
        if (typeof value !== 'function') return value
        return async (...args: unknown[]) => {
          const call = `${prefix}.${String(name)}`
          calls.push(call)
          await hooks.get(call)?.()
          return name === 'close' ? undefined : value.apply(target, args)
        }
      },
    })
  const sessions = watched(inner.sessions, 'sessions')
  const directory = watched(
    { ...inner.directory, sessions: inner.directory.sessions === inner.sessions ? sessions : null },
    'directory',
  )
  return {
    store: { sessions, directory },
    calls() {
      const since = calls
      calls = []
      return since
    },
    before(name, run) {
      if (run === undefined) hooks.delete(name)
      else hooks.set(name, run)
    },
  }
}

/** An open Sojourn with a super-user `root` and a regular user `ada`, both logged in. */
export interface Opened {
  readonly sso: Sojourn
  readonly watched: WatchedStore
  readonly clock: ManualClock
  readonly hasher: CountingHasher
  readonly root: Person
  readonly ada: Person
  /** Makes one more user without logging them in. */
  create(username: string, data?: object): Promise<string>
  /** Changes a user behind the back of the face, without ending anything. */
  tamper(userId: string, change: UserChange): Promise<void>
  /** Makes one more user, logged in. */
  user(username: string, data?: object): Promise<Person>
  login(username: string, more?: object): Promise<string>
  /** Every audit record, oldest first. Closes Sojourn, which writes those that wait; the store stays open. */
  audit(): Promise<readonly AuditRecord[]>
}

export interface Person {
  readonly userId: string
  readonly username: string
  readonly ust: string
}

export async function open(options: Partial<SojournOptions> = {}, watched = watchedStore()): Promise<Opened> {
  const clock = manualClock()
  const hasher = countingHasher()
  const sso = await createSojourn({
    store: watched.store,
    keys: KEYS,
    clock: clock.now,
    passwordHashing: hasher,
    sweepInterval: 0,
    ...options,
  })
  const login = async (username: string, more: object = {}) =>
    (await sso.user.login({ username, password: PASSWORD, ...more })).ust

  const create = (username: string, data: object = {}) =>
    sso.user.createUser({ data: { username, password: PASSWORD, ...data }, requireSuperUser: false, autoApprove: true })

  const root = { username: 'root', password: PASSWORD }
  const rootId = await sso.user.createSuperUser({ data: root, requireSuperUser: false, autoApprove: true })

  async function user(username: string, data?: object): Promise<Person> {
    return { userId: await create(username, data), username, ust: await login(username) }
  }

  return {
    sso,
    watched,
    clock,
    hasher,
    login,
    create,
    user,
    root: { userId: rootId, username: 'root', ust: await login('root') },
    ada: await user('ada'),
    async tamper(userId, change) {
      const write = { now: clock.now(), audit: [], effects: [], applyEffects: 'later' } as const
      const { outcome } = await watched.store.directory.updateUser(userId, change, write)
      if (outcome !== 'done') throw new Error(outcome)
    },
    async audit() {
      await sso.close()
      const records: AuditRecord[] = []
      let after: string | undefined
      do {
        const page = await watched.store.directory.listAudit({ limit: 500, ...(after === undefined ? {} : { after }) })
        records.push(...page.items)
        after = page.next
      } while (after !== undefined)
      return records.reverse()
    },
  }
}

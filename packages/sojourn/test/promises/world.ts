// Who is there when a promise is tried? An open Sojourn on a given store, a super-user and a regular user, both logged in.
import { createHash } from 'node:crypto'
import type { Attributes, AuditRecord, EngineEvent, PasswordHasher, Sojourn, SojournOptions, Store } from 'sojourn'
import { createSojourn } from 'sojourn'
import { type ManualClock, manualClock } from 'sojourn/testing'

/** Server keys, newest first. */
export const KEYS: readonly string[] = ['MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY']

export const PASSWORD = 'marble-otters-under-ice'

/** A hasher that costs nothing, by the documented option: these promises are not about hashing. */
const hasher: PasswordHasher = {
  hash: async (password) => encode(password),
  verify: async (password, encoded) => encode(password) === encoded,
  isOutdated: () => false,
}

function encode(password: string): string {
  return `$test$${createHash('sha256').update(`salt ${password}`).digest('hex')}`
}

export interface Person {
  readonly userId: string
  readonly username: string
  readonly ust: string
}

/** An open Sojourn. */
export interface Opened extends AsyncDisposable {
  readonly sso: Sojourn
  readonly clock: ManualClock
  readonly events: readonly EngineEvent[]
  /** The values of the session of a token, as its own user reaches them. */
  attr(ust: string): Promise<Attributes>
}

/** An open Sojourn with somebody in it. */
export interface World extends Opened {
  readonly root: Person
  readonly ada: Person
  /** Opens a session of a user. */
  login(username: string): Promise<string>
  /** Makes a user and logs them in. */
  user(username: string): Promise<Person>
}

/** Opens Sojourn on a store, with time in the test's hands and patience for slow machines. */
export async function openSojourn(store: Store, options: Partial<SojournOptions> = {}, clock = manualClock()): Promise<Opened> {
  const events: EngineEvent[] = []
  const sso = await createSojourn({
    store,
    keys: KEYS,
    clock: clock.now,
    passwordHashing: hasher,
    sweepInterval: 0,
    storeTimeout: 120,
    onEvent: (event) => void events.push(event),
    ...options,
  })
  return {
    sso,
    clock,
    events,
    attr: async (currentUst) => (await sso.user.session.getCurrentSession({ currentUst })).attr,
    [Symbol.asyncDispose]: () => sso.close(),
  }
}

/** The same with a super-user `root` and a regular user `ada`. */
export async function openWorld(store: Store, options: Partial<SojournOptions> = {}): Promise<World> {
  const opened = await openSojourn(store, options)
  const { sso } = opened
  const make = { requireSuperUser: false, autoApprove: true }
  const login = async (username: string) => (await sso.user.login({ username, password: PASSWORD })).ust
  async function user(username: string): Promise<Person> {
    const userId = await sso.user.createUser({ data: { username, password: PASSWORD }, ...make })
    return { userId, username, ust: await login(username) }
  }
  const userId = await sso.user.createSuperUser({ data: { username: 'root', password: PASSWORD }, ...make })
  const root = { userId, username: 'root', ust: await login('root') }
  return { ...opened, root, ada: await user('ada'), login, user }
}

/** Every audit record, oldest first, once those that wait are written. Closes Sojourn but not the directory. */
export async function auditOf(sso: Sojourn, { directory }: Store): Promise<readonly AuditRecord[]> {
  await sso.close()
  const records: AuditRecord[] = []
  let after: string | undefined
  do {
    const page = await directory.listAudit({ limit: 500, order: 'oldest-first', ...(after !== undefined && { after }) })
    records.push(...page.items)
    after = page.next
  } while (after !== undefined)
  return records
}

/** The code of the error a call ends with; `undefined` when it succeeds. */
export async function codeOf(call: Promise<unknown>): Promise<unknown> {
  try {
    await call
    return undefined
  } catch (error) {
    return Reflect.get(Object(error), 'code')
  }
}

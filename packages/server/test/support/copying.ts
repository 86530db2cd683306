// How is a source with something of everything copied, in a folder of each test's own?
import { join } from 'node:path'
import type { Sojourn } from 'sojourn'
import { afterEach, beforeEach, expect } from 'vitest'
import { anna } from './api.ts'
import { command } from './command.ts'
import { scratch } from './spawn.ts'
import { type OpenStore, openOn, openStore } from './stores.ts'

export const HOUR = 3_600_000

/** What goes with a write of the directory. */
export const write = (more = {}) => ({ now: Date.now(), audit: [], effects: [], applyEffects: 'later' as const, ...more })

/** Where a copy goes from and to. */
interface Ends {
  /** Default: the source of the test. */
  readonly from?: string
  readonly fromSessions?: string
  readonly to: string
  readonly toSessions?: string
}

/** What a suite of copies works with: a folder for each test, with a source in it. */
export function copying() {
  let folder: ReturnType<typeof scratch>
  beforeEach(() => {
    folder = scratch()
  })
  afterEach(() => folder[Symbol.dispose]())

  /** A database in the folder. */
  const place = (name: string) => `sqlite:${join(folder.path, `${name}.db`)}`
  const source = () => place('source')

  function argsOf({ from = source(), fromSessions, to, toSessions }: Ends): readonly string[] {
    const optional = (flag: string, url: string | undefined) => (url === undefined ? [] : [flag, url])
    return [
      ...['store', 'copy', '--from', from, '--to', to],
      ...optional('--from-sessions', fromSessions),
      ...optional('--to-sessions', toSessions),
    ]
  }

  /** Runs a copy that must succeed. */
  async function copy(ends: Ends, ...more: readonly string[]) {
    const { code, stdout, stderr } = await command([...argsOf(ends), '--json', ...more])
    expect([code, stderr]).toEqual([0, ''])
    return JSON.parse(stdout)
  }

  /** Fills the source; answers what is in it. */
  async function furnished() {
    await using store = await openStore(source())
    const sso = await openOn(store)
    const made = await furnish(sso, store)
    await sso.close()
    return made
  }

  return { place, source, argsOf, copy, furnished }
}

/** Fills a source with something of everything. */
async function furnish(sso: Sojourn, { directory }: OpenStore) {
  await sso.user.createSuperUser({
    data: { username: 'root', password: anna.password },
    requireSuperUser: false,
    autoApprove: true,
  })
  const annaId = await sso.user.createUser({
    data: { ...anna, email: 'anna@example.com' },
    requireSuperUser: false,
    autoApprove: true,
  })
  const bobId = await sso.user.createUser({
    data: { username: 'bob', password: anna.password },
    requireSuperUser: false,
    autoApprove: true,
  })
  const login = async (username: string) =>
    (await sso.user.login({ username, password: anna.password, currentApp: 'CRM', userAgent: 'Firefox 139.0' })).ust
  const token = await login('anna')
  const session = await sso.sessions.resume(token)
  await session?.session.attr.set('cart', [1, { price: 5n }])
  await session?.session.attr.set('iban', 'DE89 3704', { encrypt: true })
  await session?.session.attr.set('pin', '1234', { encrypt: true, expiration: 600 })
  const guest = await sso.sessions.start({ principal: null, attributes: { language: 'de' }, sliding: true })
  const ended = await login('anna')
  await sso.user.logout({ currentUst: ended })
  const revoked = await login('bob')
  await sso.sessions.revoke({ principal: bobId })

  const limits = { attributes: 10, bytes: 1000 }
  const change = (name: string, value: string | Uint8Array, now: number) =>
    directory.updateAttributes(annaId, [{ name, when: 'always', value, expiresAt: now + 10 * HOUR }], limits, write({ now }))
  await change('colour', '"red"', Date.now() - HOUR)
  await change('colour', '"blue"', Date.now() - HOUR / 2)
  await change('sealed', new Uint8Array([0, 255, 128]), Date.now())
  for (const [authId, isActive] of [
    ['9', true],
    ['3', false],
  ] as const)
    await directory.createLink({ userId: annaId, authType: 'jwt', authId, authUsername: 'a', isActive, creationTime: 5 }, write())
  for (const hash of ['one', 'two', 'taken'])
    await directory.createToken(
      { kind: 'reset', hash, userId: hash === 'two' ? null : annaId, createdAt: 1, expiresAt: Date.now() + HOUR, data: '"x"' },
      write(),
      'keep',
    )
  await directory.takeToken('reset', 'taken', Date.now())
  return { annaId, bobId, token, guest: guest.token, dead: [ended, revoked], login }
}

/** Works with a store and lets go of it. */
export async function within<T>(db: string, sessions: string | undefined, run: (store: OpenStore) => Promise<T>): Promise<T> {
  await using store = await openStore(db, sessions)
  return await run(store)
}

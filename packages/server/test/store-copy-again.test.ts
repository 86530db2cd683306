// What does a copy bring that follows another, and where is none made?
import type { Sojourn } from 'sojourn'
import { beforeEach, describe, expect, test } from 'vitest'
import { anna } from './support/api.ts'
import { command } from './support/command.ts'
import { copying, HOUR, within, write } from './support/copying.ts'
import { all, dump } from './support/dump.ts'
import { openOn, openStore } from './support/stores.ts'

const { place, source, argsOf, copy, furnished } = copying()

describe('a second copy', () => {
  let to: string
  beforeEach(() => {
    to = place('target')
  })

  test('brings what has changed, ends what has ended, and follows names and links that changed hands', async () => {
    const { annaId, bobId, token, login: _, ...tokens } = await furnished()
    await copy({ to })
    const { fresh } = await within(source(), undefined, async (store) => {
      const sso = await openOn(store)
      const { directory } = store
      const resumed = await sso.sessions.resume(token)
      await resumed?.session.attr.set('cart', [2])
      await resumed?.session.attr.delete('pin')
      const { ust } = await sso.user.login({ username: 'bob', password: anna.password, currentApp: 'CRM' })
      await sso.user.session.renew({ currentUst: ust })
      const guest = await sso.sessions.resume(tokens.guest)
      await sso.sessions.end(guest?.session.id ?? '')
      for (const [id, usernameKey] of [
        [annaId, 'spare'],
        [bobId, 'anna'],
        [annaId, 'bob'],
      ] as const)
        await directory.updateUser(id, { usernameKey, username: usernameKey }, write())
      await directory.deleteLink({ userId: annaId, authType: 'jwt', authId: '9' }, write())
      const link = { userId: bobId, authType: 'jwt', authId: '9', authUsername: 'b', isActive: true, creationTime: 6 }
      await directory.createLink(link, write())
      await directory.takeToken('reset', 'one', Date.now())
      await sso.user.createUser({ data: { ...anna, username: 'carla' }, requireSuperUser: false, autoApprove: true })
      await sso.close()
      return { fresh: ust }
    })
    expect(await copy({ to })).toMatchObject({ settled: true })
    await using target = await openStore(to)
    await using from = await openStore(source())
    expect(await dump(target)).toEqual(await dump(from))
    const sso = await openOn(target)
    expect((await sso.sessions.resume(fresh))?.session.principal).toBe(bobId)
    expect(await (await sso.sessions.resume(token))?.session.attr.names()).toEqual(['cart', 'iban'])
    expect(await sso.sessions.resume(tokens.guest)).toBeUndefined()
  })

  test('sessions revoked, users removed: none is left at the target', async () => {
    const { bobId, token } = await furnished()
    await copy({ to })
    await within(source(), undefined, async (store) => {
      await store.sessions.revoke('all', Date.now())
      await store.directory.deleteUser(bobId, write())
    })
    expect(await copy({ to })).toMatchObject({ settled: true, kinds: { sessions: { target: 0 }, users: { target: 2 } } })
    await using target = await openStore(to)
    expect(await target.sessions.load(token.slice(4, 28), 'header', Date.now())).toBeUndefined()
    expect(await target.directory.findUser({ userId: bobId })).toBeUndefined()
  })

  test('a history alone that has grown is brought', async () => {
    const { token } = await furnished()
    await copy({ to })
    const id = token.slice(4, 28)
    await within(source(), undefined, async ({ sessions }) => {
      const interaction = { at: Date.now(), remoteAddr: '192.0.2.7', userAgent: 'curl', source: 'renew' }
      await sessions.update(id, { header: { interaction } }, Date.now())
    })
    await copy({ to })
    await using target = await openStore(to)
    const listed = (await all((query) => target.sessions.list(query, Date.now()))).find((session) => session.id === id)
    expect(listed?.history.map(({ source }) => source)).toEqual(['login', 'renew'])
  })

  test.each([
    ['a login', async (sso: Sojourn) => void (await sso.user.login({ ...anna, currentApp: 'CRM' }))],
    [
      'a user',
      async (sso: Sojourn) =>
        void (await sso.user.createUser({
          data: { username: 'eve', password: anna.password },
          requireSuperUser: false,
          autoApprove: true,
        })),
    ],
  ])('%s at the target since: refused before anything is written, unless that is to be lost', async (_, act) => {
    await furnished()
    await copy({ to })
    await within(to, undefined, async (store) => {
      const sso = await openOn(store)
      await act(sso)
      await sso.close()
    })
    const before = await within(to, undefined, dump)
    const { code, stderr } = await command(argsOf({ to }))
    expect(code).toBe(16)
    expect(stderr).toMatch(/was used since it was copied to/)
    expect(await within(to, undefined, dump)).toEqual(before)
    expect(await copy({ to }, '--take-used-target')).toMatchObject({ settled: true })
    const { sessions, users } = (await within(to, undefined, dump)) as { sessions: unknown; users: unknown }
    expect({ sessions, users }).toEqual(
      await within(source(), undefined, async (store) => {
        const found = (await dump(store)) as { sessions: unknown; users: unknown }
        return { sessions: found.sessions, users: found.users }
      }),
    )
  })

  test('a guest session at the target since, which leaves no record, is found as well', async () => {
    await furnished()
    await copy({ to })
    await within(to, undefined, async (store) => {
      const { items } = await store.sessions.list({ limit: 1 }, Date.now())
      const model = await store.sessions.load(items[0]?.id ?? '', 'header', Date.now())
      if (typeof model !== 'object') throw new Error('there is no session')
      const createdAt = Date.now() + 120_000 // as if some minutes had passed since the copy
      const guest = { ...model, id: 'A'.repeat(24), principal: null, createdAt, expiresAt: createdAt + HOUR }
      await store.sessions.create({ ...guest, history: [], attributes: new Map() })
    })
    const { code, stderr } = await command(argsOf({ to }))
    expect([code, stderr]).toEqual([16, expect.stringContaining(`session ${'A'.repeat(24)} is not known`)])
  })
})

describe('what is no end of a copy is refused', () => {
  test.each([
    [['--to', 'sqlite:x'], 2, /--from URL/],
    [['--from', 'sqlite:x'], 2, /--to URL/],
    [['--from', 'sqlite:missing.db', '--to', 'sqlite:x'], 16, /no database at sqlite:missing\.db/],
    [['--from', 'sqlite:./x', '--to', 'sqlite:x'], 2, /the same place/],
    [['--from', 'memory:', '--to', 'sqlite:x'], 2, /keeps nothing/],
    [['--from', 'SOURCE', '--to', 'memory:'], 2, /keeps nothing/],
    [['--from', 'SOURCE', '--to', 'redis://u:hidden@h'], 2, /keeps sessions only: name it with --to-sessions/],
    [['--from', 'redis://u:hidden@h', '--to', 'sqlite:x'], 2, /keeps sessions only: name it with --from-sessions/],
    [['--from', 'SOURCE', '--to', 'sqlite:x', '--db', 'sqlite:y'], 2, /--db/],
  ])('%j', async (args, exit, pattern) => {
    await furnished()
    const { code, stdout, stderr } = await command(['store', 'copy', ...args.map((arg) => (arg === 'SOURCE' ? source() : arg))])
    expect([code, stdout]).toEqual([exit, ''])
    expect(stderr).toMatch(pattern)
    expect(stderr).not.toContain('hidden')
  })

  test('another installation, and a target with users that no copy made', async () => {
    await furnished()
    const to = place('other')
    await within(to, undefined, ({ directory }) => directory.installationKey(new Uint8Array(32).fill(7)))
    const other = await command(argsOf({ to }))
    expect([other.code, other.stderr]).toEqual([16, expect.stringContaining('belongs to another installation')])

    const used = place('used')
    await within(used, undefined, async (store) => {
      const sso = await openOn(store)
      await sso.user.createUser({ data: anna, requireSuperUser: false, autoApprove: true })
      await sso.close()
    })
    const refused = await command(argsOf({ to: used }))
    expect([refused.code, refused.stderr]).toEqual([16, expect.stringContaining('holds users already')])
  })
})

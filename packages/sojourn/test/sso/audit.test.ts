// Does every call leave one record that says who did what to whom and how it ended, and nothing that is secret?
import { afterEach, describe, expect, test, vi } from 'vitest'
import type { AuditRecord } from '../../src/index.ts'
import { memoryStore } from '../../src/memory.ts'
import { auditTrail } from '../../src/sso/audit/audit-trail.ts'
import { type Opened, OTHER_PASSWORD, open, PASSWORD, watchedStore } from './support/open.ts'

/** The records of one correlation id. */
async function recordsOf({ audit }: Opened, cid: string): Promise<readonly AuditRecord[]> {
  return (await audit()).filter((record) => record.cid === cid)
}

interface Row {
  readonly name: string
  readonly operation: string
  readonly call: (opened: Opened, cid: string) => Promise<unknown>
  readonly outcome?: 'refused'
  readonly reason?: string
  readonly actor?: (opened: Opened) => string | null
  readonly target?: (opened: Opened) => string | null
}

const byRoot = ({ root }: Opened) => root.userId
const byAda = ({ ada }: Opened) => ada.userId
const onAda = byAda

const ROWS: readonly Row[] = [
  {
    name: 'a login',
    operation: 'user.login',
    call: ({ sso }, cid) => sso.user.login({ cid, username: 'ada', password: PASSWORD }),
    actor: byAda,
    target: () => 'ada',
  },
  {
    name: 'a login with a wrong password',
    operation: 'user.login',
    call: ({ sso }, cid) => sso.user.login({ cid, username: 'ada', password: 'wrong' }),
    outcome: 'refused',
    reason: 'ERR_CREDENTIALS_INVALID',
    target: () => 'ada',
  },
  {
    name: 'a lock',
    operation: 'user.lock_user',
    call: ({ sso, root, ada }, cid) => sso.user.lockUser({ cid, currentUst: root.ust, userId: ada.userId }),
    actor: byRoot,
    target: onAda,
  },
  {
    name: 'an unlock',
    operation: 'user.unlock_user',
    call: ({ sso, root, ada }, cid) => sso.user.unlockUser({ cid, currentUst: root.ust, userId: ada.userId }),
    actor: byRoot,
    target: onAda,
  },
  {
    name: 'a lock by somebody who may not',
    operation: 'user.lock_user',
    call: ({ sso, root, ada }, cid) => sso.user.lockUser({ cid, currentUst: ada.ust, userId: root.userId }),
    outcome: 'refused',
    reason: 'ERR_ACCESS_DENIED',
    actor: byAda,
    target: byRoot,
  },
  {
    name: 'an approval',
    operation: 'user.approve_user',
    call: ({ sso, root, ada }, cid) => sso.user.approveUser({ cid, currentUst: root.ust, userId: ada.userId }),
    actor: byRoot,
    target: onAda,
  },
  {
    name: 'a rejection',
    operation: 'user.reject_user',
    call: ({ sso, root, ada }, cid) => sso.user.rejectUser({ cid, currentUst: root.ust, userId: ada.userId }),
    actor: byRoot,
    target: onAda,
  },
  {
    name: 'a deletion',
    operation: 'user.delete_user_by_username',
    call: ({ sso, root }, cid) => sso.user.deleteUserByUsername({ cid, currentUst: root.ust, username: 'ada' }),
    actor: byRoot,
    target: onAda,
  },
  {
    name: 'a change of password',
    operation: 'user.change_password',
    call: ({ sso, ada }, cid) =>
      sso.user.changePassword({ cid, currentUst: ada.ust, data: { oldPassword: PASSWORD, newPassword: OTHER_PASSWORD } }),
    actor: byAda,
    target: onAda,
  },
  {
    name: 'setting a password',
    operation: 'user.set_password',
    call: ({ sso, ada }, cid) => sso.user.setPassword({ cid, userId: ada.userId, password: OTHER_PASSWORD }),
    actor: () => 'auto',
    target: onAda,
  },
  {
    name: 'reading a user',
    operation: 'user.get_user_by_id',
    call: ({ sso, root, ada }, cid) => sso.user.getUserById({ cid, currentUst: root.ust, userId: ada.userId }),
    actor: byRoot,
    target: onAda,
  },
  {
    name: 'a call without a session',
    operation: 'session.get_list',
    call: ({ sso }, cid) => sso.user.session.getList({ cid }),
    outcome: 'refused',
    reason: 'ERR_SESSION_ENDED',
  },
  {
    name: 'reading a session',
    operation: 'session.get',
    call: ({ sso, root, ada }, cid) => sso.user.session.get({ cid, currentUst: root.ust, targetUst: ada.ust }),
    actor: byRoot,
    target: onAda,
  },
  {
    name: 'a look at one’s own session',
    operation: 'session.get',
    call: ({ sso, ada }, cid) => sso.user.session.get({ cid, currentUst: ada.ust, targetUst: ada.ust }),
    actor: byAda,
    target: onAda,
  },
  {
    name: 'the end of somebody else’s session',
    operation: 'session.end',
    call: ({ sso, root, ada }, cid) => sso.user.session.end({ cid, currentUst: root.ust, id: ada.ust.slice(4, 28) }),
    actor: byRoot,
    target: onAda,
  },
  {
    name: 'the making of a user whose name is taken',
    operation: 'user.create_user',
    call: ({ sso, root }, cid) =>
      sso.user.createUser({ cid, currentUst: root.ust, data: { username: 'ada', password: PASSWORD } }),
    outcome: 'refused',
    reason: 'ERR_USER_EXISTS',
    actor: byRoot,
    target: () => null,
  },
  {
    name: 'ending all sessions',
    operation: 'session.end_all',
    call: ({ sso, root, ada }, cid) => sso.user.session.endAll({ cid, currentUst: root.ust, userId: ada.userId }),
    actor: byRoot,
    target: onAda,
  },
  {
    name: 'a logout',
    operation: 'user.logout',
    call: ({ sso, ada }, cid) => sso.user.logout({ cid, currentUst: ada.ust }),
    actor: byAda,
    target: onAda,
  },
]

describe('W-17: one record a call', () => {
  test.each(ROWS)('$name', async ({ operation, call, outcome = 'ok', reason = null, actor, target }) => {
    const opened = await open()
    await call(opened, 'the-call').catch(() => undefined)
    expect(await recordsOf(opened, 'the-call')).toEqual([
      {
        at: opened.clock.now(),
        cid: 'the-call',
        operation,
        outcome,
        reason,
        actor: actor?.(opened) ?? null,
        target: target?.(opened) ?? null,
        remoteAddr: '',
        app: 'CRM',
        details: expect.any(Object),
      },
    ])
  })

  test('attribute calls: names, session and outcome, one each whatever the number of items', async () => {
    const opened = await open()
    const { sso, ada } = opened
    const mine = sso.as({ cid: 'attrs', currentUst: ada.ust, remoteAddr: '192.0.2.1' })
    const session = await mine.user.session.getCurrentSession()
    await session.attr.createMany([
      { name: 'a', value: 1 },
      { name: 'b', value: 2 },
    ])
    await session.attr.create('a', 1).catch(() => undefined)
    await session.attr.get('a')
    const user = await mine.user.getCurrentUser()
    await user.attr.setMany([
      { name: 'c', value: 1 },
      { name: 'd', value: 2 },
    ])
    await user.attr.update('none', 1).catch(() => undefined)
    const records = await recordsOf(opened, 'attrs')
    expect(
      records.map(({ operation, outcome, reason, details }) => [operation, outcome, reason, details['names']]).sort(),
    ).toEqual(
      [
        ['session.get_current_session', 'ok', null, undefined],
        ['session.attr.create_many', 'ok', null, ['a', 'b']],
        ['session.attr.create', 'refused', 'ERR_ATTRIBUTE_EXISTS', ['a']],
        ['session.attr.get', 'ok', null, ['a']],
        ['user.get_current_user', 'ok', null, undefined],
        ['user.attr.set_many', 'ok', null, ['c', 'd']],
        ['user.attr.update', 'refused', 'ERR_ATTRIBUTE_MISSING', ['none']],
      ].sort(),
    )
    for (const record of records) expect(record).toMatchObject({ actor: ada.userId, target: ada.userId, remoteAddr: '192.0.2.1' })
  })

  test('a call that cannot be understood leaves one as well', async () => {
    const opened = await open()
    await expect(opened.sso.user.login(JSON.parse('{"username":"ada","pasword":"x"}'))).rejects.toMatchObject({
      errors: [{ field: 'pasword' }],
    })
    expect((await opened.audit()).at(-1)).toMatchObject({
      operation: 'user.login',
      outcome: 'refused',
      reason: 'ERR_OPTION_INVALID',
    })
  })

  test('an outage is a failure, and the record of a change stands or falls with it', async () => {
    const opened = await open()
    const { sso, ada, root, watched } = opened
    watched.before('directory.updateUser', () => {
      throw new Error('away')
    })
    const lock = sso.user.lockUser({ cid: 'lock', currentUst: root.ust, userId: ada.userId })
    await expect(lock).rejects.toMatchObject({ code: 'ERR_STORE_UNAVAILABLE' })
    expect(await recordsOf(opened, 'lock')).toMatchObject([{ outcome: 'failed', reason: 'ERR_STORE_UNAVAILABLE' }])
  })

  test('the record of a change is there as soon as the change is', async () => {
    const { sso, ada, root, watched } = await open()
    await sso.user.lockUser({ cid: 'lock', currentUst: root.ust, userId: ada.userId })
    const { items } = await watched.store.directory.listAudit({ limit: 100, cid: 'lock' })
    expect(items).toHaveLength(1)
  })
})

test('no record holds a password, a token, a secret or a value', async () => {
  const opened = await open()
  const { sso, ada, root } = opened
  const canary = 'canary-value-5150'
  const mine = sso.as({ currentUst: ada.ust })
  const { attr } = await mine.user.session.getCurrentSession()
  await attr.set('note', canary)
  await attr.update('note', canary, { encrypt: true })
  await (await mine.user.getCurrentUser()).attr.set('note', canary)
  await mine.user.session.get({ targetUst: root.ust }).catch(() => undefined)
  await sso.user.login({ username: 'ada', password: 'wrong-password-1', newPassword: 'new-password-1' }).catch(() => undefined)
  const { ust } = await sso.user.changePassword({
    currentUst: ada.ust,
    data: { oldPassword: PASSWORD, newPassword: OTHER_PASSWORD },
    keepCurrent: true,
  })
  const records = await opened.audit()
  const text = JSON.stringify(records)
  const secrets = [ada.ust, root.ust, ust ?? ''].map((token) => token.split('.')[1] ?? '')
  for (const secret of [canary, PASSWORD, OTHER_PASSWORD, 'wrong-password-1', 'new-password-1', ...secrets]) {
    expect(secret).not.toBe('')
    expect(text).not.toContain(secret)
  }
  expect(records.length).toBeGreaterThan(10)
})

describe('the queue', () => {
  afterEach(() => vi.useRealTimers())

  const record: AuditRecord = {
    at: 1,
    cid: 'c',
    operation: 'user.login',
    outcome: 'ok',
    reason: null,
    actor: null,
    target: null,
    remoteAddr: '',
    app: '',
    details: {},
  }
  const quiet = { clock: () => 1, events: { on: () => () => {}, emit: () => {} } }

  test('writes after a second, or as soon as a batch is full', async () => {
    vi.useFakeTimers()
    const batches: number[] = []
    const trail = auditTrail({ appendAudit: async (records) => void batches.push(records.length) }, quiet)
    trail.add(record)
    await vi.advanceTimersByTimeAsync(999)
    expect(batches).toEqual([])
    await vi.advanceTimersByTimeAsync(1)
    expect(batches).toEqual([1])
    for (let index = 0; index < 500; index += 1) trail.add(record)
    await vi.advanceTimersByTimeAsync(0)
    expect(batches).toEqual([1, 500])
  })

  test('keeps what could not be written, in order and in bounded number, and says how much was lost', async () => {
    vi.useFakeTimers()
    let isAway = true
    const kept: AuditRecord[] = []
    const events: string[] = []
    const trail = auditTrail(
      {
        async appendAudit(records) {
          if (isAway) throw new Error('away')
          kept.push(...records)
        },
      },
      { ...quiet, events: { on: () => () => {}, emit: ({ type }) => void events.push(type) } },
    )
    for (let index = 0; index < 10_010; index += 1) trail.add({ ...record, at: index })
    await vi.advanceTimersByTimeAsync(1000)
    expect(events).toContain('audit.failed')
    isAway = false
    await vi.advanceTimersByTimeAsync(1000)
    const written = kept.filter(({ operation }) => operation !== 'audit.lost')
    expect(written.map(({ at }) => at)).toEqual(Array.from({ length: 10_000 }, (_, index) => index))
    expect(kept.filter(({ operation }) => operation === 'audit.lost')).toMatchObject([{ details: { count: 10 } }])
  })

  test('close writes what waits', async () => {
    const store = memoryStore()
    const { sso } = await open({}, watchedStore(store))
    await sso.user.login({ cid: 'last', username: 'ada', password: PASSWORD })
    await sso.close()
    expect((await store.directory.listAudit({ limit: 10, cid: 'last' })).items).toHaveLength(1)
  })
})

// Does a sealed value open only where it was sealed, and as it was?
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import type { Attributes } from 'sojourn'
import { sqliteStore } from 'sojourn/sqlite'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { codeOf, KEYS, openSojourn, openWorld } from './world.ts'

let folder = ''
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'sojourn-sealed-'))
})
afterAll(() => rmSync(folder, { recursive: true }))

/** Attributes as they lie in a column: sealed ones are a text in a list. */
type Column = Record<string, [value: string | [string], ...rest: unknown[]]>

/** Changes the attributes of a row behind everybody's back. */
function edit(path: string, table: 'sessions' | 'user_attributes', key: string, change: (column: Column) => Column): void {
  using db = new DatabaseSync(path)
  const id = table === 'sessions' ? 'id' : 'user_id'
  const row = db.prepare(`SELECT attributes FROM sojourn_${table} WHERE ${id} = ?`).get(key)
  db.prepare(`UPDATE sojourn_${table} SET attributes = ? WHERE ${id} = ?`).run(
    JSON.stringify(change(JSON.parse(String(row?.['attributes'])))),
    key,
  )
}

function read(path: string, table: 'sessions' | 'user_attributes', key: string): Column {
  let found: Column = {}
  edit(path, table, key, (column) => {
    found = structuredClone(column)
    return column
  })
  return found
}

const idOf = (ust: string) => ust.slice(4, 28)

/** A world with the same name sealed in two sessions of one user, in a session of another, and on two users. */
async function sealed(name: string) {
  const path = join(folder, name)
  const world = await openWorld(sqliteStore(path))
  const second = await world.login('ada')
  const bob = await world.user('bob')
  const sessions = [world.ada.ust, second, bob.ust]
  const attrs: Attributes[] = []
  for (const ust of sessions) attrs.push(await world.attr(ust))
  const users = [world.ada, bob]
  const userAttrs = await Promise.all(
    users.map(async ({ ust }) => (await world.sso.user.getCurrentUser({ currentUst: ust })).attr),
  )
  for (const attr of [...attrs, ...userAttrs]) {
    await attr.createMany([
      { name: 'pin', value: 'mine', encrypt: true },
      { name: 'other', value: 'mine too', encrypt: true },
      { name: 'plain', value: 1 },
    ])
  }
  return {
    path,
    world,
    ids: sessions.map(idOf),
    attrs,
    userIds: users.map(({ userId }) => userId),
    userAttrs,
    [Symbol.asyncDispose]: () => world.sso.close(),
  }
}

it('copied to another name, another session or another user in the database file, it is refused by name and quoted nowhere', async () => {
  await using there = await sealed('copied.db')
  const { path, ids, attrs, userIds, userAttrs } = there
  const [ada, second, bob] = ids as [string, string, string]
  const [adaUser, bobUser] = userIds as [string, string]
  const mine = read(path, 'sessions', ada)
  const users = read(path, 'user_attributes', adaUser)
  const places = [
    ['another name', 'sessions', ada, 'other', mine['pin']![0], attrs[0]],
    ['a plain one’s name', 'sessions', ada, 'plain', mine['pin']![0], attrs[0]],
    ['another session of the same user', 'sessions', second, 'pin', mine['pin']![0], attrs[1]],
    ['somebody else’s session', 'sessions', bob, 'pin', mine['pin']![0], attrs[2]],
    ['another name of a user', 'user_attributes', adaUser, 'other', users['pin']![0], userAttrs[0]],
    ['another user', 'user_attributes', bobUser, 'pin', users['pin']![0], userAttrs[1]],
    ['from a session to its user', 'user_attributes', adaUser, 'pin', mine['pin']![0], userAttrs[0]],
    ['from a user to their session', 'sessions', ada, 'pin', users['pin']![0], attrs[0]],
  ] as const
  for (const [where, table, key, name, value, attr] of places) {
    let before: Column = {}
    edit(path, table, key, (column) => {
      before = structuredClone(column)
      return { ...column, [name]: [value] }
    })
    const error = await attr!.get(name).then(
      (found) => expect.fail(`${where}: it opened as ${JSON.stringify(found)}`),
      (raised: unknown) => raised,
    )
    expect(['ERR_STORE_CORRUPT', 'ERR_KEY_MISSING'], where).toContain(Reflect.get(Object(error), 'code'))
    expect(error, where).toMatchObject({ names: [name] })
    expect(`${error} ${JSON.stringify(error)}`, where).not.toMatch(/mine|sql/i)
    edit(path, table, key, () => before)
    expect((await attr!.get(name))?.value, where).toBe(before[name]![0] === '1' ? 1 : name === 'pin' ? 'mine' : 'mine too')
  }
})

it('with its session’s key copied along, it is refused as well', async () => {
  await using there = await sealed('with-key.db')
  const { path, ids, attrs } = there
  {
    using db = new DatabaseSync(path)
    db.prepare(
      'UPDATE sojourn_sessions SET data_key = (SELECT data_key FROM sojourn_sessions WHERE id = ?), attributes = (SELECT attributes FROM sojourn_sessions WHERE id = ?) WHERE id = ?',
    ).run(ids[0]!, ids[0]!, ids[1]!)
  }
  expect(await codeOf(attrs[1]!.get('pin'))).toBe('ERR_STORE_CORRUPT')
})

it('any change of its bytes, and any other length, is refused', async () => {
  await using there = await sealed('bits.db')
  const { path, ids, attrs, userIds, userAttrs } = there
  for (const [table, key, attr] of [
    ['sessions', ids[0]!, attrs[0]!],
    ['user_attributes', userIds[0]!, userAttrs[0]!],
  ] as const) {
    const bytes = Buffer.from((read(path, table, key)['pin']![0] as [string])[0], 'base64url')
    const forged = [...bytes.keys()].map((at) => {
      const other = Buffer.from(bytes)
      other[at]! ^= 1 << (at % 8)
      return other
    })
    forged.push(
      bytes.subarray(1),
      bytes.subarray(0, -1),
      Buffer.concat([bytes, Buffer.of(0)]),
      Buffer.alloc(0),
      Buffer.alloc(bytes.length),
    )
    for (const [at, each] of forged.entries()) {
      edit(path, table, key, (column) => ({ ...column, pin: [[each.toString('base64url')]] }))
      expect(['ERR_STORE_CORRUPT', 'ERR_KEY_MISSING'], `${table} ${at}`).toContain(await codeOf(attr.get('pin')))
    }
    edit(path, table, key, (column) => ({ ...column, pin: [[bytes.toString('base64url')]] }))
    expect((await attr.get('pin'))?.value).toBe('mine')
  }
})

it('without the key it was sealed under it is named, with old and new keys it opens, and a stranger’s key opens nothing', async () => {
  const path = join(folder, 'keys.db')
  const newer = Buffer.alloc(32, 7).toString('base64url')
  let ust: string
  const clock = await (async () => {
    await using world = await openWorld(sqliteStore(path))
    ust = world.ada.ust
    await (await world.attr(ust)).create('pin', 'mine', { encrypt: true })
    await (await world.sso.user.getCurrentUser({ currentUst: ust })).attr.create('pin', 'mine', { encrypt: true })
    return world.clock
  })()
  for (const [keys, outcome] of [
    [[newer, ...KEYS], undefined],
    [[Buffer.alloc(32, 8).toString('base64url')], 'ERR_KEY_MISSING'],
    [[], 'ERR_KEY_MISSING'],
  ] as const) {
    await using other = await openSojourn(sqliteStore(path), { keys }, clock)
    const { attr: ofUser } = await other.sso.user.getCurrentUser({ currentUst: ust! })
    expect(await codeOf(ofUser.get('pin'))).toBe(outcome)
    // The data key of the session has been wrapped under the newest key when its token came with that.
    const ofSession = await other.attr(ust!)
    expect(await codeOf(ofSession.get('pin'))).toBe(outcome)
    expect(await ofSession.get('pin', { decrypt: false })).toMatchObject({ isEncrypted: true, value: undefined })
  }
})

it('who has only the id sees that it is sealed, and can neither read it nor replace it, whatever they ask for', async () => {
  await using there = await sealed('only-id.db')
  const { world, ids } = there
  const { attr } = await world.sso.user.session.get({ currentUst: world.root.ust, id: ids[0]! })
  for (const call of [
    () => attr.get('pin'),
    () => attr.set('pin', 1),
    () => attr.set('pin', 1, { encrypt: false }),
    () => attr.set('pin', 1, { encrypt: true }),
    () => attr.update('pin', 1),
    () => attr.update('pin', () => 1, { encrypt: false }),
    () => attr.updateMany([{ name: 'pin', value: 1, encrypt: false }]),
    () => attr.increment('pin'),
    () => attr.toDict(),
  ])
    expect(await codeOf(call())).toBe('ERR_ATTRIBUTE_SEALED')
  expect(await attr.get('pin', { decrypt: false })).toMatchObject({ isEncrypted: true, value: undefined })
  const empty = (await world.login('ada')).slice(4, 28)
  const { attr: first } = await world.sso.user.session.get({ currentUst: world.root.ust, id: empty })
  await expect(first.create('new', 1, { encrypt: true })).rejects.toMatchObject({ code: 'ERR_ATTRIBUTE_SEALED', names: ['new'] })
  expect((await there.attrs[0]!.get('pin'))?.value).toBe('mine')
})

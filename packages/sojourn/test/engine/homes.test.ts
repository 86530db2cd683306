// Do the faces' own homes, edits and scopes work as those of sessions do?
import { beforeEach, describe, expect, it } from 'vitest'
import { type AttributeScope, coreOf, registerCore, type SessionHandle } from '../../src/engine/core.ts'
import { appliedAttributes } from './applied-attributes.ts'
import { codeOf, failure, key, type OpenEngine, openEngine } from './open-engine.ts'

let engine: OpenEngine
beforeEach(() => {
  engine = openEngine()
})

describe('attributes of a user', () => {
  /** A directory of one user, in a map. */
  function userAttributes(open: OpenEngine, userId = 'anna', kept = appliedAttributes()) {
    const home = open.core.ringHome({ userId, read: kept.read, write: kept.write })
    return { kept, attr: open.core.attributes({ schema: undefined, run: (_verb, _names, work) => work(home) }) }
  }

  it('follow the same rules, sealed by the key ring', async () => {
    const { attr, kept } = userAttributes(engine)
    await attr.createMany([
      { name: 'a', value: 1 },
      { name: 'pin', value: 1234, encrypt: true },
    ])
    expect(kept.attributes().get('pin')?.value).toBeInstanceOf(Uint8Array)
    await attr.set('pin', 5)
    await attr.update('pin', (old: number) => old + 1)
    expect(await attr.increment('pin')).toBe(7)
    expect(await attr.get('pin')).toMatchObject({ value: 7, isEncrypted: true })
    await attr.set('pin', 8, { encrypt: false })
    expect(await attr.get('pin')).toMatchObject({ value: 8, isEncrypted: false })
    expect(await codeOf(attr.create('a', 1))).toBe('ERR_ATTRIBUTE_EXISTS')
    await attr.deleteMany(['a', 'pin'])
    expect(await attr.names()).toEqual([])
  })

  it('do not open as another user', async () => {
    const { attr, kept } = userAttributes(engine)
    await attr.set('pin', 1, { encrypt: true })
    expect(await codeOf(userAttributes(engine, 'bob', kept).attr.get('pin'))).toBe('ERR_STORE_CORRUPT')
    expect(await codeOf(userAttributes(openEngine({ keys: [key()] }), 'anna', kept).attr.get('pin'))).toBe('ERR_KEY_MISSING')
  })

  it('of nobody are ERR_USER_MISSING', async () => {
    const { attr, kept } = userAttributes(engine)
    kept.remove()
    expect(await codeOf(attr.get('a'))).toBe('ERR_USER_MISSING')
    expect(await codeOf(attr.set('a', 1))).toBe('ERR_USER_MISSING')
  })

  it('have limits', async () => {
    const { attr } = userAttributes(engine)
    expect(await codeOf(attr.setMany(Array.from({ length: 2001 }, (_, n) => ({ name: `${n}`, value: n }))))).toBe(
      'ERR_VALUE_TOO_LARGE',
    )
  })
})

describe('a scope', () => {
  it('runs around each use of a verb, before its arguments are checked', async () => {
    const { session } = await engine.sessions.start({ principal: 'anna' })
    const handle = (await engine.core.openById(session.id)) as SessionHandle
    const uses: unknown[] = []
    const scope: AttributeScope<Record<never, never>> = {
      schema: undefined,
      async run(verb, names, work) {
        uses.push([verb, names])
        if (uses.length > 7) throw new Error('not allowed')
        return work(handle)
      },
    }
    const attr = engine.core.attributes(scope)
    await attr.setMany([
      { name: 'a', value: 1 },
      { name: 'b', value: 2 },
    ])
    await attr.getMany(['a'])
    await attr.names()
    await attr.update('a', () => 5)
    await attr.deleteMany(['a'])
    await codeOf(attr.createMany([{ name: 'x' } as never, 5 as never]))
    await codeOf(attr.deleteMany('x' as never))
    expect((await failure(attr.set('$', undefined))).message).toBe('not allowed')
    expect(uses).toEqual([
      ['setMany', ['a', 'b']],
      ['getMany', ['a']],
      ['names', []],
      ['update', ['a']],
      ['deleteMany', ['a']],
      ['createMany', ['x']],
      ['deleteMany', []],
      ['set', ['$']],
    ])
  })
})

describe('edits', () => {
  const opened = async () => {
    const { session, token } = await engine.sessions.start({
      principal: 'anna',
      sliding: true,
      attributes: { list: [1], n: 5, old: 'x' },
    })
    const answer = await engine.core.open(token, { want: 'all' })
    if (answer.state !== 'live') throw new Error(answer.state)
    return { session, token, handle: answer.handle }
  }

  it('of all kinds go in one write, together with the touch that is due', async () => {
    const { token, session } = await opened()
    engine.time.advance(400)
    const answer = await engine.core.open(token, { want: 'all' })
    if (answer.state !== 'live') throw new Error(answer.state)
    const { handle } = answer
    engine.calls.length = 0
    const results = await engine.core.edit(handle, [
      { kind: 'put', name: 'new', value: { a: 1 }, when: 'always' },
      { kind: 'change', name: 'list', change: (old) => [...(old as number[]), 2], when: 'always' },
      {
        kind: 'change',
        name: 'made',
        change: (old) => old ?? 'fresh',
        when: 'always',
        encrypt: true,
        expiresAt: engine.time.now() + 1000,
      },
      { kind: 'add', name: 'n', by: 2 },
      { kind: 'drop', name: 'old', when: 'always' },
      { kind: 'put', name: '$csrf', value: 1, when: 'absent', expiresAt: engine.time.now() + 1000 },
    ])
    expect(engine.calls).toEqual(['update'])
    expect(results).toEqual(
      new Map<string, unknown>([
        ['n', 7],
        ['list', [1, 2]],
        ['made', 'fresh'],
      ]),
    )
    expect(handle.header().expiresAt).toBe(engine.time.now() + 3_600_000)
    expect(await handle.settle()).toBe(true)
    expect(engine.calls).toEqual(['update'])
    const attr = (await engine.sessions.resume(token))!.session.attr
    expect(Object.fromEntries(Object.entries(await attr.toDict()).map(([name, { value }]) => [name, value]))).toEqual({
      new: { a: 1 },
      list: [1, 2],
      made: 'fresh',
      n: 7,
    })
    expect((await attr.get('made'))?.isEncrypted).toBe(true)
    expect(session.id).toBe(handle.id)
  })

  it('of two handles that change the same thing both count', async () => {
    const { token } = await opened()
    const answers = await Promise.all(Array.from({ length: 20 }, () => engine.core.open(token, { want: 'all' })))
    await Promise.all(
      answers.map(async (answer, n) => {
        if (answer.state !== 'live') throw new Error(answer.state)
        await engine.core.edit(answer.handle, [
          { kind: 'change', name: 'list', change: (old) => [...(old as number[]), n], when: 'always' },
          { kind: 'change', name: n % 2 === 0 ? 'even' : 'odd', change: (old) => Number(old ?? 0) + 1, when: 'always' },
          { kind: 'add', name: 'n', by: 1 },
        ])
      }),
    )
    const attr = (await engine.sessions.resume(token))!.session.attr
    expect(await attr.get('list')).toMatchObject({ value: { length: 21 } })
    expect([(await attr.get('even'))?.value, (await attr.get('odd'))?.value, (await attr.get('n'))?.value]).toEqual([10, 10, 25])
  })

  it('take a one-time key once', async () => {
    const { handle, token } = await opened()
    await engine.core.edit(handle, [{ kind: 'put', name: '$key', value: 1, when: 'absent' }])
    const answers = await Promise.all(Array.from({ length: 100 }, () => engine.core.open(token)))
    const taken = await Promise.allSettled(
      answers.map((answer) =>
        engine.core.edit(answer.state === 'live' ? answer.handle : handle, [{ kind: 'drop', name: '$key', when: 'present' }]),
      ),
    )
    expect(taken.filter(({ status }) => status === 'fulfilled').length).toBe(1)
  })

  it('refused leave everything as it was, and what is due to the next one', async () => {
    const { token } = await opened()
    engine.time.advance(400)
    const answer = await engine.core.open(token, { want: 'all' })
    if (answer.state !== 'live') throw new Error(answer.state)
    const { handle } = answer
    expect(await codeOf(engine.core.edit(handle, [{ kind: 'put', name: 'n', value: 1, when: 'absent' }]))).toBe(
      'ERR_ATTRIBUTE_EXISTS',
    )
    expect(
      await codeOf(
        engine.core.edit(handle, [{ kind: 'put', name: 'x', value: 'xx', when: 'always' }], {
          limits: { attributes: 3, bytes: 1000 },
        }),
      ),
    ).toBe('ERR_VALUE_TOO_LARGE')
    engine.calls.length = 0
    expect(await handle.settle()).toBe(true)
    expect(engine.calls).toEqual(['update'])
    expect((await engine.core.open(token)).state).toBe('live')
  })

  it('of a session that ended meanwhile are refused', async () => {
    const { handle, session } = await opened()
    await engine.sessions.end(session.id)
    expect(await codeOf(engine.core.edit(handle, []))).toBe('ERR_SESSION_ENDED')
  })

  it('give up when the session itself is changed by others each time', async () => {
    const inner = openEngine().store
    const store = { ...inner, update: async () => ({ outcome: 'superseded' as const }) }
    const other = openEngine({ store })
    const { session } = await other.sessions.start({ principal: 'anna' })
    expect(await codeOf(session.attr.set('a', 1))).toBe('ERR_ATTRIBUTE_CONFLICT')
  })
})

it('the core is found behind the object it was registered for, and no other', () => {
  const face = {}
  registerCore(face, engine.core)
  expect(coreOf(face)).toBe(engine.core)
  expect(coreOf({})).toBeUndefined()
})

// Do sessions begin, show and end as promised, and is bad input refused?
import { beforeEach, describe, expect, it } from 'vitest'
import type { RevokeScope, SessionStore } from '../../src/index.ts'
import { memorySessions } from '../../src/stores/memory/memory-sessions.ts'
import { codeOf, failure, INSTALLATION_KEY, key, type OpenEngine, openEngine } from './open-engine.ts'

let engine: OpenEngine
beforeEach(() => {
  engine = openEngine()
})

describe('start', () => {
  it('takes one store call, completes the details, and answers a token that opens the session', async () => {
    const { session, token } = await engine.sessions.start({
      principal: 'anna',
      details: { remoteAddr: '10.0.0.1' },
      attributes: { a: 1 },
    })
    expect(engine.calls).toEqual(['create'])
    expect(session).toMatchObject({
      principal: 'anna',
      createdAt: engine.time.now(),
      details: { remoteAddr: '10.0.0.1', userAgent: '', app: '', authType: 'default', methods: [], authenticatedAt: null },
    })
    const resumed = await engine.sessions.resume(token, { preload: ['a', 'b'] })
    expect(resumed?.session).toEqual({ ...session, attr: expect.anything() })
    expect((await resumed?.session.attr.get('a'))?.value).toBe(1)
    expect(engine.calls).toEqual(['create', 'load'])
  })

  it('keeps only a hash of the secret', async () => {
    const { token, session } = await engine.sessions.start({ principal: 'anna', attributes: { a: 1 } })
    const kept = JSON.stringify(await engine.store.load(session.id, 'all', engine.time.now()))
    expect(kept).not.toContain(token.split('.')[1])
  })

  it('loses against a revocation or a change of the user since the counters were read', async () => {
    const principal = engine.core.principal('anna')
    for (const change of [() => engine.sessions.revoke({ principal: 'anna' }), () => engine.sessions.refresh('anna')]) {
      const expected = await engine.core.store.counters(principal)
      await change()
      expect(await codeOf(engine.sessions.start({ principal: 'anna', expect: expected }))).toBe('ERR_CREDENTIALS_INVALID')
    }
    const counters = await engine.core.store.counters(principal)
    expect((await engine.core.start({ principal: 'anna', expect: counters })).handle.version).toBe(counters.version)
    expect((await engine.sessions.list({ principal: 'anna' })).items.length).toBe(1)
  })

  it('tells details that nobody changes for everybody, in sessions and in lists', async () => {
    const { token, session } = await engine.sessions.start({ principal: 'anna', details: { app: 'CRM' } })
    const listed = async () => (await engine.sessions.list({ principal: 'anna' })).items[0]
    for (const told of [session, await listed()]) Object.assign(told?.details ?? {}, { app: 'changed', authenticatedAt: 1 })
    const found = [(await engine.sessions.resume(token))?.session, await listed()]
    for (const each of found) expect(each?.details).toMatchObject({ app: 'CRM', authenticatedAt: null })
  })

  it('does not go on for ever when every id is taken', async () => {
    const store: SessionStore = { ...memorySessions(), create: async () => ({ outcome: 'exists' }) }
    expect(await codeOf(openEngine({ store }).sessions.start({ principal: null }))).toBe('ERR_STORE_CORRUPT')
  })

  it.each([
    ['principal', {}],
    ['principal', { principal: '' }],
    ['principal', { principal: 5 }],
    ['principal', { principal: '\ud800' }],
    ['principal', { principal: '__guest__' }],
    ['owner', { principal: 'anna', owner: 'x' }],
    ['ip', { principal: null, details: { ip: 'x' } }],
    ['details', { principal: null, details: 5 }],
    ['sliding', { principal: null, sliding: 1 }],
    ['attributes', { principal: null, attributes: 5 }],
    ['attributes', { principal: null, attributes: [1] }],
    ['attributes', { principal: null, attributes: new Map([['a', 1]]) }],
  ])('refuses a wrong `%s` by name: %o', async (field, options) => {
    const error = await failure(engine.sessions.start(options as never))
    expect(error.code).toBe('ERR_OPTION_INVALID')
    expect(error.errors[0]?.field).toBe(field)
    expect(engine.calls).toEqual([])
  })
})

describe('resume', () => {
  it('answers what was read, until this session object changes something', async () => {
    const { token } = await engine.sessions.start({ principal: 'anna', attributes: { a: 1, b: 2 } })
    const all = (await engine.sessions.resume(token, { preload: 'all' }))!.session
    const some = (await engine.sessions.resume(token, { preload: ['a'] }))!.session
    const none = (await engine.sessions.resume(token))!.session
    engine.calls.length = 0
    expect(Object.keys(await all.attr.toDict())).toEqual(['a', 'b'])
    expect((await all.attr.getMany(['a', 'x'])).get('x')).toBeUndefined()
    expect((await some.attr.get('a'))?.value).toBe(1)
    expect(engine.calls).toEqual([])
    await some.attr.get('b')
    await some.attr.names()
    await none.attr.get('a')
    expect(engine.calls).toEqual(['load', 'load', 'load'])
    await all.attr.set('a', 5)
    expect((await all.attr.get('a'))?.value).toBe(5)
  })

  it('answers no attribute that has expired since, and nothing of a session that has', async () => {
    const { session, token } = await engine.sessions.start({ principal: 'anna' })
    await session.attr.setMany([
      { name: 'a', value: 1, expiration: 10 },
      { name: 'b', value: 2 },
    ])
    const read = (await engine.sessions.resume(token, { preload: 'all' }))!.session
    engine.time.advance(10)
    expect(await read.attr.names()).toEqual(['b'])
    engine.time.advance(3600)
    expect(await codeOf(read.attr.get('b'))).toBe('ERR_SESSION_ENDED')
  })

  it.each([
    ['passive', { passive: 1 }],
    ['preload', { preload: 'some' }],
    ['preload[0]', { preload: [5] }],
    ['lazy', { lazy: true }],
    ['options', 5],
  ])('refuses a wrong `%s` by name', async (field, options) => {
    expect((await failure(engine.sessions.resume('x', options as never))).errors[0]?.field).toBe(field)
  })
})

describe('end and revoke', () => {
  it('ends one session at once, and says whether it was alive', async () => {
    const { session, token } = await engine.sessions.start({ principal: 'anna' })
    expect(await engine.sessions.end('not an id')).toBe(false)
    expect(await engine.sessions.end(session.id)).toBe(true)
    expect(await engine.sessions.end(session.id)).toBe(false)
    expect(await engine.sessions.resume(token)).toBeUndefined()
    expect(await codeOf(session.attr.set('a', 1))).toBe('ERR_SESSION_ENDED')
    expect(engine.events.filter(({ type }) => type === 'session.ended')).toEqual([
      { type: 'session.ended', at: engine.time.now(), id: session.id, reason: 'deleted' },
    ])
  })

  it('keeps a tombstone when asked, which is told apart inside only', async () => {
    const { session, token } = await engine.sessions.start({ principal: 'anna' })
    await engine.core.end(session.id, { reason: 'reset', principal: 'anna', tombstoneUntil: engine.time.now() + 1000 })
    expect(await engine.core.open(token)).toEqual({ state: 'ended' })
    expect(await engine.core.openById(session.id)).toBeUndefined()
    expect(await codeOf(session.attr.get('a'))).toBe('ERR_SESSION_ENDED')
    engine.time.advance(1)
    expect(await engine.core.open(token)).toEqual({ state: 'missing' })
  })

  it('ends all of a user but one, of guests, of everybody', async () => {
    const start = async (principal: string | null) => engine.sessions.start({ principal })
    const [anna1, anna2, bob, guest] = [await start('anna'), await start('anna'), await start('bob'), await start(null)]
    const alive = async () =>
      Promise.all([anna1, anna2, bob, guest].map(async ({ token }) => (await engine.sessions.resume(token)) !== undefined))
    await engine.sessions.revoke({ principal: 'anna', except: anna2.session.id })
    expect(await alive()).toEqual([false, true, true, true])
    await engine.sessions.revoke({ principal: 'anna' })
    expect(await alive()).toEqual([false, false, true, true])
    await engine.sessions.revoke('guests')
    expect(await alive()).toEqual([false, false, true, false])
    await engine.sessions.revoke('all')
    expect(await alive()).toEqual([false, false, false, false])
    expect(engine.events.filter(({ type }) => type === 'sessions.revoked').length).toBe(4)
    const swept = await engine.sessions.sweep({ limit: 3 })
    expect(swept).toEqual({ removed: 3, more: true })
    await engine.sessions.sweep()
    const ended = engine.events.flatMap((event) => (event.type === 'session.ended' ? [event.reason] : []))
    expect(ended).toEqual(['revoked', 'revoked', 'revoked', 'revoked'])
  })

  it.each<[unknown]>([
    [undefined],
    [null],
    [''],
    ['anna'],
    [{}],
    [{ principal: null }],
    [{ principal: '' }],
    [{ principal: undefined }],
    [{ principal: '__guest__' }],
    [{ principal: 'anna', except: 5 }],
    [{ user: 'anna' }],
  ])('revoke(%o) is refused and ends nothing', async (scope) => {
    const { token } = await engine.sessions.start({ principal: 'anna' })
    expect(await codeOf(engine.sessions.revoke(scope as RevokeScope))).toBe('ERR_OPTION_INVALID')
    expect(await engine.sessions.resume(token)).toBeDefined()
  })

  it('shows a changed user in the sessions there are', async () => {
    const { token } = await engine.sessions.start({ principal: 'anna' })
    const version = async () => {
      const opened = await engine.core.open(token)
      return opened.state === 'live' ? opened.handle.version : undefined
    }
    const before = await version()
    await engine.sessions.refresh('anna')
    expect(await version()).toBe((before ?? 0) + 1)
    expect(await codeOf(engine.sessions.refresh(''))).toBe('ERR_OPTION_INVALID')
  })
})

describe('list', () => {
  it('shows whose sessions there are, page by page, and nothing secret', async () => {
    for (let n = 0; n < 7; n += 1) await engine.sessions.start({ principal: n < 5 ? 'anna' : null, attributes: { a: 1 } })
    const ids = new Set<string>()
    let after: string | undefined
    do {
      const page = await engine.sessions.list({ principal: 'anna', limit: 2, after })
      for (const item of page.items) {
        expect(Object.keys(item).toSorted()).toEqual([
          'createdAt',
          'details',
          'expiresAt',
          'history',
          'id',
          'principal',
          'sliding',
        ])
        ids.add(item.id)
      }
      after = page.next
    } while (after !== undefined)
    expect(ids.size).toBe(5)
    expect((await engine.sessions.list({ principal: null })).items.length).toBe(2)
    expect((await engine.sessions.list()).items.length).toBe(7)
  })

  it.each([
    [{ limit: 0 }],
    [{ limit: 1001 }],
    [{ limit: 1.5 }],
    [{ limit: '5' }],
    [{ after: 5 }],
    [{ principal: '' }],
    [{ principal: 5 }],
    [{ user: 'anna' }],
  ])('refuses %o', async (query) => {
    expect(await codeOf(engine.sessions.list(query as never))).toBe('ERR_OPTION_INVALID')
  })

  it('a sweep takes a limit too', async () => {
    expect(await codeOf(engine.sessions.sweep({ limit: 0 }))).toBe('ERR_OPTION_INVALID')
    expect(await engine.sessions.sweep()).toEqual({ removed: 0, more: false })
  })
})

describe('options of the engine', () => {
  it.each([
    ['installationKey', { installationKey: new Uint8Array(31) }],
    ['installationKey', { installationKey: 'x' }],
    ['sealing', { sealing: 'client' }],
    ['storeTimeout', { storeTimeout: 0 }],
    ['storeTimeout', { storeTimeout: 1e9 }],
    ['sweepInterval', { sweepInterval: -1 }],
    ['sweepInterval', { sweepInterval: 1e9 }],
    ['session', { session: {} }],
  ])('a wrong `%s` is refused by name', async (field, options) => {
    const error = await failure(() => openEngine(options as never))
    expect(error.code).toBe('ERR_OPTION_INVALID')
    expect(error.errors[0]?.field).toBe(field)
  })

  it('work without any that may be left out', async () => {
    const { createEngine } = await import('../../src/engine/engine.ts')
    const bare = createEngine({ store: memorySessions(), installationKey: INSTALLATION_KEY })
    const { token } = await bare.sessions.start({ principal: null })
    expect(Math.abs(((await bare.sessions.resume(token))?.session.createdAt ?? 0) - Date.now())).toBeLessThan(60_000)
    await bare.close()
    expect(key()).not.toBe(key())
  })
})

// Do sealed values open only in their place, with their token and their data key?
import { beforeEach, describe, expect, it } from 'vitest'
import type { SessionStore, StoredAttribute } from '../../src/index.ts'
import { memorySessions } from '../../src/stores/memory/memory-sessions.ts'
import { manualClock } from '../../src/testing/clock.ts'
import { codeOf, failure, key, openEngine } from './open-engine.ts'

/** A store whose reads can be tampered with. */
function tampered(store: SessionStore, change: (attributes: Map<string, StoredAttribute>) => void): SessionStore {
  return {
    ...store,
    async load(id, want, now) {
      const session = await store.load(id, want, now)
      if (session === undefined || session === 'ended') return session
      const attributes = new Map(session.attributes)
      change(attributes)
      return { ...session, attributes }
    },
  }
}

const bytesOf = (attribute: StoredAttribute | undefined) => {
  if (!(attribute?.value instanceof Uint8Array)) throw new Error('It is not sealed.')
  return attribute.value
}

describe('a sealed value', () => {
  const store = memorySessions()
  let change: (attributes: Map<string, StoredAttribute>) => void = () => {}
  const engine = openEngine({ store: tampered(store, (attributes) => change(attributes)) })

  beforeEach(() => {
    change = () => {}
  })

  const withValue = (name: string, value: Uint8Array) => (attributes: Map<string, StoredAttribute>) => {
    const kept = attributes.get(name)
    if (kept !== undefined) attributes.set(name, { ...kept, value })
  }

  it('is refused after the change of any bit, and at any other length', async () => {
    const { session } = await engine.sessions.start({ principal: 'anna' })
    await session.attr.create('pin', 12345678, { encrypt: true })
    const raw = await store.load(session.id, 'all', engine.time.now())
    const sealed = bytesOf(raw === 'ended' ? undefined : raw?.attributes.get('pin'))
    expect(Buffer.from(sealed).includes('12345678')).toBe(false)
    for (let bit = 0; bit < sealed.length * 8; bit += 1) {
      const flipped = Uint8Array.from(sealed)
      flipped[bit >> 3]! ^= 1 << (bit & 7)
      change = withValue('pin', flipped)
      expect(await codeOf(session.attr.get('pin'))).toBe('ERR_STORE_CORRUPT')
    }
    for (let length = 0; length < sealed.length; length += 1) {
      change = withValue('pin', sealed.slice(0, length))
      expect(await codeOf(session.attr.get('pin'))).toBe('ERR_STORE_CORRUPT')
    }
    change = withValue('pin', Buffer.concat([sealed, Buffer.from([0])]))
    expect(await codeOf(session.attr.get('pin'))).toBe('ERR_STORE_CORRUPT')
    change = () => {}
    expect((await session.attr.get('pin'))?.value).toBe(12345678)
  })

  it("is refused under another name, in another session, and as somebody's user attribute", async () => {
    const [one, two] = [await engine.sessions.start({ principal: 'anna' }), await engine.sessions.start({ principal: 'anna' })]
    for (const { session } of [one, two])
      await session.attr.setMany(
        [
          { name: 'a', value: 1 },
          { name: 'b', value: 2 },
        ],
        { encrypt: true },
      )
    const raw = await store.load(one.session.id, 'all', engine.time.now())
    const sealed = bytesOf(raw === 'ended' ? undefined : raw?.attributes.get('a'))
    change = withValue('b', sealed)
    expect(await codeOf(one.session.attr.get('b'))).toBe('ERR_STORE_CORRUPT')
    change = withValue('a', sealed)
    expect(await codeOf(two.session.attr.get('a'))).toBe('ERR_STORE_CORRUPT')
    expect((await one.session.attr.get('a'))?.value).toBe(1)
    expect(await codeOf(() => engine.core.ring.open(`s:${one.session.id}`, 'a', sealed))).toBe('ERR_KEY_MISSING')
  })

  it('is sealed differently each time', async () => {
    const { session } = await engine.sessions.start({ principal: null })
    const seen = new Set<string>()
    for (let round = 0; round < 50; round += 1) {
      await session.attr.set('pin', 1, { encrypt: true })
      const raw = await store.load(session.id, 'all', engine.time.now())
      seen.add(Buffer.from(bytesOf(raw === 'ended' ? undefined : raw?.attributes.get('pin'))).toString('hex'))
    }
    expect(seen.size).toBe(50)
  })
})

describe('who has only the id', () => {
  it('sees that a value is sealed, can remove it, and neither reads nor writes it', async () => {
    const engine = openEngine()
    const { session } = await engine.sessions.start({ principal: 'anna' })
    await session.attr.setMany([
      { name: 'pin', value: 1, encrypt: true },
      { name: 'plain', value: 2 },
    ])
    const handle = await engine.core.openById(session.id)
    const attr = engine.core.attributes({ schema: undefined, run: (_verb, _names, work) => work(handle!) })
    expect((await attr.names()).toSorted()).toEqual(['pin', 'plain'])
    expect((await attr.toDict({ decrypt: false }))['pin']).toMatchObject({ isEncrypted: true, value: undefined })
    expect(await attr.exists('pin')).toBe(true)
    const refused = [
      attr.get('pin'),
      attr.getMany(['plain', 'pin']),
      attr.toDict(),
      attr.set('pin', 5),
      attr.set('pin', 5, { encrypt: false }),
      attr.update('pin', 5),
      attr.update('pin', () => 5),
      attr.update('pin', 5, { encrypt: false }),
      attr.increment('pin'),
      attr.create('new', 5, { encrypt: true }),
    ]
    for (const use of refused) expect(await failure(use)).toMatchObject({ code: 'ERR_ATTRIBUTE_SEALED', status: 403 })
    expect((await failure(attr.get('pin'))).fix).toMatch(/token.*sealing: 'server'/)
    expect((await session.attr.get('pin'))?.value).toBe(1)
    await attr.set('plain', 3)
    expect((await attr.get('plain'))?.value).toBe(3)
    await attr.setExpiry('pin', 5)
    await attr.delete('pin')
    expect(await session.attr.names()).toEqual(['plain'])
    expect(await codeOf(() => handle!.derive('x'))).toBe('ERR_ATTRIBUTE_SEALED')
    expect(await codeOf(handle!.reissue())).toBe('ERR_ATTRIBUTE_SEALED')
  })

  it("reads and writes it under sealing: 'server'", async () => {
    const engine = openEngine({ sealing: 'server' })
    const { session, token } = await engine.sessions.start({ principal: 'anna' })
    await session.attr.set('pin', 1, { encrypt: true })
    const handle = await engine.core.openById(session.id)
    const attr = engine.core.attributes({ schema: undefined, run: (_verb, _names, work) => work(handle!) })
    expect((await attr.get('pin'))?.value).toBe(1)
    await attr.set('pin', 2)
    await attr.create('new', 3, { encrypt: true })
    const resumed = await engine.sessions.resume(token, { preload: 'all' })
    expect((await resumed?.session.attr.get('pin'))?.value).toBe(2)
    expect((await resumed?.session.attr.get('new'))?.value).toBe(3)
  })
})

describe('the first sealed value', () => {
  it('of many at once, from several processes, all open', async () => {
    const [store, time, keys] = [memorySessions(), manualClock(), [key()]]
    const engines = Array.from({ length: 3 }, () => openEngine({ store, time, keys }))
    const { token } = await engines[0]!.sessions.start({ principal: 'anna' })
    const sessions = await Promise.all(Array.from({ length: 30 }, (_, n) => engines[n % 3]!.sessions.resume(token)))
    await Promise.all(sessions.map((resumed, n) => resumed!.session.attr.set(`pin-${n}`, n, { encrypt: true })))
    const read = await engines[1]!.sessions.resume(token)
    const dict = await read!.session.attr.toDict()
    expect(
      Object.values(dict)
        .map(({ value }) => value)
        .toSorted(),
    ).toEqual(Array.from({ length: 30 }, (_, n) => n).toSorted())
    expect(Object.values(dict).every(({ isEncrypted }) => isEncrypted)).toBe(true)
  })

  it('may come with the start', async () => {
    const engine = openEngine()
    const { handle: started, token } = await engine.core.start({
      principal: 'anna',
      attributes: [
        { name: 'pin', value: 1, encrypt: true, expiresAt: engine.time.now() + 5000 },
        { name: '$key', value: 2 },
      ],
    })
    expect(started.attribute('pin')).toMatchObject({ value: 1, isEncrypted: true, expirationTime: engine.time.now() + 5000 })
    const opened = await engine.core.open(token, { want: 'all' })
    expect(opened.state === 'live' && opened.handle.attribute('pin')?.value).toBe(1)
    expect(opened.state === 'live' && opened.handle.attribute('nothing')).toBeUndefined()
  })
})

describe('a data key', () => {
  it.each<[string, (key: Uint8Array) => Uint8Array | null]>([
    ['lost', () => null],
    ['cut short', (wrapped) => wrapped.slice(0, 20)],
    ['of no known kind', (wrapped) => Uint8Array.from(wrapped, (byte, at) => (at === 0 ? 9 : byte))],
    ['changed', (wrapped) => Uint8Array.from(wrapped, (byte, at) => (at === 40 ? byte ^ 1 : byte))],
    ["made to look like the server's", (wrapped) => Uint8Array.from(wrapped, (byte, at) => (at === 0 ? 3 : byte))],
  ])('%s opens nothing', async (_how, damage) => {
    const inner = memorySessions()
    let isDamaged = false
    const store: SessionStore = {
      ...inner,
      async load(id, want, now) {
        const session = await inner.load(id, want, now)
        if (session === undefined || session === 'ended' || session.dataKey === null || !isDamaged) return session
        return { ...session, dataKey: damage(session.dataKey) }
      },
    }
    const engine = openEngine({ store })
    const { session, token } = await engine.sessions.start({ principal: 'anna' })
    await session.attr.set('pin', 1, { encrypt: true })
    isDamaged = true
    const resumed = await engine.sessions.resume(token)
    expect(await failure(resumed!.session.attr.get('pin'))).toMatchObject({ code: 'ERR_STORE_CORRUPT', names: ['pin'] })
    expect(await resumed!.session.attr.names()).toEqual(['pin'])
  })

  it('of one session does not open in another', async () => {
    const inner = memorySessions()
    let foreign: Uint8Array | undefined
    const store: SessionStore = {
      ...inner,
      async load(id, want, now) {
        const session = await inner.load(id, want, now)
        return session === undefined || session === 'ended' || foreign === undefined ? session : { ...session, dataKey: foreign }
      },
    }
    const engine = openEngine({ store, sealing: 'server' })
    const [one, two] = [await engine.sessions.start({ principal: 'anna' }), await engine.sessions.start({ principal: 'anna' })]
    for (const { session } of [one, two]) await session.attr.set('pin', 1, { encrypt: true })
    const kept = await inner.load(one.session.id, 'header', engine.time.now())
    foreign = (kept === 'ended' ? undefined : kept?.dataKey) ?? undefined
    expect(await codeOf((await engine.sessions.resume(two.token))!.session.attr.get('pin'))).toBe('ERR_STORE_CORRUPT')
    expect(await codeOf((await engine.sessions.resume(two.token))!.session.attr.set('pin', 2))).toBe('ERR_STORE_CORRUPT')
    expect((await (await engine.sessions.resume(one.token))!.session.attr.get('pin'))?.value).toBe(1)
  })
})

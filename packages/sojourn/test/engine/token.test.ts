// Are tokens read strictly, and secrets unpredictable and kept as hashes only?
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createIds, isSessionId } from '../../src/engine/id.ts'
import { randomBytes } from '../../src/engine/random.ts'
import { formatToken, hashSecret, newSecret, parseToken, sameSecret } from '../../src/engine/token.ts'
import { INSTALLATION_KEY, openEngine } from './open-engine.ts'

describe('a token', () => {
  const ids = createIds(INSTALLATION_KEY)

  it('is read as what it was made of', () => {
    for (let round = 0; round < 1000; round += 1) {
      const [id, secret] = [ids.create(round % 2 === 0 ? 'user' : null), newSecret()]
      expect(parseToken(formatToken(id, secret))).toEqual({ id, secret })
    }
  })

  it('never reaches the store when it is malformed, and is told without its text', async () => {
    const engine = openEngine()
    const { token } = await engine.sessions.start({ principal: null })
    engine.calls.length = 0
    const lastCharacter = token.slice(0, -1)
    const malformed = [
      '',
      token.slice(1),
      `${token}A`,
      ` ${token}`,
      `${token}\n`,
      token.replace('.', ':'),
      token.toUpperCase(),
      token.repeat(2),
      'x'.repeat(1_000_000),
      ...[...'BCDFGHJKLNOPRSTVWXZabdefhijlmnpqrtuvxyz1235679-_'].map((last) => lastCharacter + last),
    ]
    for (const text of malformed) expect(await engine.sessions.resume(text)).toBeUndefined()
    for (const text of [undefined, null, 5, {}, [token], new String(token)])
      expect(await engine.sessions.resume(text as string)).toBeUndefined()
    expect(engine.calls).toEqual([])
    expect(new Set(engine.events.slice(1).map((event) => JSON.stringify({ ...event, at: 0 })))).toEqual(
      new Set([JSON.stringify({ type: 'session.refused', at: 0, reason: 'malformed' })]),
    )
  })

  it('is refused after any change of a character', async () => {
    const engine = openEngine()
    const { token } = await engine.sessions.start({ principal: 'user' })
    await fc.assert(
      fc.asyncProperty(fc.nat(token.length - 1), fc.constantFrom(...'ABab09-_.'), async (at, character) => {
        const changed = token.slice(0, at) + character + token.slice(at + 1)
        if (changed !== token) expect(await engine.sessions.resume(changed)).toBeUndefined()
      }),
    )
    expect(await engine.sessions.resume(token)).toBeDefined()
  })
})

describe('an id', () => {
  it('begins with the tag of its user, or is random for a guest', () => {
    const ids = createIds(INSTALLATION_KEY)
    const tagOf = (id: string) => Buffer.from(id, 'base64url').toString('hex', 0, 8)
    expect(tagOf(ids.create('anna'))).toBe(ids.principal('anna').tag)
    expect(tagOf(ids.create('anna'))).toBe(tagOf(ids.create('anna')))
    expect(ids.principal('anna').tag).not.toBe(ids.principal('Anna').tag)
    expect(createIds(new Uint8Array(32)).principal('anna').tag).not.toBe(ids.principal('anna').tag)
    expect(tagOf(ids.create(null))).not.toBe(tagOf(ids.create(null)))
    expect(new Set(Array.from({ length: 1000 }, () => ids.create('anna'))).size).toBe(1000)
  })

  it('never begins with a dash, which a command line would take for an option', () => {
    const ids = createIds(INSTALLATION_KEY)
    const names = Array.from({ length: 5000 }, (_, at) => ids.create(at % 2 === 0 ? null : `user${at}`))
    expect(names.filter((id) => id.startsWith('-'))).toEqual([])
    for (let at = 0; at < 500; at += 1) {
      const id = ids.create(`user${at}`)
      expect(Buffer.from(id, 'base64url').toString('hex', 0, 8)).toBe(ids.principal(`user${at}`).tag)
    }
  })

  it('is told from other text', () => {
    expect(isSessionId(createIds(INSTALLATION_KEY).create(null))).toBe(true)
    for (const other of ['', 'x', null, 5, 'A'.repeat(25), `${'A'.repeat(23)}=`]) expect(isSessionId(other)).toBe(false)
  })
})

describe('random bytes', () => {
  it('are never handed out twice, across the ends of the pool', () => {
    const seen = new Set(Array.from({ length: 2000 }, (_, at) => randomBytes(16 + (at % 17)).toString('hex')))
    expect(seen.size).toBe(2000)
    expect(randomBytes(10_000).length).toBe(10_000)
  })

  it('do not change when the pool is filled again', () => {
    const first = randomBytes(32)
    const copy = first.toString('hex')
    for (let round = 0; round < 500; round += 1) randomBytes(32)
    expect(first.toString('hex')).toBe(copy)
  })
})

it('secrets are compared by content and length', () => {
  expect(sameSecret(hashSecret('a'), hashSecret('a'))).toBe(true)
  expect(sameSecret(hashSecret('a'), hashSecret('b'))).toBe(false)
  expect(sameSecret('a', 'ab')).toBe(false)
  expect(sameSecret('é', 'e')).toBe(false)
})

// Does anything that is kept, told or recorded hold a live token, a password, a server key or what was sealed?
import { isSojournError } from 'sojourn'
import { expect, it } from 'vitest'
import { describeStores } from './stores.ts'
import { auditOf, KEYS, openWorld, PASSWORD } from './world.ts'

const VALUE = 'canary-of-a-sealed-value-7b21'
const PLAIN = 'anybody-may-read-this'
const NEXT_PASSWORD = 'seven-herons-at-low-tide'
const EMAIL = 'canary-of-an-address@example.com'

/** A secret in the forms in which it could lie about. */
function forms(secret: string): readonly Buffer[] {
  const text = Buffer.from(secret)
  const raw = Buffer.from(secret, 'base64url')
  const isBase64url = raw.toString('base64url') === secret
  return [
    text,
    Buffer.from(text.toString('base64')),
    Buffer.from(text.toString('hex')),
    ...(isBase64url ? [raw, Buffer.from(raw.toString('hex')), Buffer.from(raw.toString('base64'))] : []),
  ]
}

describeStores('no live secret at rest', (open) => {
  it('nothing is found after logins, rotations, sealed values, changed passwords and refusals', async () => {
    const { store, another, dump } = await open()
    const world = await openWorld(store, { policy: { renewalTimeout: 60, expiry: 36_000, absoluteTimeout: 86_400 } })
    const { sso, clock, root, events } = world
    const told: unknown[] = []
    const errors: unknown[] = []
    const secrets = [PASSWORD, NEXT_PASSWORD, VALUE, EMAIL, ...KEYS]
    const secretOf = (token: string) => token.slice(29)
    const tell = async <T>(call: Promise<T>): Promise<T | undefined> => {
      try {
        const answer = await call
        told.push(answer)
        return answer
      } catch (error) {
        errors.push(error)
        return undefined
      }
    }

    const userId = await sso.user.createUser({
      data: { username: 'eve', password: PASSWORD, email: EMAIL },
      requireSuperUser: false,
      autoApprove: true,
    })
    const login = async (more: object = {}) => {
      const { ust, ...rest } = await sso.user.login({ username: 'eve', password: PASSWORD, ...more })
      told.push(rest)
      secrets.push(secretOf(ust))
      return ust
    }
    let ust = await login()
    const attr = await world.attr(ust)
    await attr.create('pin', VALUE, { encrypt: true })
    await attr.createMany([{ name: 'pins', value: [VALUE], encrypt: true }])
    const { attr: ofUser } = await sso.user.getCurrentUser({ currentUst: ust })
    await ofUser.create('pin', VALUE, { encrypt: true })
    await tell(attr.create('pin', VALUE))
    await tell(attr.update('missing', VALUE))
    await tell(attr.set('bad', { deep: [VALUE, undefined] }))
    await tell(attr.get('pin', { decrypt: false }))

    // A rotation by the engine, which hands out the new token; the old one is still answered.
    clock.advance(61)
    const resumed = await sso.sessions.resume(ust)
    if (resumed?.token != null) {
      secrets.push(secretOf(resumed.token))
      expect((await sso.sessions.resume(ust))?.token).toBe(resumed.token)
      ust = resumed.token
      expect(await sso.sessions.resume(ust)).toBeDefined()
    }
    expect(resumed?.token).toEqual(expect.any(String))
    const changed = await sso.user.changePassword({
      currentUst: ust,
      data: { oldPassword: PASSWORD, newPassword: NEXT_PASSWORD },
      keepCurrent: true,
    })
    expect(changed.ust).not.toBe(null)
    ust = changed.ust ?? ''
    secrets.push(secretOf(ust), secretOf(root.ust))
    await tell(sso.user.changePassword({ currentUst: ust, data: { oldPassword: VALUE, newPassword: NEXT_PASSWORD } }))
    await tell(sso.user.changePassword({ currentUst: ust, data: { oldPassword: NEXT_PASSWORD, newPassword: 'short' } }))
    await sso.user.setPassword({ userId, password: NEXT_PASSWORD, mustChange: true })
    ust = await login({ password: NEXT_PASSWORD, newPassword: PASSWORD })
    const fresh = await world.attr(ust)
    await fresh.create('plain', PLAIN)
    await fresh.create('pin', VALUE, { encrypt: true })
    for (const wrong of [PASSWORD.toUpperCase(), NEXT_PASSWORD, ''])
      await tell(sso.user.login({ username: 'eve', password: wrong }))
    await tell(sso.user.getCurrentUser({ currentUst: `${ust.slice(0, -1)}${ust.endsWith('A') ? 'E' : 'A'}` }))
    await tell(
      sso.user
        .getUserById({ currentUst: root.ust, userId, returnAllAttrs: true })
        .then((user) => ({ ...user.toDict(), email: '' })),
    )
    await tell(sso.user.session.getList({ currentUst: ust }))
    // A token where something else belongs.
    await tell(sso.user.session.getList({ currentUst: ust, userId: ust }))
    await tell(sso.user.getUserById({ currentUst: ust, userId: ust }))
    await tell(sso.user.lockUser({ currentUst: ust, userId: ust }))
    await tell(sso.user.login({ username: ust, password: ust }))
    await tell(sso.user.getUserByUsername({ username: `my token is ${ust}` }))
    await tell(sso.user.session.end({ currentUst: ust, id: ust }))
    await tell(fresh.exists(ust))
    await tell(sso.user.getCurrentUser({ currentUst: ust, currentApp: ust }))
    await tell(sso.user.getCurrentUser({ currentUst: ust, cid: ust }))
    await tell(sso.user.session.renew({ currentUst: ust, userAgent: `agent of ${ust}` }))
    await tell(sso.user.session.getList({ currentUst: root.ust, userId }))
    await tell(sso.user.session.get({ currentUst: root.ust, targetUst: ust }).then((session) => session.toDict()))
    await tell(sso.user.session.verify({ currentUst: root.ust, targetUst: ust }))
    await tell(sso.sessions.list())

    const live = await dump()
    const audit = await auditOf(sso, another())
    const text = (value: unknown) =>
      Buffer.from(
        JSON.stringify(value, (_key, each) =>
          each instanceof Error ? { ...each, stack: each.stack, message: each.message, cause: each.cause } : each,
        ) ?? '',
      )
    const places = {
      'what is kept': [...live, ...(await dump())],
      'audit records': [text(audit)],
      events: [text(events)],
      answers: [text(told)],
      errors: [text(errors)],
    }
    expect(errors.length).toBeGreaterThan(7)
    expect(errors.every((error) => isSojournError(error))).toBe(true)
    expect(audit.length).toBeGreaterThan(20)
    expect(events.some(({ type }) => type === 'session.rotated')).toBe(true)
    expect(secrets.length).toBeGreaterThan(8)
    for (const [where, buffers] of Object.entries(places)) {
      for (const [at, secret] of secrets.entries()) {
        for (const form of forms(secret)) {
          expect(
            buffers.some((buffer) => buffer.includes(form)),
            `secret ${at} (${secret.slice(0, 8)}...) in ${where}`,
          ).toBe(false)
        }
      }
    }
    // The search can find: what is plain is there.
    if (live.length > 0) expect(live.some((buffer) => buffer.includes(PLAIN))).toBe(true)
  })
})

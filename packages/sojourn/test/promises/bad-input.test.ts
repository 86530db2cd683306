// Is whatever is given to a verb either taken or refused by an error that names the field, without a trace and without an echo?
import { isSojournError } from 'sojourn'
import { memoryStore } from 'sojourn/memory'
import { expect, it } from 'vitest'
import { CANARY, requireTidy, withAnything } from './hostile.ts'
import { ATTRIBUTE_VERBS, CALLS, CONTEXT, DATA } from './verbs.ts'
import { openWorld, type World } from './world.ts'

const OTHER_PASSWORD = 'tangled-vines-at-noon'

function verbOf({ sso }: World, path: string): (call: unknown) => Promise<unknown> {
  return path.split('.').reduce((face: unknown, step) => Reflect.get(Object(face), step), sso) as never
}

it('the list of verbs is whole', async () => {
  await using world = await openWorld(memoryStore())
  const of = (face: object, prefix: string) =>
    Object.entries(face).flatMap(([name, verb]) => (typeof verb === 'function' ? [`${prefix}${name}`] : []))
  const verbs = [...of(world.sso.user, 'user.'), ...of(world.sso.user.session, 'user.session.')]
  expect(verbs.toSorted()).toEqual(Object.keys(CALLS).toSorted())
  const attr = await world.attr(world.ada.ust)
  const methods = Object.getOwnPropertyNames(Object.getPrototypeOf(attr)).filter((name) => name !== 'constructor')
  expect(methods.toSorted()).toEqual([...ATTRIBUTE_VERBS].toSorted())
})

it('every verb on users and sessions, with each field wrong in turn, answers or refuses by name and changes nothing', async () => {
  let store = memoryStore()
  let world = await openWorld(store)
  const snapshot = async () => {
    const users = await store.directory.listUsers({ limit: 100 })
    return JSON.stringify([users, await store.sessions.list({ limit: 1000 }, world.clock.now())])
  }
  const good = (path: string): Record<string, unknown> => {
    const { ada, root } = world
    const all: Readonly<Record<string, unknown>> = {
      userId: ada.userId,
      username: 'ada',
      password: OTHER_PASSWORD,
      id: ada.ust.slice(4, 28),
      data: path === 'user.changePassword' ? { newPassword: OTHER_PASSWORD } : { username: 'somebody' },
    }
    return Object.fromEntries([
      ['currentUst', root.ust],
      ...(CALLS[path] ?? []).flatMap((name) => (name in all ? [[name, all[name]]] : [])),
    ])
  }
  const ways = Object.entries(CALLS).flatMap(([path, own]) => [
    { path, field: undefined, within: undefined },
    ...[...own, ...CONTEXT].map((field) => ({ path, field, within: undefined })),
    ...(own.includes('data') ? DATA.map((within) => ({ path, field: 'data', within })) : []),
  ])
  let before = await snapshot()
  await withAnything(async (value) => {
    for (const { path, field, within } of ways) {
      const call = good(path)
      if (field !== undefined) call[field] = within === undefined ? value : { ...Object(call['data']), [within]: value }
      try {
        await verbOf(world, path)(field === undefined ? value : call)
      } catch (error) {
        requireTidy(error, `${path} with ${field ?? 'the call'} ${within ?? ''}`)
        expect(await snapshot(), path).toBe(before)
        continue
      }
      if ((await snapshot()) === before) continue
      // The value was good after all, and somebody is locked out or gone: begin anew.
      await world.sso.close()
      store = memoryStore()
      world = await openWorld(store)
      before = await snapshot()
    }
  })
  await world.sso.close()
})

it('every verb of the engine, with each argument wrong in turn, answers or refuses by name and ends nobody’s session', async () => {
  await using world = await openWorld(memoryStore())
  const { sessions } = world.sso
  const counters = { generation: 0, version: 0 }
  const details = { remoteAddr: '10.0.0.1', userAgent: '', app: 'CRM', authType: 'default', methods: ['pwd'], authenticatedAt: 5 }
  type Call = () => Promise<unknown>
  const ways = (value: unknown): Readonly<Record<string, Call>> => {
    const any = value as never
    const fields = (whole: object, call: (options: never) => Promise<unknown>, name: string) =>
      Object.fromEntries(
        [...Object.keys(whole), 'unknown'].map((field) => [
          `${name} with ${field}`,
          () => call({ ...whole, [field]: value } as never),
        ]),
      )
    return {
      ...fields({ principal: 'ada', details, attributes: { a: 1 }, sliding: true, expect: counters }, sessions.start, 'start'),
      ...fields(details, (options) => sessions.start({ principal: 'ada', details: options }), 'start with details'),
      ...fields({ a: 1 }, (options) => sessions.start({ principal: 'ada', attributes: options }), 'start with attributes'),
      start: () => sessions.start(any),
      resume: () => sessions.resume(any),
      renew: () => sessions.renew(any),
      end: () => sessions.end(any),
      refresh: () => sessions.refresh(any),
      sweep: () => sessions.sweep(any),
      list: () => sessions.list(any),
      revoke: () => sessions.revoke(any),
      'resume with options': () => sessions.resume(world.ada.ust, any),
      ...fields({ passive: true, preload: ['a'] }, (options) => sessions.resume(world.ada.ust, options), 'resume'),
      ...fields({ principal: 'ada', limit: 1 }, sessions.list, 'list'),
      'list with after': () => sessions.list({ after: any }),
      ...fields({ limit: 1 }, sessions.sweep, 'sweep'),
      ...fields({ principal: 'nobody', except: world.ada.ust.slice(4, 28) }, sessions.revoke, 'revoke'),
    }
  }
  await withAnything(async (value) => {
    for (const [name, call] of Object.entries(ways(value))) {
      await call().then(
        () => undefined,
        (error: unknown) => requireTidy(error, name),
      )
      expect(await sessions.resume(world.ada.ust), name).toBeDefined()
    }
    const { items } = await sessions.list({ principal: 'ada', limit: 1000 })
    for (const { id, details: kept } of items) {
      expect(Object.values(kept).map((each) => (Array.isArray(each) ? 'list' : typeof each))).toEqual([
        'string',
        'string',
        'string',
        'string',
        'list',
        kept.authenticatedAt === null ? 'object' : 'number',
      ])
      await sessions.end(id)
    }
  })
})

it('a value that is refused is not repeated in the error', async () => {
  await using world = await openWorld(memoryStore())
  const attr = await world.attr(world.ada.ust)
  const calls = [
    () => attr.create('x', { ok: CANARY, bad: Symbol(CANARY) }),
    () => attr.create('x', [CANARY, undefined]),
    () => attr.set('x', new Error(CANARY)),
    () => attr.set('x', CANARY.repeat(20_000)),
    () => attr.set('x', 1, { expiration: CANARY as never }),
    () => attr.set('x', 1, { encrypt: CANARY as never }),
    () => world.sso.user.login({ username: CANARY, password: CANARY, remoteAddr: CANARY }),
    () => world.sso.user.login({ username: CANARY, password: CANARY }),
    () => world.sso.user.validatePassword({ password: 'canary-3f9a1c77qwerty' }),
    () => world.sso.user.createUser({ currentUst: world.root.ust, data: { username: 'x y', password: CANARY } }),
    () => world.sso.user.createUser({ currentUst: world.root.ust, data: { username: 'xy', email: CANARY } }),
    () => world.sso.user.getCurrentUser({ currentUst: CANARY }),
    () => world.sso.user.session.get({ currentUst: world.root.ust, id: CANARY }),
    () => world.sso.user.session.get({ currentUst: world.root.ust, targetUst: CANARY }),
    () => world.sso.user.session.getList({ currentUst: world.root.ust, after: CANARY, limit: CANARY as never }),
  ]
  for (const [at, call] of calls.entries()) {
    const error = await call().then(
      () => undefined,
      (raised: unknown) => raised,
    )
    expect(isSojournError(error), `call ${at}`).toBe(true)
    const { message, stack, errors, names, fix } = error as Error & { errors: unknown; names: unknown; fix: string }
    expect(JSON.stringify([message, stack, errors, names, fix]), `call ${at}`).not.toContain(CANARY)
  }
})

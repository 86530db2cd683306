// Is whatever is given to a verb either taken or refused by an error that names the field, without a trace and without an echo?
import { inspect } from 'node:util'
import fc from 'fast-check'
import type { Attributes } from 'sojourn'
import { isSojournError } from 'sojourn'
import { memoryStore } from 'sojourn/memory'
import { expect, it } from 'vitest'
import { openWorld, type World } from './world.ts'

const OTHER_PASSWORD = 'tangled-vines-at-noon'

const CANARY = 'canary-3f9a1c77'

/** Things that no field of ours is made for, those that carry a secret among them. */
const hostile: readonly unknown[] = [
  undefined,
  null,
  true,
  0,
  -1,
  1.5,
  Number.NaN,
  Number.POSITIVE_INFINITY,
  10n,
  '',
  CANARY,
  `${CANARY}\u0000`,
  `\ud800${CANARY}`,
  CANARY.repeat(20_000),
  Symbol(CANARY),
  () => CANARY,
  [],
  [CANARY],
  [undefined],
  [null],
  {},
  { madeUp: CANARY },
  { name: CANARY, value: CANARY },
  { toString: () => CANARY, valueOf: () => 5 },
  Object.create(null),
  Object.create(Date.prototype),
  Object.create(Map.prototype),
  Object.create(Set.prototype),
  Object.create(URL.prototype),
  Object.create(Uint8Array.prototype),
  new Date(Number.NaN),
  new Error(CANARY),
  new Proxy([], {}),
  JSON.parse('{"__proto__":{"isSuperUser":true}}'),
]

const anything = fc.anything({ withBigInt: true, withDate: true, withMap: true, withSet: true, withTypedArray: true })

/** Verbs of `sso.user` and `sso.user.session`, and the fields that each has beside the context. */
const CALLS: Readonly<Record<string, readonly string[]>> = {
  'user.createUser': ['data', 'requireSuperUser', 'autoApprove', 'onlyWhenEmpty'],
  'user.createSuperUser': ['data', 'requireSuperUser', 'autoApprove', 'onlyWhenEmpty'],
  'user.getCurrentUser': ['returnAllAttrs'],
  'user.getUserById': ['userId', 'returnAllAttrs'],
  'user.getUserByUsername': ['username', 'needsApproved'],
  'user.lockUser': ['userId', 'requireSuperUser', 'currentUser'],
  'user.unlockUser': ['userId', 'requireSuperUser', 'currentUser'],
  'user.approveUser': ['userId', 'requireSuperUser', 'currentUser'],
  'user.rejectUser': ['userId', 'requireSuperUser', 'currentUser'],
  'user.deleteUserById': ['userId', 'skipSec'],
  'user.deleteUserByUsername': ['username', 'skipSec'],
  'user.changePassword': ['data', 'keepCurrent'],
  'user.setPassword': ['userId', 'password', 'mustChange', 'passwordExpiry'],
  'user.validatePassword': ['password'],
  'user.login': ['username', 'password', 'newPassword', 'totpCode', 'hasRemoteAddr', 'hasUserAgent', 'skipSec'],
  'user.logout': ['skipSec'],
  'user.session.get': ['targetUst', 'id', 'checkIfPasswordExpired'],
  'user.session.getList': ['targetUst', 'userId', 'after', 'limit'],
  'user.session.verify': ['targetUst'],
  'user.session.renew': [],
  'user.session.getCurrentSession': ['needsSuperUser'],
  'user.session.requireLogin': ['within', 'methods'],
  'user.session.requireSuperUser': [],
  'user.session.end': ['id'],
  'user.session.endAll': ['userId', 'keepCurrent'],
}
const CONTEXT = ['cid', 'currentUst', 'currentApp', 'remoteAddr', 'userAgent', 'unknownField']
const DATA = [
  'username',
  'password',
  'passwordMustChange',
  'email',
  'displayName',
  'firstName',
  'isLocked',
  'signUpStatus',
  'appList',
  'isTotpEnabled',
  'oldPassword',
  'newPassword',
  'userId',
  'passwordExpiry',
  'mustChange',
]

/** A verb on attributes and its arguments. */
type Use = readonly [keyof Attributes, ...unknown[]]

const ATTRIBUTE_VERBS: readonly (keyof Attributes)[] = [
  'create',
  'createMany',
  'set',
  'setMany',
  'update',
  'updateMany',
  'increment',
  'get',
  'getMany',
  'exists',
  'existsMany',
  'names',
  'delete',
  'deleteMany',
  'setExpiry',
  'setExpiryMany',
  'toDict',
]

function verbOf({ sso }: World, path: string): (call: unknown) => Promise<unknown> {
  return path.split('.').reduce((face: unknown, step) => Reflect.get(Object(face), step), sso) as never
}

/** What may be said of an input that was refused: which field, why, and nothing of what it held. */
function requireTidy(error: unknown, what: string): void {
  if (!isSojournError(error)) throw new Error(`${what}: not an error of ours`, { cause: error })
  const { message, code, errors, names, status } = error
  if (code === 'ERR_OPTION_INVALID' || code === 'ERR_VALUE_UNSUPPORTED') {
    expect([...errors.map(({ field }) => field), ...names].length, `${what}: ${message}`).toBeGreaterThan(0)
  }
  expect(status, `${what}: ${message}`).toBeLessThan(500)
  expect(message.length, what).toBeLessThan(500)
  expect(JSON.stringify([message, errors, names, error.fix]), what).not.toContain(CANARY)
}

/** What there is, in one text. */
async function kept(attr: Attributes): Promise<string> {
  return inspect(await attr.toDict({ decrypt: false }), { depth: null })
}

/** Every hostile value, and some that nobody thought of. */
function withAnything(test: (value: unknown) => Promise<void>): Promise<void> {
  return fc.assert(fc.asyncProperty(anything, test), {
    examples: hostile.map((value) => [value]),
    numRuns: hostile.length + 10,
  })
}

it('the list of verbs is whole', async () => {
  await using world = await openWorld(memoryStore())
  const of = (face: object, prefix: string) =>
    Object.entries(face).flatMap(([name, verb]) => (typeof verb === 'function' ? [`${prefix}${name}`] : []))
  const verbs = [...of(world.sso.user, 'user.'), ...of(world.sso.user.session, 'user.session.')]
  expect(verbs.toSorted()).toEqual(Object.keys(CALLS).toSorted())
  const attr = await world.attr(world.ada.ust)
  expect(Object.keys(attr).toSorted()).toEqual([...ATTRIBUTE_VERBS].toSorted())
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

it('every verb on attributes, with each argument wrong in turn, answers or refuses by name and changes nothing', async () => {
  await using world = await openWorld(memoryStore())
  const homes = [await world.attr(world.ada.ust), (await world.sso.user.getCurrentUser({ currentUst: world.ada.ust })).attr]
  const items = [
    { name: 'a', value: 1 },
    { name: 'b', value: 2, encrypt: true },
  ]
  const fresh = items.map((each) => ({ ...each, name: `new-${each.name}` }))
  const ways = (value: unknown): readonly Use[] => [
    ...(['create', 'set', 'update'] as const).flatMap((verb): Use[] => {
      const name = verb === 'create' ? 'new' : 'b'
      return [
        [verb, value],
        [verb, name, value],
        [verb, name, [{ deep: value }]],
        [verb, name, new Map([[value, value]])],
        [verb, name, 1, value],
        [verb, name, 1, { expiration: value }],
        [verb, name, 1, { encrypt: value }],
        [verb, name, 1, { unknown: value }],
      ]
    }),
    ...(['createMany', 'setMany', 'updateMany', 'setExpiryMany'] as const).flatMap((verb): Use[] => {
      const [first, second] = verb === 'createMany' ? fresh : items
      return [
        [verb, value],
        [verb, [first, value]],
        ...['name', 'value', 'expiration', 'encrypt', 'unknown'].map(
          (field) => [verb, [first, { ...second, [field]: value }]] as const,
        ),
        [verb, [first], value],
        [verb, [first], { expiration: value }],
        [verb, [first], { encrypt: value }],
      ] as Use[]
    }),
    ...(['get', 'exists', 'delete', 'increment', 'setExpiry', 'names', 'toDict'] as const).map((verb) => [verb, value] as const),
    ...(['getMany', 'existsMany', 'deleteMany'] as const).flatMap((verb) => [
      [verb, value] as const,
      [verb, ['a', value]] as const,
    ]),
    ['increment', 'a', value],
    ['setExpiry', 'a', value],
    ['get', 'a', value],
    ['get', 'b', { decrypt: value }],
    ['getMany', ['a', 'b'], value],
    ['toDict', { decrypt: value }],
  ]
  for (const attr of homes) await attr.createMany(items)
  await withAnything(async (value) => {
    for (const attr of homes) {
      let before = await kept(attr)
      for (const [verb, ...args] of ways(value)) {
        try {
          await Reflect.apply(attr[verb], attr, args)
        } catch (error) {
          // A name is told; that is how the caller knows which.
          const isName = args[0] === value || Array.isArray(args[0])
          if (!isName || !isSojournError(error)) requireTidy(error, `${verb} (${args.map((arg) => typeof arg).join(', ')})`)
          expect(await kept(attr), verb).toBe(before)
          continue
        }
        if ((await kept(attr)) === before) continue
        await attr.deleteMany(await attr.names())
        await attr.createMany(items)
        before = await kept(attr)
      }
    }
  })
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

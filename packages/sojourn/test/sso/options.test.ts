// Is what Sojourn is opened and called with refused when it is not what it should be, by name?
import { describe, expect, onTestFinished, test, vi } from 'vitest'
import { attribute, createSojourn } from '../../src/index.ts'
import { memoryStore } from '../../src/memory.ts'
import { sqliteStore } from '../../src/sqlite.ts'
import { open, PASSWORD } from './support/open.ts'

const anything = { '~standard': { version: 1, vendor: 'test', validate: (value: unknown) => ({ value }) } } as const

describe('options of the embedded stores', () => {
  test.each<[string, () => unknown, string]>([
    ['no path', () => sqliteStore(undefined as never), 'options'],
    ['a path that is none', () => sqliteStore({ path: 5 } as never), 'path'],
    ['an unknown option', () => sqliteStore({ path: ':memory:', sync: true } as never), 'sync'],
    ['an unknown option of memory', () => memoryStore({ path: 'x' } as never), 'path'],
    ['a prefix that is no text', () => memoryStore({ prefix: 5 } as never), 'prefix'],
  ])('%s is refused at once, by name', (_, open, field) => {
    expect(open).toThrow(expect.objectContaining({ code: 'ERR_OPTION_INVALID', errors: [expect.objectContaining({ field })] }))
  })

  test('every store takes a prefix', async () => {
    await memoryStore({ prefix: 'shop' }).sessions.close()
    await sqliteStore({ path: ':memory:', prefix: 'shop' }).sessions.close()
  })
})

describe('W-52: options', () => {
  const refusals: readonly [object, string, string][] = [
    [{ aps: ['CRM'] }, 'ERR_OPTION_INVALID', 'aps'],
    [{ apps: { al: [] } }, 'ERR_OPTION_INVALID', 'al'],
    [{ apps: [] }, 'ERR_POLICY_INVALID', 'apps.all'],
    [{ apps: 'CRM' }, 'ERR_OPTION_INVALID', 'apps'],
    [{ apps: ['CRM', ''] }, 'ERR_OPTION_INVALID', 'apps.all'],
    [{ apps: { all: ['CRM'], loginAllowed: ['Shop'] } }, 'ERR_POLICY_INVALID', 'apps.loginAllowed'],
    [{ apps: { loginMetadataAllowed: ['CRM2'] } }, 'ERR_POLICY_INVALID', 'apps.loginMetadataAllowed'],
    [{ login: { informIfLocked: 'false' } }, 'ERR_OPTION_INVALID', 'login.informIfLocked'],
    [{ login: { informIfLoked: false } }, 'ERR_OPTION_INVALID', 'informIfLoked'],
    [{ password: { rejectList: ['ok', ' '] } }, 'ERR_OPTION_INVALID', 'password.rejectList'],
    [{ password: { minLength: 0 } }, 'ERR_POLICY_INVALID', 'password.minLength'],
    [{ password: { minLength: '8' } }, 'ERR_OPTION_INVALID', 'password.minLength'],
    [{ password: { maxLength: 63 } }, 'ERR_POLICY_INVALID', 'password.maxLength'],
    [{ password: { expiry: 0 } }, 'ERR_POLICY_INVALID', 'password.expiry'],
    [{ password: { expiry: Number.NaN } }, 'ERR_OPTION_INVALID', 'password.expiry'],
    [{ signup: { maxLengthUsername: 129 } }, 'ERR_POLICY_INVALID', 'signup.maxLengthUsername'],
    [{ session: { expiry: 60 }, policy: { expiry: 61 } }, 'ERR_POLICY_INVALID', 'session.expiry'],
    [{ session: { expiryHook: 60 } }, 'ERR_OPTION_INVALID', 'session.expiryHook'],
    [{ main: { encryptEmail: 1 } }, 'ERR_OPTION_INVALID', 'main.encryptEmail'],
    [{ userAddressList: [] }, 'ERR_OPTION_INVALID', 'userAddressList'],
    [{ userAddressList: null }, 'ERR_OPTION_INVALID', 'userAddressList'],
    [{ userAddressList: new Map([['ada', '10.0.0.0/8']]) }, 'ERR_OPTION_INVALID', 'userAddressList'],
    [{ attributes: new Map() }, 'ERR_OPTION_INVALID', 'attributes'],
    [{ login: new Map([['rejectIfNotListed', true]]) }, 'ERR_OPTION_INVALID', 'login'],
    [{ passwordHashing: { memry: 1 } }, 'ERR_OPTION_INVALID', 'memry'],
    [{ passwordHashing: { verify: 1 } }, 'ERR_OPTION_INVALID', 'passwordHashing.hash'],
    [{ passwordStrength: 3 }, 'ERR_OPTION_INVALID', 'passwordStrength'],
    [{ storeTimeout: 0 }, 'ERR_OPTION_INVALID', 'storeTimeout'],
    [{ storeTimeout: null }, 'ERR_OPTION_INVALID', 'storeTimeout'],
    [{ sweepInterval: null }, 'ERR_OPTION_INVALID', 'sweepInterval'],
    [{ session: { expiry: null } }, 'ERR_OPTION_INVALID', 'session.expiry'],
    [{ login: { informIfLocked: null } }, 'ERR_OPTION_INVALID', 'login.informIfLocked'],
    [{ store: {} }, 'ERR_OPTION_INVALID', 'store'],
    [{ store: undefined }, 'ERR_OPTION_INVALID', 'store'],
    [{ loadUser: {} }, 'ERR_OPTION_INVALID', 'loadUser'],
    [{ clock: 5 }, 'ERR_OPTION_INVALID', 'clock'],
    [{ clock: () => Number.NaN }, 'ERR_OPTION_INVALID', 'clock'],
    [{ clock: () => new Date() }, 'ERR_OPTION_INVALID', 'clock'],
    [{ attributes: { cart: 5 } }, 'ERR_OPTION_INVALID', 'attributes.cart'],
    [{ attributes: { $cart: attribute(anything) } }, 'ERR_OPTION_INVALID', 'attributes.$cart'],
    [{ userAttributes: { cart: { schema: {} } } }, 'ERR_OPTION_INVALID', 'userAttributes.cart'],
    [{ userAttributes: 'cart' }, 'ERR_OPTION_INVALID', 'userAttributes'],
  ]

  test.each(refusals)('%j: %s, naming %s', async (options, code, field) => {
    const opening = createSojourn(Object.assign({ store: memoryStore() }, options))
    await expect(opening).rejects.toMatchObject({ code, errors: [{ field }] })
  })

  test('a store that does not say how often is swept every four hours, a tenth more or less', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
    onTestFinished(() => void vi.useRealTimers())
    const { sessions, directory } = memoryStore()
    const store = { sessions: Object.assign({ ...sessions }, { sweepInterval: undefined }) as never, directory }
    const told: string[] = []
    await using _ = await createSojourn({ store, onEvent: ({ type }) => void told.push(type) })
    await vi.advanceTimersByTimeAsync(0.89 * 14_400_000)
    expect(told).toEqual([])
    await vi.advanceTimersByTimeAsync(0.22 * 14_400_000)
    await vi.waitFor(() => expect(told).toEqual(['sweep.done', 'sweep.done']))
  })

  test('a store that does not answer is known at once, and closed', async () => {
    const { sessions, directory } = memoryStore()
    const closed: string[] = []
    const away = {
      sessions: { ...sessions, close: async () => void closed.push('sessions') },
      directory: {
        ...directory,
        installationKey: () => new Promise<never>(() => {}),
        close: async () => void closed.push('directory'),
      },
    }
    const opening = createSojourn({ store: away, storeTimeout: 0.01 })
    await expect(opening).rejects.toMatchObject({ code: 'ERR_STORE_UNAVAILABLE' })
    expect(closed.sort()).toEqual(['directory', 'sessions'])
  })

  test('an application name is matched whole, never in part', async () => {
    const { login } = await open({ apps: ['CRM', 'Billing'] })
    for (const currentApp of ['CR', 'CRM, Billing', 'crm', '', 'constructor']) {
      await expect(login('ada', { currentApp })).rejects.toMatchObject({ code: 'ERR_APP_REFUSED' })
    }
  })
})

describe('calls', () => {
  test.each([
    ['a list', []],
    ['text', 'x'],
    ['null', null],
    ['an unknown name', { currentUST: 'x' }],
    ['ust, which is called currentUst', { ust: 'x' }],
    ['a cid that is no text', { cid: 7 }],
    ['an endless cid', { cid: 'x'.repeat(129) }],
    ['a cid of two lines', { cid: 'a\nb' }],
    ['a token that is no text', { currentUst: 7 }],
    ['an endless token', { currentUst: 'x'.repeat(5000) }],
    ['a flag that is no flag', { needsSuperUser: 'yes' }],
  ])('%s is refused', async (_name, call) => {
    const { sso } = await open()
    const loose = sso.user.session.getCurrentSession as (call: unknown) => Promise<unknown>
    await expect(loose(call)).rejects.toMatchObject({ code: 'ERR_OPTION_INVALID', subStatus: ['E008002'] })
  })

  test('every call accepts the whole context', async () => {
    const { sso, ada } = await open()
    const context = { cid: 'c', currentUst: ada.ust, currentApp: 'CRM', remoteAddr: '192.0.2.1', userAgent: 'F' }
    await sso.user.validatePassword({ ...context, password: PASSWORD })
    await sso.user.getUserByUsername({ ...context, username: 'ada' })
    await sso.user.session.renew(context)
    await sso.user.login({ ...context, username: 'ada', password: PASSWORD })
    await sso.user.logout({ ...context, skipSec: true })
  })

  test('as binds a context, a call’s own parts go first, and what is left undefined shows it through', async () => {
    const { sso, ada, root } = await open()
    const mine = sso.as({ currentUst: ada.ust }).as({ userAgent: 'F' })
    expect(await mine.user.getCurrentUser({ currentUst: undefined })).toMatchObject({ username: 'ada' })
    expect(await mine.as({ currentUst: undefined }).user.getCurrentUser()).toMatchObject({ username: 'ada' })
    expect(await mine.user.getCurrentUser({ currentUst: root.ust })).toMatchObject({ username: 'root' })
    expect(() => sso.as(JSON.parse('{"ust":"x"}'))).toThrowError(expect.objectContaining({ code: 'ERR_OPTION_INVALID' }))
    expect(() => sso.as({ remoteAddr: 'localhost' })).toThrowError(expect.objectContaining({ code: 'ERR_OPTION_INVALID' }))
  })

  test('the face holds what exists, and nothing that does not', async () => {
    const { sso } = await open()
    expect(Object.keys(sso.user).sort()).toEqual(
      [
        'approveUser',
        'changePassword',
        'createSuperUser',
        'createUser',
        'deleteUserById',
        'deleteUserByUsername',
        'getCurrentUser',
        'getUserById',
        'getUserByUsername',
        'lockUser',
        'login',
        'logout',
        'rejectUser',
        'session',
        'setPassword',
        'unlockUser',
        'validatePassword',
      ].sort(),
    )
  })
})

test('close ends timers and stores, once', async () => {
  const { sso, watched } = await open()
  watched.calls()
  await Promise.all([sso.close(), sso.close(), sso[Symbol.asyncDispose]()])
  expect(
    watched
      .calls()
      .filter((call) => call.endsWith('.close'))
      .sort(),
  ).toEqual(['directory.close', 'sessions.close'])
})

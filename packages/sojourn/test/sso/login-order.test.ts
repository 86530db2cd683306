// Does a login ask what it asks in the fixed order, and say what it may?
import { describe, expect, test } from 'vitest'
import { disclosed, isValidationError, type LoginThrottle, type SojournOptions, type UserChange } from '../../src/index.ts'
import { OTHER_PASSWORD, open, PASSWORD } from './support/open.ts'

const DAY = 86_400

/** Each row is wrong in one more respect than the row after it: the first thing that is wrong must be what is said. */
interface Row {
  readonly name: string
  readonly user?: UserChange
  readonly call?: object
  readonly code: string
  readonly subStatus: string
}

const EVERYTHING_WRONG: { readonly user: UserChange; readonly call: object } = {
  user: {
    approvalStatus: 'before_decision',
    isTotpEnabled: true,
    isLocked: true,
    signUpStatus: 'before_confirmation',
    passwordExpiry: 1,
    passwordMustChange: true,
  },
  call: { username: 'nobody', password: 'wrong', currentApp: 'Shop', remoteAddr: '192.0.2.9', hasRemoteAddr: true },
}

/** What is put right, one after the other, and what is refused next. */
const STEPS: readonly Row[] = [
  { name: 'an unknown application', call: { currentApp: 'Nowhere' }, code: 'ERR_APP_REFUSED', subStatus: 'E004001' },
  { name: 'an unknown user', call: { currentApp: 'Shop' }, code: 'ERR_CREDENTIALS_INVALID', subStatus: 'E005001' },
  { name: 'an empty password', call: { username: 'eve', password: '' }, code: 'ERR_CREDENTIALS_INVALID', subStatus: 'E005001' },
  { name: 'a wrong password', call: { password: 'wrong' }, code: 'ERR_CREDENTIALS_INVALID', subStatus: 'E005001' },
  { name: 'no approval', call: { password: PASSWORD }, code: 'ERR_CREDENTIALS_INVALID', subStatus: 'E005001' },
  { name: 'a missing code', user: { approvalStatus: 'approved' }, code: 'ERR_ACCESS_DENIED', subStatus: 'E005008' },
  { name: 'any code', call: { totpCode: '123456' }, code: 'ERR_CREDENTIALS_INVALID', subStatus: 'E005001' },
  {
    name: 'an application one may not log in from',
    user: { isTotpEnabled: false },
    code: 'ERR_APP_REFUSED',
    subStatus: 'E004001',
  },
  {
    name: 'an address passed on by an application that may not',
    call: { currentApp: 'CRM' },
    code: 'ERR_ACCESS_DENIED',
    subStatus: 'E006001',
  },
  {
    name: 'an address that is not allowed',
    call: { hasRemoteAddr: false },
    code: 'ERR_CREDENTIALS_INVALID',
    subStatus: 'E005001',
  },
  { name: 'a lock', call: { remoteAddr: '10.1.2.3' }, code: 'ERR_USER_LOCKED', subStatus: 'E005002' },
  { name: 'an open sign-up', user: { isLocked: false }, code: 'ERR_USER_NOT_READY', subStatus: 'E005003' },
  { name: 'an expired password', user: { signUpStatus: 'final' }, code: 'ERR_PASSWORD_EXPIRED', subStatus: 'E003004' },
  { name: 'a password that must be changed', user: { passwordExpiry: null }, code: 'ERR_PASSWORD_EXPIRED', subStatus: 'E003007' },
  { name: 'an unacceptable new password', call: { newPassword: 'short' }, code: 'ERR_PASSWORD_REFUSED', subStatus: 'E003002' },
  { name: 'the old password again', call: { newPassword: PASSWORD }, code: 'ERR_PASSWORD_REFUSED', subStatus: 'E003001' },
]

const OPTIONS: Partial<SojournOptions> = {
  apps: { all: ['CRM', 'Shop'], loginAllowed: ['CRM'] },
  userAddressList: { eve: ['10.0.0.0/8', '127.0.0.1'] },
}

describe('the order of a login', () => {
  test.each(STEPS.map((row, index) => ({ ...row, index })))('$name is refused before what comes after it', async (row) => {
    const { sso, create, tamper } = await open(OPTIONS)
    const steps = STEPS.slice(0, row.index + 1)
    await tamper(await create('eve'), Object.assign({}, EVERYTHING_WRONG.user, ...steps.map(({ user }) => user ?? {})))
    const call = Object.assign({}, EVERYTHING_WRONG.call, ...steps.map((step) => step.call ?? {}))
    await expect(sso.user.login(call)).rejects.toMatchObject({ code: row.code, subStatus: [row.subStatus] })
  })

  test('with everything put right there is a session, and the old password is gone', async () => {
    const { sso, create, tamper } = await open(OPTIONS)
    await tamper(await create('eve'), Object.assign({}, EVERYTHING_WRONG.user, ...STEPS.map(({ user }) => user ?? {})))
    const call = Object.assign({}, EVERYTHING_WRONG.call, ...STEPS.map((step) => step.call ?? {}))
    const { warnings, ust } = await sso.user.login({ ...call, newPassword: OTHER_PASSWORD })
    expect(warnings).toEqual([])
    const from = { currentUst: ust, remoteAddr: '10.1.2.3' }
    expect(await sso.user.session.getCurrentSession(from)).toMatchObject({ username: 'eve', remoteAddr: '10.1.2.3' })
    await expect(sso.user.login({ ...call, newPassword: undefined })).rejects.toMatchObject({ code: 'ERR_CREDENTIALS_INVALID' })
    await sso.user.login({ ...call, newPassword: undefined, password: OTHER_PASSWORD })
  })
})

describe('flags decide what is told, never what is allowed', () => {
  const silent: Partial<SojournOptions> = {
    ...OPTIONS,
    apps: { all: ['CRM', 'Shop'], loginAllowed: ['CRM'], informIfAppInvalid: false },
    login: {
      informIfLocked: false,
      informIfNotConfirmed: false,
      informIfNotApproved: false,
      informIfTotpMissing: false,
    },
    password: { informIfExpired: false, informIfMustBeChanged: false, informIfInvalid: false },
  }

  test.each(STEPS.map((row, index) => ({ ...row, index })))(
    'with all of them off $name is refused, and a client is told E005001',
    async (row) => {
      const { sso, create, tamper } = await open(silent)
      const steps = STEPS.slice(0, row.index + 1)
      await tamper(await create('eve'), Object.assign({}, EVERYTHING_WRONG.user, ...steps.map(({ user }) => user ?? {})))
      const call = Object.assign({}, EVERYTHING_WRONG.call, ...steps.map((step) => step.call ?? {}))
      const error = await sso.user.login(call).catch((refusal: unknown) => refusal)
      if (!isValidationError(error)) throw error
      expect(error).toMatchObject({ code: row.code, subStatus: [row.subStatus] })
      if (row.subStatus === 'E006001') return
      const told = disclosed(error, 'login')
      expect(told).toMatchObject({ code: 'ERR_CREDENTIALS_INVALID', status: 401, subStatus: ['E005001'] })
      expect(told.message).toBe('The user name or the password is not right.')
    },
  )
})

describe('a password near its end', () => {
  const near = (now: number) => ({ passwordExpiry: now + 29 * DAY * 1000 })

  test('W-51: is a warning by what holds after the login: one that replaces a password looks at the new one', async () => {
    const { sso, create } = await open({ password: { expiry: 14 * DAY } })
    await create('eve', { passwordMustChange: true })
    const call = { username: 'eve', password: PASSWORD, newPassword: OTHER_PASSWORD }
    expect(await sso.user.login(call)).toMatchObject({ warnings: ['W003005'] })
  })

  test.each([
    [0, []],
    [1, ['W003005']],
  ])('is a warning from the threshold on: %i ms after it %j', async (after, warnings) => {
    const { sso, create, tamper, clock } = await open()
    await tamper(await create('eve'), { passwordExpiry: clock.now() - after + 30 * DAY * 1000 })
    expect(await sso.user.login({ username: 'eve', password: PASSWORD })).toMatchObject({ warnings })
  })

  test('must be replaced where it is not to be a warning', async () => {
    const { sso, create, tamper, clock } = await open({ password: { informIfAboutToExpire: false } })
    await tamper(await create('eve'), near(clock.now()))
    const call = { username: 'eve', password: PASSWORD }
    await expect(sso.user.login(call)).rejects.toMatchObject({ subStatus: ['E003006'], returnStatus: false })
    expect(await sso.user.login({ ...call, newPassword: OTHER_PASSWORD })).toMatchObject({ warnings: [] })
  })
})

test('trusted code vouches for the password, not for a second factor', async () => {
  const { sso, create, tamper } = await open()
  await tamper(await create('eve'), { isTotpEnabled: true })
  const call = { username: 'eve', skipSec: true }
  await expect(sso.user.login(call)).rejects.toMatchObject({ code: 'ERR_ACCESS_DENIED', subStatus: ['E005008'] })
  await expect(sso.user.login({ ...call, totpCode: '123456' })).rejects.toMatchObject({ code: 'ERR_CREDENTIALS_INVALID' })
})

describe('a throttle', () => {
  test('lets a login through when its turn has come, and its session begins then', async () => {
    const { sso, clock } = await open()
    const asked = clock.now()
    const throttle: LoginThrottle = async (login) => {
      clock.advance(5)
      return login()
    }
    const { creationTime } = await sso.user.login({ username: 'ada', password: PASSWORD, throttle })
    expect(creationTime).toBe(asked + 5000)
  })

  test('lets nobody in by a password that has expired meanwhile', async () => {
    const { sso, ada, clock } = await open()
    await sso.user.setPassword({ userId: ada.userId, password: PASSWORD, passwordExpiry: 60 })
    const throttle: LoginThrottle = async (login) => {
      clock.advance(61)
      return login()
    }
    const call = { username: 'ada', password: PASSWORD }
    await expect(sso.user.login({ ...call, throttle })).rejects.toMatchObject({ code: 'ERR_PASSWORD_EXPIRED' })
  })

  test('is not asked for a call that is none', async () => {
    const { sso } = await open()
    let asked = 0
    const throttle: LoginThrottle = (login) => {
      asked += 1
      return login()
    }
    await expect(sso.user.login({ username: 'ada', throttle })).rejects.toMatchObject({ errors: [{ field: 'password' }] })
    expect(asked).toBe(0)
  })

  test('must be a function', async () => {
    const { sso } = await open()
    const call = { username: 'ada', password: PASSWORD, ...JSON.parse('{"throttle":5}') }
    await expect(sso.user.login(call)).rejects.toMatchObject({ code: 'ERR_OPTION_INVALID', errors: [{ field: 'throttle' }] })
  })
})

// How does an account come about?
import { invalidOption } from '../../engine/error.ts'
import { authorise } from '../access/authorise.ts'
import { requireApp } from '../access/checks.ts'
import type { Call } from '../access/context.ts'
import { auditField } from '../audit/audit-entry.ts'
import type { StoredUser } from '../directory.ts'
import { anything, type Field, flag, oneOf, optionalPassword, readFields, textOr } from '../fields.ts'
import { passwordChange } from '../passwords/password-change.ts'
import type { Services } from '../services.ts'
import type { Verbs } from '../verb.ts'
import { requireEmail } from './email.ts'
import type { NewUserData, UserApi } from './user-api.ts'
import { newUserId } from './user-id.ts'
import { requireUsername } from './username.ts'

/** The longest part of a name. Unit: UTF-16 code units. */
const MOST_NAME = 191

const personName: Field<string> = (value, name) => {
  const given = textOr('')(value, name).trim()
  if (given.length > MOST_NAME || /\p{Cc}/u.test(given)) {
    throw invalidOption(name, `must have at most ${MOST_NAME} characters, none of them control characters`)
  }
  if (!given.isWellFormed()) throw invalidOption(name, 'must be well-formed Unicode')
  return given
}

/** A second factor cannot be checked yet, so none can be asked for. */
const noSecondFactor: Field<boolean> = (value, name) => {
  if (flag(false)(value, name)) throw invalidOption(name, 'must be false: two-factor login cannot be turned on')
  return false
}

const DATA_FIELDS = {
  username: anything,
  password: optionalPassword,
  passwordMustChange: flag(false),
  email: (value) => requireEmail(value),
  displayName: personName,
  firstName: personName,
  middleName: personName,
  lastName: personName,
  isLocked: flag(false),
  signUpStatus: oneOf(['final', 'before_confirmation'], 'final'),
  appList: anything,
  isTotpEnabled: noSecondFactor,
} as const satisfies Record<keyof NewUserData, Field<unknown>>

/** The applications a user may use: `null` for all, otherwise some of those there are. */
function requireAppList(value: unknown, known: ReadonlySet<string>): readonly string[] | null {
  if (value === undefined || value === null) return null
  const isKnown = (app: unknown): app is string => typeof app === 'string' && known.has(app)
  if (!Array.isArray(value) || !value.every(isKnown))
    throw invalidOption('appList', 'must be a list of applications in `apps.all`')
  return [...value]
}

/** Who is recorded to have made the account: the super-user who calls, or the system where trusted code does. */
async function maker(services: Services, call: Call, requireSuperUser: boolean): Promise<string> {
  if (requireSuperUser) return (await authorise(services, call, { superUser: true })).account.userId
  requireApp(call, services.settings)
  call.entry.actor = 'auto'
  return 'auto'
}

/** What the account is to be, beside what the data says. */
interface Standing {
  readonly isSuperUser: boolean
  readonly isApproved: boolean
  readonly by: string
}

/** The record of a new account. */
async function newUser(services: Services, call: Call, data: unknown, standing: Standing): Promise<StoredUser> {
  const { settings, emails } = services
  const { now, cid, remoteAddr, userAgent, currentApp } = call
  const read = readFields('data', data, DATA_FIELDS)
  const { firstName, middleName, lastName, passwordMustChange, isLocked, isTotpEnabled } = read
  const userId = newUserId()
  const names = requireUsername(read.username, settings.signup.maxLengthUsername)
  const appList = requireAppList(read.appList, settings.apps.all)
  const password =
    read.password === undefined
      ? { passwordHash: null, passwordLastSet: null, passwordExpiry: null }
      : await passwordChange(services, { password: read.password, now, mustChange: undefined })
  return {
    userId,
    ...names,
    isSuperUser: standing.isSuperUser,
    isInternal: false,
    isLocked,
    lockedTime: isLocked ? now : null,
    lockedBy: isLocked ? standing.by : null,
    approvalStatus: standing.isApproved ? 'approved' : 'before_decision',
    approvalStatusModTime: now,
    approvalStatusModBy: standing.by,
    signUpStatus: standing.isSuperUser ? 'final' : read.signUpStatus,
    signUpTime: now,
    signUpConfirmTime: null,
    creationCtx: JSON.stringify({ cid, remoteAddr, userAgent, currentApp }),
    ...password,
    passwordMustChange,
    ...emails.close(userId, read.email),
    displayName: read.displayName || [firstName, middleName, lastName].filter((name) => name !== '').join(' '),
    firstName,
    middleName,
    lastName,
    appList,
    isTotpEnabled,
    totpKey: null,
    totpLabel: null,
    totpLastStep: null,
    isRateLimitActive: false,
    rateLimitDef: null,
  }
}

const CREATE_FIELDS = {
  data: anything,
  requireSuperUser: flag(true),
  autoApprove: flag(false),
  onlyWhenEmpty: flag(false),
}

/** The verbs that make accounts. */
export function creationVerbs(services: Services, { verb }: Verbs): Pick<UserApi, 'createUser' | 'createSuperUser'> {
  const make = (operation: string, isSuperUser: boolean) =>
    verb(operation, CREATE_FIELDS, async (call, { data, requireSuperUser, autoApprove, onlyWhenEmpty }) => {
      const username = auditField(data, 'username')
      if (username !== undefined) call.entry.details['username'] = username
      const by = await maker(services, call, requireSuperUser)
      const isApproved = autoApprove || !services.settings.signup.isApprovalNeeded
      const user = await newUser(services, call, data, { isSuperUser, isApproved, by })
      await services.writes.create(call, user, onlyWhenEmpty ? 'when-empty' : undefined)
      return user.userId
    })
  return {
    createUser: make('user.create_user', false),
    createSuperUser: make('user.create_super_user', true),
  }
}

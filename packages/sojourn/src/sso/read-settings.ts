// Which settings are in force, and are they sound?
import { refuseUnknown } from '../engine/check.ts'
import { invalidOption, SojournError } from '../engine/error.ts'
import type { Seconds } from '../engine/time.ts'
import { type AddressList, readAddressList } from './access/address-list.ts'
import type { PasswordPolicy } from './passwords/password-policy.ts'
import type { AppsOptions, SessionOptions, SettingsOptions } from './settings.ts'
import { MOST_USERNAME_CHARACTERS } from './users/username.ts'

/** The settings in force. */
export interface Settings {
  readonly apps: {
    readonly first: string
    readonly all: ReadonlySet<string>
    readonly loginAllowed: ReadonlySet<string>
    readonly loginMetadataAllowed: ReadonlySet<string>
    readonly informIfAppInvalid: boolean
  }
  readonly login: {
    readonly informIfLocked: boolean
    readonly informIfNotConfirmed: boolean
    readonly informIfNotApproved: boolean
    readonly informIfTotpMissing: boolean
  }
  readonly password: PasswordPolicy & {
    readonly expiry: Seconds | null
    readonly aboutToExpireThreshold: Seconds
    readonly informIfExpired: boolean
    readonly informIfAboutToExpire: boolean
    readonly informIfMustBeChanged: boolean
  }
  readonly signup: { readonly isApprovalNeeded: boolean; readonly maxLengthUsername: number }
  readonly session: Pick<SessionOptions, 'expiry' | 'expiryHook'>
  readonly main: { readonly encryptEmail: boolean }
  readonly addresses: AddressList
}

const YEAR = 31_536_000
const DAY = 86_400

/** What is guessed first. */
const REJECT_LIST =
  `111111 123123 123321 123456 123qwe 1q2w3e 1q2w3e4r 1q2w3e4r5t 222222 333333 444444 555555 666666 777777 888888
999999 654321 987654321 google letmein mynoob password qwerty zxcvbnm`.split(/\s+/)

function unsound(setting: string, reason: string): SojournError {
  return new SojournError('ERR_POLICY_INVALID', `\`${setting}\` ${reason}.`, { errors: [{ field: setting, reason }] })
}

/** Reads the fields of one stanza, each by its name, its type and its default. */
function stanza(name: string, options: object | undefined, known: readonly string[]) {
  const given: Readonly<Record<string, unknown>> = { ...options }
  if (options !== undefined) refuseUnknown(name, options, known)
  const field = (key: string) => `${name}.${key}`
  // Only what is left out has its default: of some settings `null` means something, and elsewhere it would seem to.
  const read = (key: string, usual: unknown) => (given[key] === undefined ? usual : given[key])
  return {
    flag(key: string, usual: boolean): boolean {
      const value = read(key, usual)
      if (typeof value !== 'boolean') throw invalidOption(field(key), 'must be true or false')
      return value
    },
    whole(key: string, usual: number, least: number, most: number): number {
      const value = read(key, usual)
      if (typeof value !== 'number' || !Number.isInteger(value)) throw invalidOption(field(key), 'must be a whole number')
      if (value < least || value > most) throw unsound(field(key), `must be from ${least} to ${most}`)
      return value
    },
    seconds(key: string, usual: Seconds): Seconds {
      const value = read(key, usual)
      if (typeof value !== 'number' || !Number.isFinite(value))
        throw invalidOption(field(key), 'must be a finite number of seconds')
      if (value <= 0) throw unsound(field(key), 'must be positive')
      return value
    },
    texts(key: string, usual: readonly string[]): readonly string[] {
      const value = read(key, usual)
      if (!Array.isArray(value)) throw invalidOption(field(key), 'must be a list of texts')
      return value.map((entry: unknown) => {
        if (typeof entry !== 'string' || entry.trim() === '')
          throw invalidOption(field(key), 'must hold texts that are not blank')
        return entry
      })
    },
  }
}

function readApps(options: AppsOptions | readonly string[] | undefined): Settings['apps'] {
  const isShort = (value: typeof options): value is readonly string[] => Array.isArray(value)
  const known = ['all', 'loginAllowed', 'loginMetadataAllowed', 'informIfAppInvalid']
  const read = stanza('apps', isShort(options) ? { all: options } : options, known)
  const all = read.texts('all', ['CRM'])
  const [first] = all
  if (first === undefined) throw unsound('apps.all', 'must hold at least one application')
  const within = (key: string, usual: readonly string[]): ReadonlySet<string> => {
    const chosen = read.texts(key, usual)
    const stranger = chosen.find((app) => !all.includes(app))
    if (stranger !== undefined) throw unsound(`apps.${key}`, `holds \`${stranger}\`, which is not in \`apps.all\``)
    return new Set(chosen)
  }
  return {
    first,
    all: new Set(all),
    loginAllowed: within('loginAllowed', all),
    loginMetadataAllowed: within('loginMetadataAllowed', []),
    informIfAppInvalid: read.flag('informIfAppInvalid', true),
  }
}

function readPassword(options: SettingsOptions['password'], strength: PasswordPolicy['strength']): Settings['password'] {
  const read = stanza('password', options, [
    'expiry',
    'aboutToExpireThreshold',
    'informIfExpired',
    'informIfAboutToExpire',
    'informIfMustBeChanged',
    'informIfInvalid',
    'minLength',
    'maxLength',
    'minComplexity',
    'rejectList',
  ])
  const minComplexity = read.whole('minComplexity', 0, 0, 4)
  if (minComplexity > 0 && strength === undefined) {
    throw unsound('password.minComplexity', 'needs `passwordStrength`, a function that rates a password from 0 to 4')
  }
  const minLength = read.whole('minLength', 8, 1, 256)
  return {
    expiry: options?.expiry === null ? null : read.seconds('expiry', 2 * YEAR),
    aboutToExpireThreshold: read.seconds('aboutToExpireThreshold', 30 * DAY),
    informIfExpired: read.flag('informIfExpired', false),
    informIfAboutToExpire: read.flag('informIfAboutToExpire', true),
    informIfMustBeChanged: read.flag('informIfMustBeChanged', true),
    informIfInvalid: read.flag('informIfInvalid', true),
    minLength,
    maxLength: read.whole('maxLength', 256, Math.max(64, minLength), 1024),
    minComplexity,
    strength,
    rejectList: read.texts('rejectList', REJECT_LIST).map((fragment) => fragment.normalize('NFKC').toLowerCase()),
  }
}

function readSession(options: SettingsOptions['session']): Settings['session'] {
  const read = stanza('session', options, ['expiry', 'expiryHook'])
  const hook = options?.expiryHook
  if (hook !== undefined && typeof hook !== 'function') throw invalidOption('session.expiryHook', 'must be a function')
  return { expiry: options?.expiry === undefined ? undefined : read.seconds('expiry', 3600), expiryHook: hook }
}

/**
 * Reads the settings once, before anything is opened, and answers them with every default.
 *
 * @param strength rates a password from 0 to 4; without it `password.minComplexity` must be 0.
 * @throws {SojournError} `ERR_OPTION_INVALID` for a setting that is unknown or of the wrong type, `ERR_POLICY_INVALID` for one that is
 * out of its range or contradicts another.
 */
export function readSettings(options: SettingsOptions, strength: PasswordPolicy['strength']): Settings {
  const { userAddressList = {} } = options
  const login = stanza('login', options.login, [
    'rejectIfNotListed',
    'informIfLocked',
    'informIfNotConfirmed',
    'informIfNotApproved',
    'informIfTotpMissing',
  ])
  const signup = stanza('signup', options.signup, ['isApprovalNeeded', 'maxLengthUsername'])
  return {
    apps: readApps(options.apps),
    login: {
      informIfLocked: login.flag('informIfLocked', true),
      informIfNotConfirmed: login.flag('informIfNotConfirmed', true),
      informIfNotApproved: login.flag('informIfNotApproved', true),
      informIfTotpMissing: login.flag('informIfTotpMissing', true),
    },
    password: readPassword(options.password, strength),
    signup: {
      isApprovalNeeded: signup.flag('isApprovalNeeded', true),
      maxLengthUsername: signup.whole('maxLengthUsername', MOST_USERNAME_CHARACTERS, 1, MOST_USERNAME_CHARACTERS),
    },
    session: readSession(options.session),
    main: { encryptEmail: stanza('main', options.main, ['encryptEmail']).flag('encryptEmail', true) },
    addresses: readAddressList(userAddressList, login.flag('rejectIfNotListed', false)),
  }
}

// With what was Sojourn opened, and is that sound?

import { type AttributeSchema, requireSchema } from '../engine/attributes/schema.ts'
import { refuseUnknown, requirePositive } from '../engine/check.ts'
import { invalidOption, SojournError } from '../engine/error.ts'
import type { PolicyOptions } from '../engine/policy.ts'
import type { SojournOptions } from './options.ts'
import { argon2Hasher, type PasswordHasher } from './passwords/password-hash.ts'
import { readSettings, type Settings } from './read-settings.ts'

const OPTIONS: Record<keyof SojournOptions, true> = {
  store: true,
  keys: true,
  sealing: true,
  policy: true,
  attributes: true,
  userAttributes: true,
  storeTimeout: true,
  sweepInterval: true,
  clock: true,
  onEvent: true,
  loadUser: true,
  passwordHashing: true,
  passwordStrength: true,
  apps: true,
  login: true,
  password: true,
  signup: true,
  session: true,
  main: true,
  userAddressList: true,
}

/** How long a store call may take. Unit: seconds. */
const STORE_TIMEOUT = 2

/** How often a store is swept that does not say it, as one written in JavaScript may not. Unit: seconds. */
const SWEEP_INTERVAL = 14_400

/** The options in force. */
export interface OpenedOptions {
  readonly settings: Settings
  readonly hasher: PasswordHasher
  readonly policy: PolicyOptions
  readonly storeTimeout: number
  readonly sweepInterval: number
}

function isHasher(value: NonNullable<SojournOptions['passwordHashing']>): value is PasswordHasher {
  return 'verify' in value
}

function readHasher(given: SojournOptions['passwordHashing'] = {}): PasswordHasher {
  if (typeof given !== 'object' || given === null) throw invalidOption('passwordHashing', 'must be an object')
  if (!isHasher(given)) return argon2Hasher(given)
  for (const verb of ['hash', 'verify', 'isOutdated'] as const) {
    if (typeof given[verb] !== 'function') throw invalidOption(`passwordHashing.${verb}`, 'must be a function')
  }
  return given
}

/** One setting that has two names: `session.expiry` of the SSO face is the engine's `policy.expiry`. */
function readPolicy(given: PolicyOptions = {}, { session }: Settings): PolicyOptions {
  if (session.expiry === undefined) return given
  if (given.expiry !== undefined && given.expiry !== session.expiry) {
    throw new SojournError('ERR_POLICY_INVALID', '`session.expiry` contradicts `policy.expiry`.', {
      errors: [{ field: 'session.expiry', reason: 'contradicts `policy.expiry`' }],
    })
  }
  return { ...given, expiry: session.expiry }
}

/** Longer timers are beyond what a runtime can set. Unit: seconds (about 11 days). */
const MOST_TIMER = 1_000_000

function requireTimer(name: string, value: unknown): number {
  const seconds = requirePositive(name, value)
  if (seconds > MOST_TIMER) throw invalidOption(name, `must be at most ${MOST_TIMER}`)
  return seconds
}

function usualSweepInterval({ sweepInterval = SWEEP_INTERVAL }: { readonly sweepInterval?: number }): number {
  return sweepInterval
}

function requireFunction(name: string, value: unknown): void {
  if (value !== undefined && typeof value !== 'function') throw invalidOption(name, 'must be a function')
}

function requireStore(store: unknown): void {
  const isObject = (value: unknown) => typeof value === 'object' && value !== null
  const halves: object = typeof store === 'object' && store !== null ? store : {}
  if ('sessions' in halves && 'directory' in halves && isObject(halves.sessions) && isObject(halves.directory)) return
  throw invalidOption('store', 'must hold `sessions` and `directory`, as `memoryStore()` and `sqliteStore(path)` answer them')
}

/**
 * Reads the options once, before anything is opened.
 *
 * @throws {SojournError} `ERR_OPTION_INVALID`, `ERR_POLICY_INVALID`
 */
export function readOptions<S extends AttributeSchema, U extends AttributeSchema>(options: SojournOptions<S, U>): OpenedOptions {
  refuseUnknown('options', options, Object.keys(OPTIONS))
  requireStore(options.store)
  requireSchema('attributes', options.attributes)
  requireSchema('userAttributes', options.userAttributes)
  requireFunction('loadUser', options.loadUser)
  requireFunction('passwordStrength', options.passwordStrength)
  requireFunction('clock', options.clock)
  requireFunction('onEvent', options.onEvent)
  const settings = readSettings(options, options.passwordStrength)
  const { storeTimeout = STORE_TIMEOUT, sweepInterval = usualSweepInterval(options.store.sessions) } = options
  return {
    settings,
    hasher: readHasher(options.passwordHashing),
    policy: readPolicy(options.policy, settings),
    storeTimeout: requireTimer('storeTimeout', storeTimeout),
    sweepInterval,
  }
}

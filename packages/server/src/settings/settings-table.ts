// Which settings are there, and what may each be?
import { isAddressOrNetwork } from '../http/client-address.ts'
import { LOG_LEVELS, type LogLevel } from '../log-level.ts'

/** An object of JSON, whose contents Sojourn itself checks when it is opened. */
export type Stanza = Readonly<Record<string, unknown>>

/** What `sojourn` can be told, by flags, environment or file. */
export interface Settings {
  /** Where everything is kept: `sqlite:PATH`, `postgres://...` or `memory:`. */
  readonly db: string
  /** Where sessions are kept instead: `redis://...`, for example. */
  readonly sessions: string | undefined
  readonly host: string
  readonly port: number
  /** The file of the server key ring. Default: the database file with `.keys`. */
  readonly keysFile: string | undefined
  /** The server keys themselves, newest first, instead of a file. */
  readonly keys: readonly string[] | undefined
  /** Proxies whose `X-Forwarded-For` is believed. */
  readonly trustedProxies: readonly string[]
  readonly loginFailuresPerNetwork: number
  readonly loginFailures: number
  /** Unit: seconds. */
  readonly loginFailureWindow: number
  /** How long requests in flight may take after SIGTERM. Unit: seconds. */
  readonly shutdownTimeout: number
  readonly logLevel: LogLevel
  readonly sealing: 'token' | 'server' | undefined
  /** Unit: seconds. */
  readonly storeTimeout: number | undefined
  /** Unit: seconds. */
  readonly sweepInterval: number | undefined
  readonly apps: readonly string[] | Stanza | undefined
  readonly policy: Stanza | undefined
  readonly login: Stanza | undefined
  readonly password: Stanza | undefined
  readonly session: Stanza | undefined
  readonly signup: Stanza | undefined
  readonly main: Stanza | undefined
  readonly userAddressList: Stanza | undefined
}

/** The name of a setting. */
export type SettingName = keyof Settings

/** How a setting is read from text (a flag, a variable) or JSON (the file). */
export interface Setting<T> {
  /** `NAME must ...` */
  readonly must: string
  /** `undefined` for what it must not be. */
  read(raw: unknown): T | undefined
}

/** Every setting by its name. */
export const SETTINGS: { readonly [Name in SettingName]: Setting<NonNullable<Settings[Name]>> } = {
  db: text(),
  sessions: text(),
  host: text(),
  port: wholeNumber(0, 65_535),
  keysFile: text(),
  keys: list(),
  trustedProxies: proxies(),
  loginFailuresPerNetwork: wholeNumber(1, 1_000_000),
  loginFailures: wholeNumber(1, 1_000_000),
  loginFailureWindow: wholeNumber(1, 86_400),
  shutdownTimeout: wholeNumber(0, 3_600),
  logLevel: oneOf(LOG_LEVELS),
  sealing: oneOf(['token', 'server']),
  storeTimeout: number(),
  sweepInterval: number(),
  apps: listOrStanza(),
  policy: stanza(),
  login: stanza(),
  password: stanza(),
  session: stanza(),
  signup: stanza(),
  main: stanza(),
  userAddressList: stanza(),
}

function text(): Setting<string> {
  return { must: 'be text that is not empty', read: (raw) => (typeof raw === 'string' && raw !== '' ? raw : undefined) }
}

function number(): Setting<number> {
  return {
    must: 'be a number of seconds',
    read(raw) {
      if (typeof raw === 'string') return /^\d{1,15}(\.\d+)?$/.test(raw) ? Number(raw) : undefined
      return typeof raw === 'number' && Number.isFinite(raw) ? raw : undefined
    },
  }
}

function wholeNumber(least: number, most: number): Setting<number> {
  return {
    must: `be a whole number from ${least} to ${most}`,
    read(raw) {
      const value = number().read(raw)
      return value !== undefined && Number.isInteger(value) && value >= least && value <= most ? value : undefined
    },
  }
}

function oneOf<const T extends string>(values: readonly T[]): Setting<T> {
  return { must: `be one of ${values.join(', ')}`, read: (raw) => values.find((value) => value === raw) }
}

function list(): Setting<readonly string[]> {
  return {
    must: 'be a list of texts, separated by commas',
    read(raw) {
      const items: unknown = typeof raw === 'string' ? raw.split(',').map((item) => item.trim()) : raw
      return Array.isArray(items) && items.every((item) => typeof item === 'string' && item !== '') ? items : undefined
    },
  }
}

function proxies(): Setting<readonly string[]> {
  return {
    must: 'hold addresses and networks, such as 10.0.0.0/8 or ::1, separated by commas',
    read(raw) {
      const entries = list().read(raw)
      return entries?.every(isAddressOrNetwork) === true ? entries : undefined
    },
  }
}

function stanza(): Setting<Stanza> {
  return {
    must: 'be an object of JSON',
    read(raw) {
      const value = typeof raw === 'string' ? parsed(raw) : raw
      return typeof value === 'object' && value !== null && !Array.isArray(value) ? { ...value } : undefined
    },
  }
}

function listOrStanza(): Setting<readonly string[] | Stanza> {
  return {
    must: 'be a list of texts, separated by commas, or an object of JSON',
    read: (raw) => stanza().read(raw) ?? list().read(raw),
  }
}

function parsed(json: string): unknown {
  try {
    return JSON.parse(json)
  } catch {
    return undefined
  }
}

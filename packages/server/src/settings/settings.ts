// Which settings are in force? Flags go before the environment, the environment before the file.
import { readFileSync } from 'node:fs'
import type { SojournOptions } from 'sojourn'
import { UsageError } from '../command-line/usage.ts'
import { SETTINGS, type SettingName, type Settings } from './settings-table.ts'

/** Where settings come from. */
export interface SettingSources {
  /** By setting name; what is `undefined` was not given. */
  readonly flags: Readonly<Record<string, string | undefined>>
  readonly env: Readonly<Record<string, string | undefined>>
  /** The settings file: JSON, by setting name. */
  readonly file: string | undefined
}

/** What a secret is shown as. */
const MASK = '********'

/** Names in the environment that begin like a setting's and are none: where the settings file is. */
const CONFIG_VARIABLE = 'SOJOURN_CONFIG'

/** Reads all settings. Throws {@link UsageError} for one that is not known, or not what it must be. */
export function readSettings({ flags, env, file = env[CONFIG_VARIABLE] }: SettingSources): Settings {
  const stored = file === undefined ? {} : readFile(file)
  refuseUnknown(env, stored, file ?? '')

  const pick = <Name extends SettingName>(name: Name): NonNullable<Settings[Name]> | undefined =>
    readOne(name, flags[name], `--${kebab(name)}`) ??
    readOne(name, env[variableOf(name)], variableOf(name)) ??
    readOne(name, stored[name], `\`${name}\` of ${file}`)

  return {
    db: pick('db') ?? 'sqlite:sojourn.db',
    sessions: pick('sessions'),
    host: pick('host') ?? '127.0.0.1',
    port: pick('port') ?? 8080,
    keysFile: pick('keysFile'),
    keys: pick('keys'),
    trustedProxies: pick('trustedProxies') ?? [],
    loginFailuresPerNetwork: pick('loginFailuresPerNetwork') ?? 100,
    loginFailures: pick('loginFailures') ?? 10,
    loginFailureWindow: pick('loginFailureWindow') ?? 900,
    shutdownTimeout: pick('shutdownTimeout') ?? 10,
    logLevel: pick('logLevel') ?? 'info',
    sealing: pick('sealing'),
    storeTimeout: pick('storeTimeout'),
    sweepInterval: pick('sweepInterval'),
    apps: pick('apps'),
    policy: pick('policy'),
    login: pick('login'),
    password: pick('password'),
    session: pick('session'),
    signup: pick('signup'),
    main: pick('main'),
    userAddressList: pick('userAddressList'),
  }
}

/** The settings that Sojourn itself is opened with. */
export function sojournSettings(settings: Settings): Omit<SojournOptions, 'store' | 'keys'> {
  const { sealing, storeTimeout, sweepInterval, apps, policy, login, password, session, signup, main, userAddressList } = settings
  // The stanzas are JSON of a stranger; createSojourn checks every name and value in them and refuses what it does not know.
  return { sealing, storeTimeout, sweepInterval, apps, policy, login, password, session, signup, main, userAddressList } as Omit<
    SojournOptions,
    'store' | 'keys'
  >
}

/** The settings as they may be shown: without keys, and without the passwords of URLs. */
export function shownSettings(settings: Settings): Readonly<Record<string, unknown>> {
  return {
    ...settings,
    db: maskedUrl(settings.db),
    sessions: settings.sessions === undefined ? null : maskedUrl(settings.sessions),
    keys: settings.keys?.map(() => MASK) ?? null,
  }
}

/** A URL without its password, also where that was not encoded and holds `@`, `:` or `/`, and without secrets among its parameters. */
export function maskedUrl(url: string): string {
  return url
    .replace(/^([a-z0-9+.-]+:\/\/[^:@/]*):.*@/is, `$1:${MASK}@`)
    .replaceAll(/([?&][^=&#]*(?:pass|pwd|secret|token|key)[^=&#]*=)[^&#]*/gi, `$1${MASK}`)
}

function readOne<Name extends SettingName>(name: Name, raw: unknown, where: string): NonNullable<Settings[Name]> | undefined {
  if (raw === undefined) return undefined
  const { must, read } = SETTINGS[name]
  const value = read(raw)
  if (value === undefined) throw new UsageError(`${where} must ${must}.`)
  return value
}

function refuseUnknown(env: SettingSources['env'], stored: Readonly<Record<string, unknown>>, file: string): void {
  const names = Object.keys(SETTINGS)
  const strayName = Object.keys(stored).find((name) => !names.includes(name))
  if (strayName !== undefined)
    throw new UsageError(`\`${strayName}\` of ${file} is not a setting. Known are ${names.join(', ')}.`)
  const variables = [CONFIG_VARIABLE, ...names.map(variableOf)]
  const strayVariable = Object.keys(env).find((name) => name.startsWith('SOJOURN_') && !variables.includes(name))
  if (strayVariable !== undefined) throw new UsageError(`${strayVariable} is not a setting. Known are ${variables.join(', ')}.`)
}

function readFile(path: string): Readonly<Record<string, unknown>> {
  try {
    const stored: unknown = JSON.parse(readFileSync(path, 'utf8'))
    if (typeof stored === 'object' && stored !== null && !Array.isArray(stored)) return { ...stored }
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw new UsageError(`The settings file ${path} cannot be read.`, { cause: error })
  }
  throw new UsageError(`The settings file ${path} must hold an object of JSON.`)
}

function variableOf(name: string): string {
  return `SOJOURN_${name.replaceAll(/[A-Z]/g, (letter) => `_${letter}`).toUpperCase()}`
}

function kebab(name: string): string {
  return name.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)
}

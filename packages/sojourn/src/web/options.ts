// With what is the web face opened?

import { requireList, requireNames } from '../engine/attributes/names.ts'
import { GUEST, refuseUnknown, requireCounters } from '../engine/check.ts'
import { invalidOption } from '../engine/error.ts'
import { type CookieOptions, type CookieRules, readCookieOptions } from './cookie-rules.ts'
import { type ProxyReader, readTrustedProxies, type TrustedProxies } from './proxies.ts'
import type { LoginOptions } from './session.ts'

/** With what the web face is opened. */
export interface WebOptions {
  /** How the browser keeps the token. Default: as {@link CookieOptions} says. */
  readonly cookie?: CookieOptions | undefined
  /** The entries that survive a login. Default: `['language']`. */
  readonly persistentFieldsOnLogin?: readonly string[] | undefined
  /** The entries that survive a logout. Default: `['language']`. */
  readonly persistentFieldsOnLogout?: readonly string[] | undefined
  /** Which proxies stand in front of this process. Default: none, and what they say is not believed. */
  readonly trustedProxies?: TrustedProxies | undefined
}

/** The options as they are in force. */
export interface WebSettings {
  readonly cookie: CookieRules
  readonly keepOnLogin: readonly string[]
  readonly keepOnLogout: readonly string[]
  readonly proxies: ProxyReader
}

/** Who is meant where all guests are: sessions without a user. */
export const GUEST_USER = GUEST

const KEPT = ['language']

export function readWebOptions(options: WebOptions): WebSettings {
  refuseUnknown('options', options, ['cookie', 'persistentFieldsOnLogin', 'persistentFieldsOnLogout', 'trustedProxies'])
  const { cookie = {}, persistentFieldsOnLogin = KEPT, persistentFieldsOnLogout = KEPT, trustedProxies } = options
  return {
    cookie: readCookieOptions(cookie),
    keepOnLogin: requireNames(persistentFieldsOnLogin, 'persistentFieldsOnLogin'),
    keepOnLogout: requireNames(persistentFieldsOnLogout, 'persistentFieldsOnLogout'),
    proxies: readTrustedProxies(trustedProxies),
  }
}

/** Refuses options of a login that say nothing, two things, or what nobody could ask for later. */
export function requireLoginOptions(options: LoginOptions): void {
  refuseUnknown('login', options, ['authType', 'methods', 'proof', 'expect'])
  const { authType = '', methods = [], proof = '', expect } = options
  const texts = { authType, proof, ...requireList('methods', methods) }
  for (const [name, text] of Object.entries(texts)) if (typeof text !== 'string') throw invalidOption(name, 'must be text')
  if (expect === undefined) return
  if (options.proof !== undefined) throw invalidOption('expect', 'cannot go with `proof`')
  requireCounters(expect)
}

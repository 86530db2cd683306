// With what is the web face opened?

import { requireNames } from '../engine/attributes/names.ts'
import { GUEST, refuseUnknown, requireCounters } from '../engine/check.ts'
import { invalidOption } from '../engine/error.ts'
import { type CookieOptions, type CookieRules, readCookieOptions } from './cookie-rules.ts'
import { type ProxyReader, readTrustedProxies, type TrustedProxies } from './proxies.ts'
import type { LoginOptions } from './session.ts'

/** With what the web face is opened. */
export interface WebOptions {
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

export function readWebOptions(options: WebOptions): WebSettings {
  refuseUnknown('options', options, ['cookie', 'persistentFieldsOnLogin', 'persistentFieldsOnLogout', 'trustedProxies'])
  const names = (field: 'persistentFieldsOnLogin' | 'persistentFieldsOnLogout') => {
    const { [field]: given = ['language'] } = options
    return requireNames(given, field)
  }
  const { cookie = {}, trustedProxies } = options
  return {
    cookie: readCookieOptions(cookie),
    keepOnLogin: names('persistentFieldsOnLogin'),
    keepOnLogout: names('persistentFieldsOnLogout'),
    proxies: readTrustedProxies(trustedProxies),
  }
}

/** Refuses options of a login that say nothing, or two things. */
export function requireLoginOptions(options: LoginOptions): void {
  refuseUnknown('login', options, ['authType', 'methods', 'proof', 'expect'])
  const { proof, expect } = options
  if (proof !== undefined && typeof proof !== 'string') throw invalidOption('proof', 'must be the token of a session')
  if (expect === undefined) return
  if (proof !== undefined) throw invalidOption('expect', 'cannot go with `proof`, which says the same')
  requireCounters(expect)
}

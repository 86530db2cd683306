// Which servers does a URL of Redis name?

import { UsageError } from '../command-line/usage.ts'
import { maskedUrl } from '../settings/settings.ts'

/** A server's address. */
interface RedisHost {
  readonly host: string
  readonly port: number
}

/** What a URL of Redis says. */
export interface RedisAddress {
  readonly hosts: readonly RedisHost[]
  readonly isEncrypted: boolean
  readonly username: string | undefined
  readonly password: string | undefined
  /** What follows the hosts, part by part. */
  readonly path: readonly string[]
}

/** How a URL of each kind looks. */
const FORMS = {
  single: { hint: 'redis://USER:PASSWORD@HOST:PORT/DATABASE', port: 6379 },
  cluster: { hint: 'redis+cluster://USER:PASSWORD@HOST:PORT,HOST:PORT', port: 6379 },
  sentinel: { hint: 'redis+sentinel://USER:PASSWORD@SENTINEL:PORT,SENTINEL:PORT/NAME/DATABASE', port: 26_379 },
} as const

/** One server, a cluster, or the one that Sentinels name. */
export type RedisForm = keyof typeof FORMS

/** Reads a URL of Redis; `rediss` instead of `redis` means TLS. Throws {@link UsageError} for one that is none. */
export function readRedisUrl(url: string, form: RedisForm): RedisAddress {
  const { hint, port } = FORMS[form]
  const refuse = () => new UsageError(`${maskedUrl(url)} is not a URL of Redis: it must be like ${hint}.`)
  const parts = /^(rediss?)(?:\+[a-z]+)?:\/\/(?:([^@]*)@)?([^@/?#]+)(?:\/([^@?#]*))?$/s.exec(url)
  if (parts === null) throw refuse()
  const [, scheme, user, hosts = '', path = ''] = parts
  const read = hosts.split(',').map((host) => readHost(host, port))
  if (read.includes(undefined) || (form === 'single' && read.length > 1)) throw refuse()
  const [username, password] = (user ?? '').split(/:(.*)/s, 2).map((each) => decoded(each, refuse))
  return {
    hosts: read.filter((host) => host !== undefined),
    isEncrypted: scheme === 'rediss',
    username: username === '' ? undefined : username,
    password: password === '' ? undefined : password,
    path: path.split('/').filter((each) => each !== ''),
  }
}

/** The number of a database, as the last part of a path names it. Throws {@link UsageError} for what is none. */
export function readDatabase(url: string, part: string | undefined): number {
  if (part === undefined) return 0
  if (!/^\d{1,5}$/.test(part)) throw new UsageError(`${maskedUrl(url)} must end with the number of a database, or without one.`)
  return Number(part)
}

function readHost(text: string, usual: number): RedisHost | undefined {
  const [, bracketed, plain, port] = /^(?:\[([^[\]]+)\]|([^:[\]]+))(?::(\d{1,5}))?$/.exec(text) ?? []
  const host = bracketed ?? plain
  const number = port === undefined ? usual : Number(port)
  return host === undefined || number < 1 || number > 65_535 ? undefined : { host, port: number }
}

function decoded(text: string, refuse: () => UsageError): string {
  try {
    return decodeURIComponent(text)
  } catch {
    throw refuse()
  }
}

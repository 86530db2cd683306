// Which store stands behind which URL?
import { existsSync } from 'node:fs'
import { memoryStore } from 'sojourn/memory'
import { sqliteStore } from 'sojourn/sqlite'
import { UsageError } from '../command-line/usage.ts'
import { maskedUrl } from '../settings/settings.ts'
import type { Commit, OpenedUrl } from './opened-url.ts'
import type { RedisForm } from './redis-url.ts'

/** How a store is opened, where its kind leaves a choice. */
export interface OpenChoices {
  /** `off` where writes need not be on disk when they are answered, because they can be made again. Default: `on`. */
  readonly commit?: Commit
}

/** Opens the URLs of one scheme. */
type Opener = (url: string, choices: OpenChoices) => Promise<OpenedUrl>

// Drivers are loaded where they are used, so that other commands start without them.
const postgres: Opener = async (url, { commit }) => (await import('./open-postgres.ts')).openPostgres(url, commit)
const redis =
  (form: RedisForm): Opener =>
  async (url) =>
    (await import('./open-redis.ts')).openRedis(url, form)

/** The openers by the scheme of their URLs. A new kind of store is a row here. */
const OPENERS: Readonly<Record<string, Opener>> = {
  sqlite: async (url) => {
    const file = restOf(url).replace(/^\/\/(?=\/)/, '')
    if (file === '' || file.startsWith('//')) throw new UsageError(`${maskedUrl(url)} must name a file: sqlite:PATH.`)
    // What SQLite itself calls a database without a file.
    if (file === ':memory:') return { ...sqliteStore(file), ...PASSING }
    return {
      ...sqliteStore(file),
      ...EMBEDDED,
      isLasting: true,
      file,
      keysFile: `${file}.keys`,
      exists: async () => existsSync(file),
    }
  },
  postgres,
  postgresql: postgres,
  redis: redis('single'),
  rediss: redis('single'),
  'redis+cluster': redis('cluster'),
  'rediss+cluster': redis('cluster'),
  'redis+sentinel': redis('sentinel'),
  'rediss+sentinel': redis('sentinel'),
  memory: async (url) => {
    if (restOf(url) !== '') throw new UsageError(`${maskedUrl(url)} must be memory: and nothing more.`)
    return { ...memoryStore(), ...PASSING }
  },
}

/** A store inside this process has no server. */
const EMBEDDED = { findings: async () => [], disconnect: async () => {} }

/** A store in memory ends with this process. */
const PASSING = { ...EMBEDDED, isLasting: false, file: undefined, keysFile: undefined, exists: async () => false }

/** Opens a URL. Throws {@link UsageError} for one that no store stands behind. */
export async function openUrl(url: string, choices: OpenChoices = {}): Promise<OpenedUrl> {
  const [, scheme = ''] = /^([a-z][a-z0-9+.-]*):/.exec(url) ?? []
  const opener = OPENERS[scheme]
  if (opener !== undefined && Object.hasOwn(OPENERS, scheme)) return opener(url, choices)
  const known = Object.keys(OPENERS).map((name) => `${name}:`)
  throw new UsageError(
    `${maskedUrl(url)} is not a URL of a store. Known are ${known.join(', ')}; an example is sqlite:sojourn.db.`,
  )
}

function restOf(url: string): string {
  return url.slice(url.indexOf(':') + 1)
}

// Is a server fit to keep sessions, and ready?
import { SojournError } from '../../engine/error.ts'
import type { Keys } from './redis-keys.ts'
import type { Command, RedisLink, Sender } from './redis-link.ts'
import { textOf } from './redis-replies.ts'
import { SCRIPTS } from './redis-scripts.ts'

/** The layout that this version reads and writes; see redis-keys.ts. */
const LAYOUT = 2

/** Something about a server that its operator should know. */
export interface RedisFinding {
  readonly code: 'eviction' | 'persistence' | 'packing'
  /** `error`: the store refuses to open. */
  readonly severity: 'error' | 'warning'
  /** One sentence: what is so and what follows from it. */
  readonly message: string
  readonly fix: string
}

async function info(send: Sender, section: string): Promise<(name: string) => string | undefined> {
  const text = textOf(await send(['INFO', section]))
  return (name) => new RegExp(`^${name}:(.*?)\r?$`, 'm').exec(text)?.[1]
}

function evictionFinding(policy: string | undefined): RedisFinding | undefined {
  if (policy === undefined || policy === 'noeviction') return undefined
  const fix = 'Set `maxmemory-policy noeviction` on every server, and enough memory.'
  if (policy.startsWith('allkeys-')) {
    const message = `Redis has \`maxmemory-policy ${policy}\`: short of memory it would forget who was logged out.`
    return { code: 'eviction', severity: 'error', message, fix }
  }
  const message = `Redis has \`maxmemory-policy ${policy}\`: short of memory it would end sessions that are in use.`
  return { code: 'eviction', severity: 'warning', message, fix }
}

/**
 * Whether a server takes no writes because it is short of memory, disk or replicas: one that is in use still answers who is logged in. Not so a
 * replica, which may not know yet who was logged out.
 */
function isShort(refusal: unknown): boolean {
  return refusal instanceof Error && /^(?:OOM|MISCONF|NOREPLICAS)\b/.test(refusal.message)
}

/**
 * Prepares every master: checks that it evicts nothing it must not, and loads the scripts.
 *
 * @throws {SojournError} `ERR_STORE_UNAVAILABLE` where it is not fit; `ERR_SCHEMA_OUTDATED`
 */
export async function prepare(link: RedisLink, keys: Keys): Promise<void> {
  const masters = await link.masters()
  await Promise.all(
    masters.map(async (send) => {
      const finding = evictionFinding((await info(send, 'memory'))('maxmemory_policy'))
      if (finding?.severity === 'error') {
        throw new SojournError('ERR_STORE_UNAVAILABLE', finding.message, { fix: finding.fix, applied: 'no' })
      }
      await Promise.all(SCRIPTS.map(({ source }) => send(['SCRIPT', 'LOAD', source])))
    }),
  )
  const refusal: unknown = await link.call(keys.layout, ['SET', keys.layout, String(LAYOUT), 'NX']).then(
    () => undefined,
    (error: unknown) => error,
  )
  const layout = Number(textOf(await link.call(keys.layout, ['GET', keys.layout])))
  if (refusal !== undefined && (layout === 0 || !isShort(refusal))) throw refusal
  if (layout !== LAYOUT) {
    throw new SojournError('ERR_SCHEMA_OUTDATED', 'The sessions in Redis were written by another version.', {
      applied: 'no',
      fix: 'Run the version that wrote them, or give the store another `prefix`.',
    })
  }
}

/** The findings of all masters, each once. */
export async function findingsOf(link: RedisLink): Promise<readonly RedisFinding[]> {
  const masters = await link.masters()
  const found = await Promise.all(masters.map(findings))
  return [...new Map(found.flat().map((finding) => [finding.message, finding])).values()]
}

const KEEPS_NOTHING: RedisFinding = {
  code: 'persistence',
  severity: 'warning',
  message: 'Redis keeps nothing on disk: a restart ends every session and forgets every revocation.',
  fix: 'Set `appendonly yes`.',
}

/** Many hosted servers forbid `CONFIG`. */
const CANNOT_TELL: RedisFinding = {
  code: 'persistence',
  severity: 'warning',
  message:
    'Redis has no append-only file, and whether it saves at times it does not tell: without that a restart ends every session.',
  fix: 'Set `appendonly yes`, or see that snapshots are saved; allow `CONFIG GET` for an answer.',
}

async function findings(send: Sender): Promise<readonly RedisFinding[]> {
  const [memory, persistence] = [await info(send, 'memory'), await info(send, 'persistence')]
  const found = [evictionFinding(memory('maxmemory_policy'))].filter((each) => each !== undefined)
  const saves = await setting(send, 'save')
  if (persistence('aof_enabled') === '0' && saves === '') found.push(KEEPS_NOTHING)
  if (persistence('aof_enabled') === '0' && saves === undefined) found.push(CANNOT_TELL)
  const limit = (await setting(send, 'hash-max-listpack-value')) ?? (await setting(send, 'hash-max-ziplist-value'))
  if (limit !== undefined && Number(limit) < LEAST_PACKED) {
    found.push({
      code: 'packing',
      severity: 'warning',
      message: `Redis has \`hash-max-listpack-value ${limit}\`: one attribute longer than that triples the memory of its session.`,
      fix: `Set \`hash-max-listpack-value ${LEAST_PACKED}\`.`,
    })
  }
  return found
}

/** The length up to which values should be packed. Unit: bytes. */
const LEAST_PACKED = 512

/** A setting of a server; `undefined` where it does not tell, as many hosted ones do not. */
async function setting(send: Sender, name: string): Promise<string | undefined> {
  const command: Command = ['CONFIG', 'GET', name]
  const reply = await send(command).catch(() => undefined)
  return Array.isArray(reply) && reply.length === 2 ? textOf(reply[1]) : undefined
}

// Does a copy stay whole when it is killed, when the source is written meanwhile, and when there is much to copy?
import { type ChildProcess, spawn } from 'node:child_process'
import { createHmac, randomBytes } from 'node:crypto'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { AuditRecord, Directory, NewSession, SessionStore } from 'sojourn'
import { expect, test } from 'vitest'
import { describePostgres, programs, startPostgres } from '../../sojourn/test/support/postgres.ts'
import { describeWith, REDIS, startServer } from '../../sojourn/test/support/redis.ts'
import { count } from '../../sojourn/test/support/scale.ts'
import { throughout } from '../../sojourn/test/support/throughout.ts'
import { dump } from './support/dump.ts'
import { run, scratch } from './support/spawn.ts'
import { type OpenStore, openStore } from './support/stores.ts'

const SESSIONS = count({ full: 30_000, quick: 500 })
const BIN = fileURLToPath(new URL('../dist/bin.js', import.meta.url))

/** Less than the sessions of a full run take, so that a copy which kept them all would fail. Unit: megabytes. */
const HEAP = 64

/** How often a source is written at most while it is copied. */
const MOST_ROUNDS = count({ full: 20_000, quick: 50 })

const KEY = new Uint8Array(32).fill(9)

function sessionOf(user: string): NewSession {
  const tag = createHmac('sha256', KEY).update(user).digest().subarray(0, 8)
  const at = Date.now() - 600_000
  const attribute = { createdAt: at, modifiedAt: at, expiresAt: null, revision: 1 }
  return {
    id: Buffer.concat([tag, randomBytes(10)]).toString('base64url'),
    principal: user,
    createdAt: at,
    expiresAt: at + 7_200_000,
    absoluteAt: at + 86_400_000,
    renewAt: null,
    secretHash: randomBytes(32).toString('base64url'),
    previousHash: null,
    successor: null,
    graceEndsAt: null,
    dataKey: randomBytes(60),
    previousDataKey: null,
    sliding: false,
    details: {
      remoteAddr: '192.0.2.1',
      userAgent: 'Firefox',
      app: 'CRM',
      authType: 'default',
      methods: ['pwd'],
      authenticatedAt: at,
    },
    history: [{ at, remoteAddr: '192.0.2.1', userAgent: 'Firefox', source: 'login' }],
    attributes: new Map(
      Array.from({ length: 10 }, (_, index) => [
        `attribute-${index}`,
        { ...attribute, value: index === 0 ? randomBytes(64) : `"${'x'.repeat(100)}"` },
      ]),
    ),
  }
}

function recordOf(cid: string): AuditRecord {
  const nobody = { reason: null, actor: null, target: null, remoteAddr: '' }
  return { at: Date.now(), cid, operation: 'user.login', outcome: 'ok', app: 'CRM', details: {}, ...nobody }
}

async function fill({ sessions, directory }: OpenStore, count: number): Promise<void> {
  await directory.installationKey(KEY)
  for (let made = 0; made < count; made += 2000) {
    const batch = Array.from({ length: Math.min(2000, count - made) }, (_, index) => made + index)
    await Promise.all(batch.map((number) => sessions.create(sessionOf(`zusr-${number % (count / 10)}`))))
    await directory.appendAudit(batch.map((number) => recordOf(`${number}`)))
  }
}

const countLive = async (sessions: SessionStore, most: number) => {
  let [live, after]: [number, string | undefined] = [0, undefined]
  do {
    const page = await sessions.list({ limit: 500, ...(after !== undefined && { after }) }, Date.now())
    live += page.items.length
    after = page.next
  } while (after !== undefined && live < most)
  return live
}

/** Starts a copy in a process of its own. */
function start(args: readonly string[]): { readonly child: ChildProcess; readonly ended: Promise<unknown> } {
  const child = spawn(process.execPath, [BIN, 'store', 'copy', ...args], { stdio: 'ignore' })
  return { child, ended: new Promise((resolve) => child.once('close', resolve)) }
}

/** Runs a copy to its end in little memory. */
async function finish(args: readonly string[], cwd: string) {
  const { code, stdout, stderr } = await run(['store', 'copy', ...args, '--json'], {
    cwd,
    nodeArgs: [`--max-old-space-size=${HEAP}`],
  })
  expect([code, stderr]).toEqual([0, ''])
  return JSON.parse(stdout)
}

/** Waits until a copy has brought so much. */
async function untilThereAre(sessions: SessionStore, least: number): Promise<void> {
  while ((await countLive(sessions, least)) < least) await new Promise((resolve) => setImmediate(resolve))
}

/** Uses a source as servers do, until it is told to stop: new sessions, changes, endings, revocations. Answers who must be dead. */
async function useStore({ sessions, directory }: { sessions: SessionStore; directory: Directory }, isOver: () => boolean) {
  const dead: string[] = []
  const alive: string[] = []
  for (let round = 0; round < 50 || (round < MOST_ROUNDS && !isOver()); round += 1) {
    const fresh = sessionOf(`zusr-new-${round}`)
    await sessions.create(fresh)
    alive.push(fresh.id)
    const now = Date.now()
    const { items } = await sessions.list({ limit: 20 }, now)
    const [one, two] = [items[round % 20], items[(round * 7) % 20]]
    if (one !== undefined)
      await sessions.update(one.id, { attributes: [{ name: 'late', when: 'always', value: `"${round}"` }] }, now)
    if (two !== undefined && round % 5 === 0) {
      await sessions.delete(two.id, now)
      dead.push(two.id)
    }
    if (round % 10 === 9) {
      const id = alive.shift() ?? ''
      const tag = Buffer.from(id, 'base64url').subarray(0, 8).toString('hex')
      await sessions.revoke({ principal: { id: `zusr-new-${(round - 9) / 10}`, tag } }, now)
      dead.push(id)
    }
    await directory.appendAudit([recordOf(`used-${round}`)])
    await new Promise((resolve) => setImmediate(resolve))
  }
  return dead
}

/** Kills copies, writes meanwhile, copies to the end, and compares. */
async function survive(
  folder: string,
  sessions: number,
  to: readonly string[],
  openTarget: () => Promise<OpenStore>,
): Promise<void> {
  const source = `sqlite:${join(folder, 'source.db')}`
  await using from = await openStore(source)
  await fill(from, sessions)
  await using target = await openTarget()
  const args = ['--from', source, ...to]

  for (const share of [0.1, 0.5]) {
    const { child, ended } = start(args)
    await Promise.race([untilThereAre(target.sessions, sessions * share), ended])
    child.kill('SIGKILL')
    await ended
  }
  let isOver = false
  const use = useStore(from, () => isOver)
  const during = await finish(args, folder)
  isOver = true
  const dead = await use
  expect(during.kinds.sessions.waiting).toBe(0)

  const last = await finish(args, folder)
  expect(last).toMatchObject({ settled: true, sample: { different: 0 } })
  expect(last.sample.compared).toBeGreaterThan(100)
  expect(last.kinds.sessions.target).toBe(last.kinds.sessions.source)
  for (const id of dead) expect(typeof (await target.sessions.load(id, 'header', Date.now()))).not.toBe('object')
  expect(dead.length).toBeGreaterThan(0)
  if (sessions <= 10_000) expect(await dump(target)).toEqual(await dump(from))
}

describePostgres('a store copy', (program) => {
  const sessions = program === programs[0] ? SESSIONS : 200
  const server = throughout(() => startPostgres(program), 'stop')

  test('to PostgreSQL, killed twice, while the source is used', async () => {
    using folder = scratch()
    await survive(folder.path, sessions, ['--to', server().url], () => openStore(server().url))
  })
})

describeWith(REDIS, 'a store copy', (kind) => {
  const server = throughout(() => startServer(kind), 'stop')

  test('to Redis, killed twice, while the source is used', async () => {
    using folder = scratch()
    const [db, url] = [`sqlite:${join(folder.path, 'target.db')}`, `redis://127.0.0.1:${server().port}`]
    await survive(folder.path, SESSIONS, ['--to', db, '--to-sessions', url], () => openStore(db, url))
  })
})

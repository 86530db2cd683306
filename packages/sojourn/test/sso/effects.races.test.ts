// A process is killed between the directory and the session store: does another one see to it that no locked user's session answers, and is no change lost?
import { spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import { setTimeout as delay } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { createSojourn, type Sojourn, type Store } from 'sojourn'
import { postgresStore } from 'sojourn/postgres'
import { redisStore } from 'sojourn/redis'
import { afterEach, beforeAll, expect, test, vi } from 'vitest'
import { faultProxy } from '../support/fault-proxy.ts'
import { describePostgres, programs, startPostgres } from '../support/postgres.ts'
import { libraries, openAdmin } from '../support/postgres-clients.ts'
import { describeWith, REDIS, startServer } from '../support/redis.ts'
import { connectSingle } from '../support/redis-clients.ts'
import { count } from '../support/scale.ts'
import { throughout } from '../support/throughout.ts'
import { countingHasher, KEYS, PASSWORD } from './support/open.ts'

const WRITER = fileURLToPath(new URL('support/effects-writer.ts', import.meta.url))
const KILLS = count({ full: 100, quick: 3 })
const MOST_KILLS = 100

/** How long the session store takes to answer the writer, so that it is often killed between the two. Unit: milliseconds. */
const LATENCY = 5

/** What a writer has told of a user: what is done, and what it had begun when it was killed. */
interface Told {
  userId: string
  password: string
  isLocked: boolean
  readonly tokens: string[]
  /** Whether the newest token was not ended by anything that is done. */
  isLoggedIn: boolean
  begun: string | undefined
}

/** Lets a writer work until it has told so much, kills it a moment after it next begins to end sessions, and answers what it told. */
async function killed(args: readonly string[], lines: number, moment: number): Promise<ReadonlyMap<string, Told>> {
  const told = new Map<string, Told>()
  const writer = spawn(process.execPath, [WRITER, ...args], { stdio: ['ignore', 'pipe', 'inherit'] })
  const ended = new Promise<NodeJS.Signals | null>((resolve) => writer.once('exit', (_, signal) => resolve(signal)))
  let [seen, isDoomed] = [0, false]
  for await (const line of createInterface(writer.stdout)) {
    note(told, line)
    seen += 1
    if (isDoomed || seen < lines || !/ begin (?:lock|password)/.test(line)) continue
    isDoomed = true
    void delay(moment).then(() => writer.kill('SIGKILL'))
  }
  expect(await ended).toBe('SIGKILL')
  return told
}

function note(all: Map<string, Told>, line: string): void {
  const [name = '', phase, operation, result = ''] = line.split(' ')
  const user = all.get(name) ?? { userId: result, password: PASSWORD, isLocked: false, tokens: [], isLoggedIn: false, begun: '' }
  all.set(name, user)
  user.begun = phase === 'begin' ? operation : undefined
  if (phase === 'begin') return
  if (operation === 'login') user.tokens.push(result)
  if (operation === 'password') user.password = result
  if (operation === 'lock') user.isLocked = true
  if (operation === 'unlock') user.isLocked = false
  user.isLoggedIn = operation === 'login'
}

/** Whether a password is the user's, asked behind the back of locks. */
async function hasPassword({ directory }: Store, { userId }: Told, password: string): Promise<boolean> {
  const hash = (await directory.findUser({ userId }))?.passwordHash ?? undefined
  return await countingHasher().verify(password, hash)
}

/** The same store, and every look for what was left behind among `looks`. */
function watched({ directory, sessions }: Store, looks: Promise<unknown>[]): Store {
  const pendingEffects = (limit: number) => {
    const look = directory.pendingEffects(limit)
    looks.push(look)
    return look
  }
  return { sessions, directory: { ...directory, pendingEffects } }
}

const answers = async (sso: Sojourn, currentUst: string) =>
  await sso.user.session.getCurrentSession({ currentUst }).then(
    () => 'answers',
    ({ code }) => code,
  )

/** How many sessions are alive of users who are locked. */
async function countLocked({ directory, sessions }: Store, users: Iterable<Told>): Promise<number> {
  let alive = 0
  for (const { userId, tokens } of users) {
    if ((await directory.findUser({ userId }))?.isLocked !== true) continue
    for (const token of tokens)
      if (typeof (await sessions.load(token.slice(4, 28), 'header', Date.now())) === 'object') alive += 1
  }
  return alive
}

/** What holds of a user whose writer was killed, once its effects were caught up with. */
async function expectKept(store: Store, sso: Sojourn, user: Told): Promise<void> {
  const isLocked = (await store.directory.findUser({ userId: user.userId }))?.isLocked
  if (user.begun !== 'lock' && user.begun !== 'unlock') expect(isLocked, 'a lock, as it was acknowledged').toBe(user.isLocked)
  const keepsPassword = await hasPassword(store, user, user.password)
  if (user.begun !== 'password') expect(keepsPassword, 'a password, as it was acknowledged').toBe(true)
  const isAlive = user.isLoggedIn && isLocked === false && keepsPassword
  const newest = user.tokens.at(-1)
  for (const token of user.tokens)
    expect(await answers(sso, token), `begun: ${user.begun}`).toBe(isAlive && token === newest ? 'answers' : 'ERR_SESSION_ENDED')
}

describePostgres(
  'users in PostgreSQL',
  (program) => {
    describeWith(REDIS, 'and sessions in Redis', (kind) => {
      const server = throughout(() => startPostgres(program), 'stop')
      const redis = throughout(() => startServer(kind), 'stop')
      const slow = throughout(() => faultProxy(redis().port), 'close')
      const admin = throughout(() => openAdmin(server().url), 'end')
      const sql = throughout(() => libraries[0]!.open(server().url), 'end')
      const client = throughout(() => connectSingle('ioredis', redis().port), 'close')
      beforeAll(() => slow().fault({ latency: LATENCY }))
      const connect = (): Store => ({
        directory: postgresStore({ client: sql().client }).directory,
        sessions: redisStore(client().client),
      })
      afterEach(() => vi.useRealTimers())

      /** What a statement was doing when its client was killed is done before its connection ends. */
      const untilGone = (round: string) =>
        expect.poll(() => admin().run(`SELECT 1 FROM pg_stat_activity WHERE application_name = '${round}'`)).toEqual([])
      const open = (store = connect()) =>
        createSojourn({ store, keys: KEYS, passwordHashing: countingHasher(), sweepInterval: 0 })

      test(`killed ${KILLS} times: what was left is made by who runs, within 5 seconds, or by who starts`, async () => {
        vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] })
        const looks: Promise<unknown>[] = []
        await using running = await open(watched(connect(), looks))
        const store = connect()
        const left = () => store.directory.pendingEffects(1)
        let between = 0
        // Of a few kills none may come between the two: then there are more.
        for (let kill = 0; kill < KILLS || (between === 0 && kill < MOST_KILLS); kill += 1) {
          const round = `round${kill}`
          const told = await killed([server().url, String(slow().port), round], 40 + ((kill * 37) % 120), (kill * 7) % 11)
          await untilGone(round)
          between += await countLocked(store, told.values())
          const next = kill % 2 === 0 ? undefined : await open()
          // Five seconds, each with the time that a look takes: it ends with the last answer to what it asks.
          for (let second = 0; second < 5; second += 1) {
            vi.advanceTimersByTime(1000)
            await Promise.all(looks.splice(0))
            await left()
          }
          await expect.poll(left, { interval: 5 }).toEqual([])
          for (const user of told.values()) await expectKept(store, next ?? running, user)
          expect(await countLocked(store, told.values())).toBe(0)
          await next?.close()
        }
        console.log(`${between} sessions of locked users were alive when their process was killed`)
        expect(between).toBeGreaterThan(0)
      })
    })
  },
  programs.slice(0, 1),
)

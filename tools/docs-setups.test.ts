// Do the set-ups of servers and clients that the guide shows compile, and do sessions work with them on real servers?
import { execFileSync, spawnSync } from 'node:child_process'
import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { describePostgres, type PostgresServer, programs, startPostgres } from '../packages/sojourn/test/support/postgres.ts'
import {
  DEAD_AFTER,
  describeWith,
  REDIS,
  type RedisCluster,
  type RedisSentinels,
  type RedisServer,
  startCluster,
  startSentinels,
  startServer,
} from '../packages/sojourn/test/support/redis.ts'
import { pageSetups } from './docs-code.ts'

/** Below the root, so that the packages are found. */
const COMPILED = 'docs/.setups/compiled'
const RUN = 'docs/.setups/run'

const setups = ['redis', 'postgres', 'local-cache'].flatMap((page) =>
  pageSetups(`docs/guide/${page}.md`).map((code, index) => ({ name: `${page}-${index + 1}`, code })),
)

/** What follows a set-up that ends with a client: the least that opens Sojourn on it. */
const OPEN = `import { createSojourn } from 'sojourn'
import { memoryStore } from 'sojourn/memory'
import { redisStore } from 'sojourn/redis'
const sso = await createSojourn({ store: { sessions: redisStore(redis), directory: memoryStore().directory } })
`

const USE = `const { token } = await sso.sessions.start({ principal: 'zusr1' })
console.log((await sso.sessions.resume(token))?.session.principal)
process.exit()
`

const programOf = (code: string) => `${code}\n${code.includes('createSojourn') ? '' : OPEN}${USE}`

describe('the set-ups of the guide', () => {
  test('are there, and compile', () => {
    expect(setups.length).toBeGreaterThanOrEqual(10)
    mkdirSync(COMPILED, { recursive: true })
    for (const { name, code } of setups) writeFileSync(`${COMPILED}/${name}.ts`, programOf(code))
    const config = { extends: '../../../tsconfig.json', compilerOptions: { noEmit: true }, include: ['*.ts'] }
    writeFileSync(`${COMPILED}/tsconfig.json`, JSON.stringify(config))
    const { status, stdout } = spawnSync('tsc', ['-p', `${COMPILED}/tsconfig.json`], { encoding: 'utf8' })
    rmSync(COMPILED, { recursive: true })
    expect([stdout, status]).toEqual(['', 0])
  })

  describePostgres(
    'on PostgreSQL',
    (program) => {
      describeWith(REDIS, 'and Redis', (kind) => {
        let postgres: PostgresServer
        let [single, group, cluster]: [RedisServer?, RedisSentinels?, RedisCluster?] = []
        beforeAll(async () => {
          mkdirSync(RUN, { recursive: true })
          postgres = await startPostgres(program)
          single = await startServer(kind)
          group = await startSentinels(kind, DEAD_AFTER.late)
          cluster = await startCluster(kind, DEAD_AFTER.late)
        })
        afterAll(async () => {
          rmSync(RUN, { recursive: true, force: true })
          await Promise.all([postgres, single, group, cluster].map(async (each) => await each?.stop()))
        })

        /** The same code with the addresses of servers that are there. */
        function here(code: string): string {
          const sentinel = (n: string) => group?.sentinels[Number(n) - 1]?.port
          const node = (n: string) => cluster?.servers[Number(n) - 1]?.port
          return code
            .replaceAll('postgres://sojourn@db.example.com/sojourn', postgres.url)
            .replaceAll('redis.example.com:6379', `127.0.0.1:${single?.port}`)
            .replaceAll(/host: 'sentinel-(\d)', port: 26379/g, (_, n) => `host: '127.0.0.1', port: ${sentinel(n)}`)
            .replaceAll(/host: 'redis-(\d)', port: 6379/g, (_, n) => `host: '127.0.0.1', port: ${node(n)}`)
            .replaceAll(/redis-(\d):6379/g, (_, n) => `127.0.0.1:${node(n)}`)
            .replaceAll('mymaster', group?.name ?? '')
        }

        test.each(setups)('$name works', ({ name, code }) => {
          const file = `${RUN}/${name}.ts`
          writeFileSync(file, here(programOf(code)))
          expect(execFileSync(process.execPath, [file], { encoding: 'utf8', timeout: 120_000 })).toBe('zusr1\n')
        })
      })
    },
    programs.slice(0, 1),
  )
})

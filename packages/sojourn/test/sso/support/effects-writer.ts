// Which changes of users does a process make without an end, users and sessions kept apart, telling what it begins and what is done, until it is killed?
//
// Arguments: the URL of PostgreSQL, the port of Redis, the name of the round. Every line is `USER begin OPERATION` or
// `USER done OPERATION RESULT`; the operations of a user follow one another.
import { Redis } from 'ioredis'
import postgres from 'postgres'
import { createSojourn } from '../../../src/index.ts'
import { postgresStore } from '../../../src/postgres.ts'
import { redisStore } from '../../../src/redis.ts'
import { countingHasher, KEYS, PASSWORD } from './open.ts'

const USERS = 8

const [url = '', port = '', round = ''] = process.argv.slice(2)
const sql = postgres(url, { max: 4, fetch_types: false, connection: { application_name: round } })
const sso = await createSojourn({
  store: { directory: postgresStore(sql).directory, sessions: redisStore(new Redis(Number(port))) },
  keys: KEYS,
  passwordHashing: countingHasher(),
  sweepInterval: 0,
  // How long a busy machine takes is not the question.
  storeTimeout: 60,
})

async function lane(username: string): Promise<void> {
  const data = { username, password: PASSWORD }
  const userId = await sso.user.createUser({ data, requireSuperUser: false, autoApprove: true })
  process.stdout.write(`${username} done create ${userId}\n`)
  let password = PASSWORD
  const step = async (operation: string, run: () => Promise<string>) => {
    process.stdout.write(`${username} begin ${operation}\n`)
    process.stdout.write(`${username} done ${operation} ${await run()}\n`)
  }
  const login = () => step('login', async () => (await sso.user.login({ username, password })).ust)
  for (let number = 1; ; number += 1) {
    await login()
    await step('password', async () => {
      await sso.user.setPassword({ userId, password: `${PASSWORD}-${number}` })
      password = `${PASSWORD}-${number}`
      return password
    })
    await login()
    await step('lock', async () => String(await sso.user.lockUser({ userId, requireSuperUser: false })))
    await step('unlock', async () => String(await sso.user.unlockUser({ userId, requireSuperUser: false })))
  }
}

await Promise.all(Array.from({ length: USERS }, (_, index) => lane(`${round}-${index}`)))

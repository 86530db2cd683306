// What does a second application process see of sessions in Redis? Answers each line of standard input, a session id, with `live`, `dead` or `ended`.
import { createInterface } from 'node:readline'
import { Redis } from 'ioredis'
import { redisStore } from '../../../src/redis.ts'
import { NOW } from '../../../src/testing/sessions/builders.ts'

const client = new Redis(Number(process.argv[2]))
const store = redisStore({ client, prefix: 'processes' })
for await (const id of createInterface({ input: process.stdin })) {
  const session = await store.load(id, 'all', NOW)
  console.log(session === undefined ? 'dead' : session === 'ended' ? 'ended' : 'live')
}
client.disconnect()

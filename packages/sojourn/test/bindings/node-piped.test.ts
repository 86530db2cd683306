// What becomes of what is piped into a response whose session cannot be saved?
import { createReadStream } from 'node:fs'
import type { IncomingMessage } from 'node:http'
import { PassThrough, type Readable } from 'node:stream'
import { createGzip } from 'node:zlib'
import { expect, test } from 'vitest'
import { serve } from './node-serve.ts'

const AWAY = [503, { code: 'ERR_STORE_UNAVAILABLE' }]

async function answerOf(url: string, init?: RequestInit): Promise<unknown> {
  const answer = await fetch(url, init)
  return [answer.status, await answer.json()]
}

test('a file is closed, also where something stands between', async () => {
  const files: Readable[] = []
  const { faults, url } = await serve((request, response) => {
    request.session.set('a', 1)
    const file = createReadStream(process.execPath)
    files.push(file)
    if (request.url === '/') file.pipe(response)
    else file.pipe(createGzip()).pipe(response)
  })
  faults.set('create', new Error('away'))
  expect(await answerOf(url)).toMatchObject(AWAY)
  expect(await answerOf(`${url}/packed`)).toMatchObject(AWAY)
  await expect.poll(() => files.map(({ closed }) => closed)).toEqual([true, true])
})

test('a request is read to its end, also where something stands between: others follow on its connection', async () => {
  const requests: IncomingMessage[] = []
  const { faults, url } = await serve((request, response) => {
    request.session.set('a', 1)
    requests.push(request)
    if (request.url === '/') request.pipe(response)
    else request.pipe(new PassThrough()).pipe(response)
  })
  faults.set('create', new Error('away'))
  const upload = { method: 'POST', body: new Uint8Array(1_000_000) }
  expect(await answerOf(url, upload)).toMatchObject(AWAY)
  expect(await answerOf(`${url}/through`, upload)).toMatchObject(AWAY)
  await expect.poll(() => requests.map(({ readableEnded }) => readableEnded)).toEqual([true, true])
})

test('what others read as well goes on for them', async () => {
  const live = new PassThrough()
  const { faults, url } = await serve((request, response) => {
    if (request.url === '/away') request.session.set('a', 1)
    live.pipe(response)
  })
  const listening = fetch(url)
  await expect.poll(() => live.listenerCount('data')).toBe(1)
  faults.set('create', new Error('away'))
  const away = answerOf(`${url}/away`)
  await expect.poll(() => live.listenerCount('data')).toBe(2)
  live.write('first, ')
  expect(await away).toMatchObject(AWAY)
  live.end('second')
  expect(await (await listening).text()).toBe('first, second')
})

// Is the next answer right after a connection was cut in the middle of one, when its row had come and its end had not?
import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'
import { postgresStore } from 'sojourn/postgres'
import { expect, it } from 'vitest'
import { NOW, newSession, principal } from '../../../src/testing/sessions/builders.ts'
import { alive, DONE, valuesOf } from '../../../src/testing/sessions/chapter.ts'
import { describePostgres, startPostgres, urlOf } from '../../support/postgres.ts'
import { libraries } from '../../support/postgres-clients.ts'
import { throughout } from '../../support/throughout.ts'

/** A row, in the protocol between PostgreSQL and its clients. */
const DATA_ROW = 'D'.charCodeAt(0)

/** What of some answers goes up to the end of the first row; `undefined` where no row is in it. */
function untilFirstRow(answers: Buffer): Buffer | undefined {
  for (let at = 0; at + 5 <= answers.length; ) {
    const end = at + 1 + answers.readUInt32BE(at + 1)
    if (answers[at] === DATA_ROW) return answers.subarray(0, end)
    at = end
  }
  return undefined
}

/** A proxy that, once told to, cuts a connection behind the first row of an answer. */
async function cuttingProxy(upstream: number) {
  let isCutting = false
  const sockets = new Set<Socket>()
  const server = createServer((client) => {
    const database = connect(upstream, '127.0.0.1')
    for (const socket of [client, database]) sockets.add(socket.on('error', () => {}))
    client.pipe(database)
    database.on('close', () => client.destroy())
    database.on('data', (answers: Buffer) => {
      const begun = isCutting ? untilFirstRow(answers) : undefined
      if (begun === undefined) client.write(answers)
      else {
        isCutting = false
        database.removeAllListeners('data')
        client.end(begun, () => database.destroy())
      }
    })
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    port: (server.address() as AddressInfo).port,
    cutNextAnswer() {
      isCutting = true
    },
    close() {
      for (const socket of sockets) socket.destroy()
      server.close()
    },
  }
}

describePostgres('an answer that is cut behind its first row', (program) => {
  const server = throughout(() => startPostgres(program), 'stop')
  const proxy = throughout(() => cuttingProxy(server().port), 'close')

  it.each(libraries)('is an outage, and no later one is taken for another, through $name', async (library) => {
    const opened = library.open(urlOf(proxy().port), 1)
    const { sessions } = postgresStore(opened.client)
    const session = newSession(principal())
    await sessions.create(session)
    const set = (value: string) => sessions.update(session.id, { attributes: [{ name: 'n', when: 'always', value }] }, NOW)
    for (const call of [() => alive(sessions, session.id, NOW), () => set('1'), () => sessions.delete('x', NOW)]) {
      proxy().cutNextAnswer()
      await expect(call()).rejects.toMatchObject({ code: 'ERR_STORE_UNAVAILABLE' })
      await alive(sessions, session.id, NOW)
      proxy().cutNextAnswer()
      await expect(call()).rejects.toMatchObject({ code: 'ERR_STORE_UNAVAILABLE' })
      expect(await set('2')).toEqual(DONE)
    }
    expect(await valuesOf(sessions, session.id, NOW)).toEqual({ n: '2' })
    await opened.end()
  })
})

// Does the PostgreSQL store answer as the reference model does, and keep any text and any bytes?
import fc from 'fast-check'
import { postgresStore } from 'sojourn/postgres'
import { beforeAll, expect, it } from 'vitest'
import { attribute, NOW, newSession, principal } from '../../../src/testing/sessions/builders.ts'
import { alive, listed } from '../../../src/testing/sessions/chapter.ts'
import { countOn, describePostgres, programs, startPostgres } from '../../support/postgres.ts'
import { emptier, libraries } from '../../support/postgres-clients.ts'
import { throughout } from '../../support/throughout.ts'
import { compareRuns } from '../session-store-runs.ts'

/** Any text at all: NUL, escapes and halves of surrogate pairs included. */
const anyText = fc.string({ unit: fc.oneof(fc.constantFrom('\0', '\u0001', '\ud800', '\udfff', '"', '\\', '='), fc.string()) })

describePostgres(
  'a PostgreSQL store that is asked at random',
  (program) => {
    const [library] = program === programs[0] ? libraries : libraries.toReversed()
    const server = throughout(() => startPostgres(program), 'stop')
    const open = throughout(() => library!.open(server().url), 'end')
    const tables = throughout(() => emptier(server().url, 'sojourn'), 'end')
    beforeAll(async () => {
      await postgresStore(open().client).directory.listLinks('')
    })

    it('answers as the model does', async () => {
      await compareRuns(
        async () => {
          await tables().empty()
          const store = postgresStore(open().client).sessions
          return { store, close: () => store.close() }
        },
        countOn(program, { full: 5000, quick: 100 }),
      )
    })

    it.each([true, false])(
      'keeps any text and any bytes, in names, values, user ids and details, with prepare: %s',
      async (prepare) => {
        const { sessions } = postgresStore({ client: open().client, prepare })
        await fc.assert(
          fc.asyncProperty(anyText, anyText, anyText, fc.uint8Array(), async (user, name, text, bytes) => {
            const owner = principal(user)
            const details = { ...newSession(owner).details, userAgent: text }
            const history = [{ at: NOW, remoteAddr: '', userAgent: text, source: name }]
            const attributes = new Map([
              [name, attribute(text)],
              [`${name}#`, attribute(bytes)],
            ])
            const session = newSession(owner, { details, attributes, history })
            await sessions.create(session)
            const changes = [
              { name: `${name}+`, when: 'absent', value: text },
              { name, when: 'absent', value: text },
            ] as const
            expect(await sessions.update(session.id, { attributes: changes.slice(0, 1) }, NOW)).toMatchObject({ outcome: 'done' })
            expect(await sessions.update(session.id, { attributes: changes }, NOW)).toEqual({
              outcome: 'conflict',
              conflicts: [
                { name: `${name}+`, reason: 'exists' },
                { name, reason: 'exists' },
              ],
            })
            const found = await alive(sessions, session.id, NOW, [name, `${name}+`, `${name}#`])
            expect(found).toMatchObject({ principal: user, details })
            expect([...found.attributes].map(([key, { value }]) => [key, value]).sort()).toEqual(
              [
                [name, text],
                [`${name}#`, bytes],
                [`${name}+`, text],
              ].sort(),
            )
            expect((await listed(sessions, owner, NOW)).at(-1)?.history).toEqual(history)
            await sessions.delete(session.id, NOW)
          }),
          { numRuns: countOn(program, { full: 1000, quick: 60 }) },
        )
      },
    )
  },
  programs,
)

// Which changes of users does a process make without an end, telling on standard output what was acknowledged, until it is killed?
//
// Arguments: the path of the database, whether effects are applied `here` or kept for `later`.
import { sqliteStore } from '../../src/sqlite.ts'
import { recordOf, userOf, writeOf } from '../../src/testing/directory/directory-chapter.ts'
import { newSession, principal } from '../../src/testing/sessions/builders.ts'

const [path = '', mode] = process.argv.slice(2)
const applyEffects = mode === 'here' ? 'here' : 'later'
const { directory, sessions } = sqliteStore(path)

/** Every step of a lane is one write: it counts up in the user, in the audit log and in what its effects come to. */
async function lane(name: string): Promise<void> {
  const owner = principal(`zusr-${name}`)
  await directory.createUser(userOf(name, { totpLastStep: 0 }), writeOf())
  for (let step = 1; ; step += 1) {
    if (applyEffects === 'here') await sessions.create(newSession(owner))
    const answer = await directory.updateUser(
      owner.id,
      { totpLastStep: step },
      writeOf({
        audit: [recordOf(name, { details: { step } })],
        effects: [
          { kind: 'revoke', principal: owner },
          { kind: 'bump', principal: owner },
        ],
        applyEffects,
      }),
      { expect: { totpLastStep: step - 1 } },
    )
    if (answer.outcome !== 'done') throw new Error(`step ${step} of ${name} ended as ${answer.outcome}`)
    process.stdout.write(`${name} ${step}\n`)
  }
}

await Promise.all(['ada', 'bob', 'cyd'].map(lane))

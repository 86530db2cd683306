// Do a user's attributes change whole or not at all, and expire like those of a session?
import assert from 'node:assert/strict'
import type { AttributeChange, AttributeLimits } from '../../engine/store.ts'
import type { Directory } from '../../sso/directory.ts'
import { bytes, NOW, SECOND } from '../sessions/builders.ts'
import { auditOf, countOf, type DirectoryChapter, recordOf, together, userOf, writeOf } from './directory-chapter.ts'

const ROOMY: AttributeLimits = { attributes: 2000, bytes: 1024 * 1024 }
const ALICE = 'zusr-alice'

/** A user called alice who holds these values. */
async function alice(directory: Directory, values: Readonly<Record<string, string | Uint8Array>> = {}): Promise<void> {
  await directory.createUser(userOf('alice'), writeOf())
  const changes = Object.entries(values).map(([name, value]): AttributeChange => ({ name, when: 'absent', value }))
  assert.equal((await change(directory, ...changes)).outcome, 'done')
}

function change(directory: Directory, ...changes: readonly AttributeChange[]) {
  return directory.updateAttributes(ALICE, changes, ROOMY, writeOf())
}

/** What alice holds at an instant, by name. */
async function held(directory: Directory, now = NOW): Promise<Record<string, string | Uint8Array>> {
  const attributes = (await directory.loadAttributes(ALICE, 'all', now)) ?? new Map()
  return Object.fromEntries([...attributes].map(([name, { value }]) => [name, value]))
}

export const userAttributes: DirectoryChapter = {
  name: 'user attributes',
  cases: {
    'values come back as they were given, all or those named': async ({ directory }) => {
      const values = {
        text: '"ä\u{1F600}\\u0000"',
        empty: '',
        sealed: bytes(300),
        'no bytes': bytes(0),
        '__proto__ x': '1',
        '"': '2',
      }
      await alice(directory, values)
      assert.deepEqual(await held(directory), values)
      const some = await directory.loadAttributes(ALICE, ['text', 'sealed', 'other'], NOW)
      assert.deepEqual([...(some ?? [])].map(([name]) => name).sort(), ['sealed', 'text'])
      assert.deepEqual(some?.get('text'), { value: values.text, createdAt: NOW, modifiedAt: NOW, expiresAt: null, revision: 1 })
    },

    'a user without attributes holds none; who is not there has no attributes to hold': async ({ directory }) => {
      await alice(directory)
      assert.deepEqual(await directory.loadAttributes(ALICE, 'all', NOW), new Map())
      assert.equal(await directory.loadAttributes('zusr-bob', 'all', NOW), undefined)
      const audit = [recordOf('refused')]
      const answer = await directory.updateAttributes(
        'zusr-bob',
        [{ name: 'a', when: 'always', value: '1' }],
        ROOMY,
        writeOf({ audit }),
      )
      assert.deepEqual(answer, { outcome: 'missing' })
      assert.deepEqual(await auditOf(directory), [])
    },

    'every name in the way is told in order, and nothing has changed': async ({ directory }) => {
      const values = { a: '1', b: 'text', c: bytes(3) }
      await alice(directory, values)
      const answer = await directory.updateAttributes(
        ALICE,
        [
          { name: 'new', when: 'always', value: '1' },
          { name: 'c', when: 'always', value: 'plain' },
          { name: 'a', when: 'absent', value: '2' },
          { name: 'missing', when: 'present', value: '2' },
          { name: 'b', when: 'always', add: 1 },
          { name: 'stale', when: 'always', value: '2', revision: 7 },
        ],
        ROOMY,
        writeOf({ audit: [recordOf('refused')] }),
      )
      assert.deepEqual(answer, {
        outcome: 'conflict',
        conflicts: [
          { name: 'c', reason: 'sealed' },
          { name: 'a', reason: 'exists' },
          { name: 'missing', reason: 'absent' },
          { name: 'b', reason: 'not-a-number' },
          { name: 'stale', reason: 'revision' },
        ],
      })
      assert.deepEqual(await held(directory), values)
      assert.deepEqual(await auditOf(directory), [])
    },

    'a change is written with its audit records': async ({ directory }) => {
      await alice(directory)
      const write = writeOf({ audit: [recordOf('first'), recordOf('second')] })
      await directory.updateAttributes(ALICE, [{ name: 'a', when: 'always', value: '1' }], ROOMY, write)
      assert.deepEqual(await auditOf(directory), ['second', 'first'])
    },

    'an attribute is there until the instant it expires, and not at it': async ({ directory }) => {
      await alice(directory, { stays: '0' })
      await change(directory, { name: 'goes', when: 'absent', value: '1', expiresAt: NOW + SECOND })
      assert.deepEqual(await held(directory, NOW + SECOND - 1), { stays: '0', goes: '1' })
      assert.deepEqual(await held(directory, NOW + SECOND), { stays: '0' })
      assert.deepEqual(await directory.loadAttributes(ALICE, ['goes'], NOW + SECOND), new Map())
      const again: AttributeChange = { name: 'goes', when: 'absent', value: '2' }
      assert.equal((await change(directory, again)).outcome, 'conflict')
      assert.equal((await directory.updateAttributes(ALICE, [again], ROOMY, writeOf({ now: NOW + SECOND }))).outcome, 'done')
      assert.deepEqual(await held(directory), { stays: '0', goes: '2' })
    },

    'limits are kept, expired attributes do not count': async ({ directory }) => {
      await alice(directory, { a: '1' })
      const limits = { attributes: 2, bytes: 8 }
      const tries = (now: number, ...changes: readonly AttributeChange[]) =>
        directory.updateAttributes(ALICE, changes, limits, writeOf({ now }))
      assert.equal((await tries(NOW, { name: 'b', when: 'always', value: '12', expiresAt: NOW + SECOND })).outcome, 'done')
      assert.deepEqual(await tries(NOW, { name: 'c', when: 'always', value: '' }), { outcome: 'full', limit: 'attributes' })
      assert.deepEqual(await tries(NOW, { name: 'a', when: 'always', value: '\u{1F600}x' }), { outcome: 'full', limit: 'bytes' })
      assert.deepEqual(await held(directory), { a: '1', b: '12' })
      assert.equal((await tries(NOW + SECOND, { name: 'c', when: 'always', value: '123' })).outcome, 'done')
      assert.deepEqual(await held(directory), { a: '1', c: '123' })
    },

    'a revision is compared and moves, and does not come back after a removal': async ({ directory }) => {
      await alice(directory, { a: '1' })
      const revision = async () => (await directory.loadAttributes(ALICE, ['a'], NOW))?.get('a')?.revision
      const first = await revision()
      assert.equal((await change(directory, { name: 'a', when: 'present', value: '2', revision: first ?? -1 })).outcome, 'done')
      assert.equal(
        (await change(directory, { name: 'a', when: 'present', value: '3', revision: first ?? -1 })).outcome,
        'conflict',
      )
      const second = await revision()
      await change(directory, { name: 'a', when: 'always', value: null })
      await change(directory, { name: 'a', when: 'absent', value: '4', revision: 0 })
      assert.equal(new Set([first, second, await revision()]).size, 3)
    },

    'of concurrent creates of one attribute one is done': async ({ directory }) => {
      await alice(directory)
      const answers = await together(100, (index) => change(directory, { name: 'a', when: 'absent', value: String(index) }))
      assert.deepEqual([countOf(answers, 'done'), countOf(answers, 'conflict')], [1, 99])
      assert.deepEqual(await held(directory), { a: String(answers.findIndex((answer) => answer.outcome === 'done')) })
    },

    'concurrent writes of different attributes all survive': async ({ directory }) => {
      await alice(directory)
      await together(100, (index) => change(directory, { name: `a${index}`, when: 'always', value: String(index) }))
      assert.deepEqual(
        await held(directory),
        Object.fromEntries(Array.from({ length: 100 }, (_, index) => [`a${index}`, String(index)])),
      )
    },

    'concurrent additions are all counted': async ({ directory }) => {
      await alice(directory)
      const answers = await together(100, () => change(directory, { name: 'n', when: 'always', add: 2 }))
      const sums = answers.map((answer) => (answer.outcome === 'done' ? answer.added.get('n') : undefined))
      assert.deepEqual(
        sums.toSorted((a, b) => (a ?? 0) - (b ?? 0)),
        Array.from({ length: 100 }, (_, index) => 2 * index + 2),
      )
      assert.deepEqual(await held(directory), { n: '200' })
    },

    'the attributes of one user are not those of another': async ({ directory }) => {
      await alice(directory, { a: '1' })
      await directory.createUser(userOf('bob'), writeOf())
      await directory.updateAttributes('zusr-bob', [{ name: 'a', when: 'absent', value: '2' }], ROOMY, writeOf())
      assert.deepEqual(await held(directory), { a: '1' })
    },
  },
}

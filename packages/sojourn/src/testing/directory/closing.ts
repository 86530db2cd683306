// Does a closed directory refuse every call, and is what it kept there for whoever opens it next?
import assert from 'node:assert/strict'
import { isSojournError } from '../../engine/error.ts'
import type { Directory } from '../../sso/directory.ts'
import { needing } from '../conformance-cases.ts'
import { NOW } from '../sessions/builders.ts'
import { auditOf, type DirectoryChapter, recordOf, together, userOf, writeOf } from './directory-chapter.ts'

const LIMITS = { attributes: 10, bytes: 1000 }

/** Every call of a directory but `close`. */
function everyCall(directory: Directory): readonly (() => Promise<unknown>)[] {
  const link = { userId: 'zusr-alice', authType: 'jwt', authId: '1', authUsername: '', isActive: true, creationTime: NOW }
  const token = { kind: 'k', hash: 'h', userId: null, createdAt: NOW, expiresAt: NOW + 1, data: null }
  return [
    () => directory.installationKey(new Uint8Array(32)),
    () => directory.createUser(userOf('bob'), writeOf()),
    () => directory.findUser({ userId: 'zusr-alice' }),
    () => directory.updateUser('zusr-alice', { firstName: 'A' }, writeOf()),
    () => directory.deleteUser('zusr-alice', writeOf()),
    () => directory.listUsers({ limit: 1 }),
    () => directory.loadAttributes('zusr-alice', 'all', NOW),
    () => directory.updateAttributes('zusr-alice', [{ name: 'a', when: 'always', value: '1' }], LIMITS, writeOf()),
    () => directory.createLink(link, writeOf()),
    () => directory.deleteLink(link, writeOf()),
    () => directory.listLinks('zusr-alice'),
    () => directory.createToken(token, writeOf(), 'keep'),
    () => directory.takeToken('k', 'h', NOW),
    () => directory.listTokens({ limit: 1 }, NOW),
    () => directory.appendAudit([recordOf('cid')]),
    () => directory.listAudit({ limit: 1 }),
    () => directory.pendingEffects(1),
    () => directory.settleEffects(['1']),
    () => directory.sweep(NOW, 1),
  ]
}

/** Closes a directory to which twenty users are being added. All of them are to be. */
async function closeWhileWriting(directory: Directory): Promise<void> {
  const writes = together(20, (index) => directory.createUser(userOf(`user-${index}`), writeOf({ audit: [recordOf('cid')] })))
  await directory.close()
  for (const answer of await writes) assert.equal(answer.outcome, 'done')
}

export const closing: DirectoryChapter = {
  name: 'closing',
  cases: {
    'refuses every call after it was closed, which may happen twice': async ({ directory }) => {
      await directory.createUser(userOf('alice'), writeOf())
      await directory.close()
      await directory.close()
      for (const call of everyCall(directory)) {
        await assert.rejects(call, (error) => isSojournError(error, 'ERR_STORE_UNAVAILABLE'), String(call))
      }
    },

    'finishes the writes under way': async ({ directory }) => await closeWhileWriting(directory),

    'finishes the writes under way, and the next to open it finds them': needing('another', async ({ directory }, another) => {
      await closeWhileWriting(directory)
      const next = await another()
      try {
        assert.equal((await next.listUsers({ limit: 100 })).items.length, 20)
        assert.equal((await auditOf(next)).length, 20)
      } finally {
        await next.close()
      }
    }),
  },
}

// How do a user's attributes reach the target with their values, instants and expiry?
import type { AttributeChange, Directory, StoredAttribute } from 'sojourn'
import { sameAttribute } from './same.ts'

/** The limits were kept when the attributes were written. */
const UNLIMITED = { attributes: Number.MAX_SAFE_INTEGER, bytes: Number.MAX_SAFE_INTEGER }

type Named = readonly [name: string, attribute: StoredAttribute]

/**
 * Makes a user's attributes what they are at the source. A directory takes the instants of attributes from the instant of the write,
 * so each is created as of when it was created, and written again as of when it was modified.
 */
export async function copyUserAttributes(
  from: Directory,
  to: Directory,
  userId: string,
  now: number,
): Promise<'same' | 'changed' | 'waiting'> {
  const [wanted, there] = [await from.loadAttributes(userId, 'all', now), await to.loadAttributes(userId, 'all', now)]
  if (wanted === undefined || there === undefined) return 'waiting'
  const different = [...wanted].filter(([name, attribute]) => !sameAttribute(attribute, there.get(name)))
  const superfluous = [...there.keys()].filter((name) => !wanted.has(name))
  const removed = [...superfluous, ...different.map(([name]) => name).filter((name) => there.has(name))]
  if (removed.length + different.length === 0) return 'same'
  const write = (at: number, changes: readonly AttributeChange[]) =>
    to.updateAttributes(userId, changes, UNLIMITED, { now: at, audit: [], effects: [], applyEffects: 'later' })
  if (removed.length > 0)
    await write(
      now,
      removed.map((name) => ({ name, when: 'always', value: null })),
    )
  for (const [at, created] of byInstant(different, ({ createdAt }) => createdAt)) await write(at, created.map(changeOf))
  const modified = different.filter(([, { createdAt, modifiedAt }]) => createdAt !== modifiedAt)
  for (const [at, rewritten] of byInstant(modified, ({ modifiedAt }) => modifiedAt)) await write(at, rewritten.map(changeOf))
  return 'changed'
}

function byInstant(named: readonly Named[], instantOf: (attribute: StoredAttribute) => number) {
  return [...Map.groupBy(named, ([, attribute]) => instantOf(attribute))].sort(([one], [other]) => one - other)
}

function changeOf([name, { value, expiresAt }]: Named): AttributeChange {
  return { name, when: 'always', value, expiresAt }
}

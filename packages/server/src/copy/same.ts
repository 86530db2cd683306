// Is what two stores keep the same?
import type { StoredAttribute, StoredSession } from 'sojourn'

/** Whether plain data is the same: bytes and lists by their content, objects by their fields. */
export function same(one: unknown, other: unknown): boolean {
  if (Object.is(one, other)) return true
  if (typeof one !== 'object' || typeof other !== 'object' || one === null || other === null) return false
  if (one instanceof Uint8Array && other instanceof Uint8Array) return Buffer.compare(one, other) === 0
  const [fields, others] = [Object.entries(one), new Map(Object.entries(other))]
  return fields.length === others.size && fields.every(([name, value]) => others.has(name) && same(value, others.get(name)))
}

function sameAttributes(one: ReadonlyMap<string, StoredAttribute>, other: ReadonlyMap<string, StoredAttribute>): boolean {
  if (one.size !== other.size) return false
  return [...one].every(([name, attribute]) => sameAttribute(attribute, other.get(name)))
}

/** Whether an attribute is the same in all that its readers see. Revisions are counted by each store for itself. */
export function sameAttribute(one: StoredAttribute, other: StoredAttribute | undefined): boolean {
  if (other === undefined) return false
  const { revision: _, ...seen } = one
  const { revision: __, ...otherSeen } = other
  return same(seen, otherSeen)
}

/** Whether sessions are the same. Versions of principals are counted by each store for itself. */
export function sameSession(one: StoredSession, other: StoredSession): boolean {
  const { attributes, version: _, ...header } = one
  const { attributes: otherAttributes, version: __, ...otherHeader } = other
  return same(header, otherHeader) && sameAttributes(attributes, otherAttributes)
}

// How does a stored attribute become one that is read?

import { decodeValue } from '../codec/codec.ts'
import type { StoredAttribute } from '../store.ts'
import type { Attribute } from './attributes.ts'
import type { AttributeReading } from './home.ts'

/** The value of a stored attribute, opened where it is sealed. */
export function readValue(name: string, { value }: StoredAttribute, reading: Pick<AttributeReading, 'open'>): unknown {
  return decodeValue(name, typeof value === 'string' ? value : reading.open(name, value))
}

/** An attribute as it is read. */
export function attributeOf(name: string, stored: StoredAttribute, reading: Pick<AttributeReading, 'open'>): Attribute {
  return describe(name, stored, readValue(name, stored, reading))
}

/** The same with a sealed value left closed. */
export function closedAttributeOf(name: string, stored: StoredAttribute): Attribute {
  return describe(name, stored, typeof stored.value === 'string' ? decodeValue(name, stored.value) : undefined)
}

function describe(name: string, { value: kept, createdAt, modifiedAt, expiresAt }: StoredAttribute, value: unknown): Attribute {
  return {
    name,
    value,
    creationTime: createdAt,
    lastModified: modifiedAt,
    expirationTime: expiresAt,
    isEncrypted: typeof kept !== 'string',
  }
}

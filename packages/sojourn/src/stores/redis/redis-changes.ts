// Which arguments does a change of a session become for its script?
import type { AttributeChange, NewSession, SessionChange } from '../../engine/store.ts'
import type { Millis } from '../../engine/time.ts'
import { indexEntry, tagOf } from './redis-keys.ts'
import type { Arg } from './redis-link.ts'
import { attributeField, packHeader, packInteraction, packSession } from './redis-pack.ts'

/** The longest time to live that is asked for: some 3,000 years. Redis refuses what overflows. */
const LONGEST = 1e14

function timeToLive(until: Millis, now: Millis): string {
  return String(Math.min(Math.max(until - now, 1), LONGEST))
}

const optional = (value: number | undefined) => (value === undefined ? '' : String(value))

/** The arguments of CREATE after the first. */
export function creationArgs(
  session: NewSession,
  id: Buffer,
  expect: { readonly generation: number; readonly version: number } | undefined,
): readonly Arg[] {
  const { createdAt, expiresAt, absoluteAt, principal, history } = session
  return [
    tagOf(id),
    principal === null ? '1' : '0',
    String(createdAt),
    timeToLive(expiresAt, createdAt),
    timeToLive(absoluteAt, createdAt),
    indexEntry(id, principal),
    optional(expect?.generation),
    optional(expect?.version),
    String(history.length),
    ...history.map(packInteraction),
    ...packSession(session),
  ]
}

/** The arguments of UPDATE after the tag. */
export function changeArgs(change: SessionChange, now: Millis): readonly Arg[] {
  const { expect, header, attributes = [], limits } = change
  const fields = header === undefined ? [] : packHeader(header, 0)
  const set = fields.flatMap(([field, value]) => (value === null ? [] : [field, value]))
  const removed = fields.flatMap(([field, value]) => (value === null ? [field] : []))
  const facts = [
    now,
    expect?.version,
    expect?.dataKey === undefined ? undefined : 1,
    header?.touchInterval,
    header?.absoluteAt,
    limits?.attributes,
    limits?.bytes,
    set.length / 2,
    removed.length,
  ]
  return [
    facts.join(','), // nothing for what is undefined
    expect?.secretHash ?? '',
    header?.interaction === undefined ? '' : packInteraction(header.interaction),
    ...set,
    ...removed,
    ...attributes.flatMap(attributeArgs),
  ]
}

/** The arguments of TOUCH after the tag where a change is nothing but that, and so may be made twice. */
export function touchArgs({ expect, header = {}, attributes = [] }: SessionChange, now: Millis): readonly Arg[] | undefined {
  const { expiresAt, touchInterval, ...rest } = header
  if (expiresAt === undefined || expect !== undefined || attributes.length > 0 || Object.keys(rest).length > 0) return undefined
  return [String(now), String(expiresAt), optional(touchInterval)]
}

const WHEN = { absent: 'a', present: 'p', always: 'x' } as const

function attributeArgs({ name, when, value, add, unseal, expiresAt, revision }: AttributeChange): readonly Arg[] {
  const [what, operand] = whatAndOperand(value, add)
  const expiry = expiresAt === undefined ? '' : expiresAt === null ? 'n' : String(expiresAt)
  const rest = expiry === '' && revision === undefined ? '' : `${expiry},${optional(revision)}`
  return [attributeField(name), `${WHEN[when]}${what}${unseal === true ? 'u' : '-'}${rest}`, operand]
}

function whatAndOperand(value: AttributeChange['value'], add: number | undefined): [what: string, operand: Arg] {
  if (value === null) return ['r', '']
  if (add !== undefined) return ['+', String(add)]
  if (value === undefined) return ['k', '']
  return typeof value === 'string' ? ['t', value] : ['b', Buffer.from(value)]
}

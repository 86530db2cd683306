// What did a write come to, by the reply of its script?
import type { AttributeConflict, Outcome } from '../../engine/store.ts'
import { corrupt } from './redis-replies.ts'

const REASONS: readonly string[] = [
  'exists',
  'absent',
  'revision',
  'sealed',
  'not-a-number',
] satisfies AttributeConflict['reason'][]

function isReason(text: string): text is AttributeConflict['reason'] {
  return REASONS.includes(text)
}

/** The outcome, and what belongs to it in pairs. */
export function outcomeOf(reply: readonly Buffer[]): Outcome {
  const [outcome = '', ...rest] = reply.map(String)
  const pairs = Array.from(
    { length: Math.floor(rest.length / 2) },
    (_, index) => [rest[2 * index] ?? '', rest[2 * index + 1] ?? ''] as const,
  )
  switch (outcome) {
    case 'done':
      return { outcome, added: new Map(pairs.map(([name, sum]) => [name, Number(sum)])) }
    case 'missing':
    case 'exists':
    case 'superseded':
      return { outcome }
    case 'conflict':
      return { outcome, conflicts: pairs.flatMap(([name, reason]) => (isReason(reason) ? [{ name, reason }] : [])) }
    case 'full':
      return { outcome, limit: rest[0] === 'bytes' ? 'bytes' : 'attributes' }
    default:
      throw corrupt('an outcome')
  }
}

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

/** What follows the first part of a reply, in pairs. */
function pairsOf(reply: readonly Buffer[]): readonly (readonly [string, string])[] {
  const pairs: [string, string][] = []
  for (let index = 1; index < reply.length; index += 2) pairs.push([String(reply[index]), String(reply[index + 1] ?? '')])
  return pairs
}

/** The outcome, and what belongs to it. */
export function outcomeOf(reply: readonly Buffer[]): Outcome {
  const outcome = String(reply[0])
  switch (outcome) {
    case 'done':
      return { outcome, added: new Map(pairsOf(reply).map(([name, sum]) => [name, Number(sum)])) }
    case 'missing':
    case 'exists':
    case 'superseded':
      return { outcome }
    case 'conflict':
      return { outcome, conflicts: pairsOf(reply).flatMap(([name, reason]) => (isReason(reason) ? [{ name, reason }] : [])) }
    case 'full':
      return { outcome, limit: String(reply[1]) === 'bytes' ? 'bytes' : 'attributes' }
    case 'corrupt':
      throw corrupt('a session')
    default:
      throw corrupt('an outcome')
  }
}

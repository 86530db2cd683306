// What is the least that keeps the attributes of one user, for tests of homes that are not sessions'?
import { type AttributeSet, applyAttributes, presentAttributes } from '../../src/engine/attributes/apply-attributes.ts'
import type { RingHomeOptions } from '../../src/engine/core.ts'

export function appliedAttributes() {
  let set: AttributeSet | undefined = { attributes: new Map(), writes: 0 }
  const read: RingHomeOptions['read'] = async (_want, now) =>
    set === undefined ? undefined : presentAttributes(set.attributes, now)
  const write: RingHomeOptions['write'] = async (changes, limits, now) => {
    if (set === undefined) return { outcome: 'missing' }
    const applied = applyAttributes(set, changes, now, limits)
    if (applied.outcome !== 'done') return applied
    set = applied
    return { outcome: 'done', added: applied.added }
  }
  return {
    read,
    write,
    attributes: () => set?.attributes ?? new Map(),
    remove() {
      set = undefined
    },
  }
}

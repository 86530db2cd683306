// Which audit records does the target lack, and which has it that the source has not?
import type { AuditRecord, Directory } from 'sojourn'
import { isPlaceNote } from '../sessions-place.ts'
import { isMark } from './marks.ts'
import { itemsOf, PAGE } from './pages.ts'
import { emptyTally, type PassContext, type Tally } from './tally.ts'

/** How far the two trails may differ in their order: records of calls at the same instant are listed late at times. */
const WINDOW = 2000

/** The records of one side, oldest first, without those that are of that side alone. */
async function* records(directory: Directory, signal: AbortSignal): AsyncGenerator<AuditRecord, undefined> {
  for await (const record of itemsOf((query) => directory.listAudit({ ...query, order: 'oldest-first' }), signal)) {
    if (!isPlaceNote(record)) yield record
  }
  return undefined
}

/** What the comparison of two trails finds. */
interface Difference {
  /** Records of the target that the source has not; no marks of copies. */
  readonly strange: (record: AuditRecord) => void
  /** A record that both have. */
  readonly common: () => void
}

/** Goes through both trails, and answers, in their order, the records that the target lacks. */
async function* lacking(
  from: Directory,
  to: Directory,
  target: string,
  signal: AbortSignal,
  difference: Difference,
): AsyncGenerator<AuditRecord, undefined> {
  const source = records(from, signal)
  const ahead: { readonly key: string; readonly record: AuditRecord }[] = []
  async function placeOf(key: string): Promise<number> {
    const known = ahead.findIndex((each) => each.key === key)
    if (known >= 0) return known
    while (ahead.length < WINDOW) {
      const { value: record } = await source.next()
      if (record === undefined) return -1
      ahead.push({ key: keyOf(record), record })
      if (ahead.at(-1)?.key === key) return ahead.length - 1
    }
    return -1
  }
  for await (const record of records(to, signal)) {
    if (isMark(record, target)) continue
    const place = await placeOf(keyOf(record))
    if (place < 0) difference.strange(record)
    else {
      ahead.splice(place, 1)
      difference.common()
    }
  }
  for (const { record } of ahead) yield record
  return yield* source
}

/** Appends what the target lacks. The trail is only ever added to, so nothing is removed there. */
export async function copyAudit(from: Directory, to: Directory, target: string, pass: PassContext): Promise<Tally> {
  const tally = emptyTally()
  const common = () => {
    tally.source += 1
    tally.target += 1
    pass.advance(1)
  }
  let batch: AuditRecord[] = []
  const append = async () => {
    await to.appendAudit(batch)
    tally.changed += batch.length
    for (const _ of batch) common()
    batch = []
  }
  for await (const record of lacking(from, to, target, pass.signal, { strange: () => {}, common })) {
    batch.push(record)
    if (batch.length === PAGE) await append()
  }
  if (batch.length > 0) await append()
  return tally
}

/** The first record of the target that the source has not: whoever made it has used the target. */
export async function strangeRecord(
  from: Directory,
  to: Directory,
  target: string,
  signal: AbortSignal,
): Promise<AuditRecord | undefined> {
  let found: AuditRecord | undefined
  const strange = (record: AuditRecord) => {
    found ??= record
  }
  // Only the walk over the target matters here; it is over when the first record is answered that the target lacks.
  await lacking(from, to, target, signal, { strange, common: () => {} }).next()
  return found
}

/** A record as text, field by field in one order. */
function keyOf({ at, cid, operation, outcome, reason, actor, target, remoteAddr, app, details }: AuditRecord): string {
  return JSON.stringify([at, cid, operation, outcome, reason, actor, target, remoteAddr, app, details])
}

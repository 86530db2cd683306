// What does a session store promise, said as plainly as can be: whole histories in arrays, nothing fast, nothing shared with the stores?
import type {
  AttributeChange,
  AttributeConflict,
  Counters,
  NewSession,
  Outcome,
  Principal,
  SessionChange,
  SessionStore,
  StoredAttribute,
} from '../../src/engine/store.ts'

interface ModelSession {
  fields: NewSession
  attributes: Record<string, StoredAttribute>
  count: number
  born: { own: number; all: number }
}

/** The calls of a session store that a random run compares, answered at once. */
export interface SessionModel {
  counters(principal: Principal): Counters
  create(session: NewSession, expect?: Counters): Outcome
  load(id: string, now: number): unknown
  update(id: string, change: SessionChange, now: number): Outcome
  delete(id: string, now: number, until?: number): boolean
  revoke(scope: Parameters<SessionStore['revoke']>[0], now: number): void
  bump(principal: Principal): void
  alive(now: number): string[]
  /** Whether a session was revoked, though it may have been swept since. */
  isRevoked(id: string): boolean
}

export function sessionModel(): SessionModel {
  const sessions: Record<string, ModelSession> = {}
  const tombstones: Record<string, number> = {}
  const revoked: string[] = []
  const bumped: string[] = []
  const times = (list: string[], what: string) => list.filter((each) => each === what).length
  const scope = (principal: string | null) => (principal === null ? 'guests' : `user ${principal}`)
  const version = (principal: string | null) => (principal === null ? 0 : times(bumped, principal))
  const generations = (principal: string | null) => ({ own: times(revoked, scope(principal)), all: times(revoked, 'all') })

  function live(id: string, now: number): ModelSession | undefined {
    const session = sessions[id]
    return session === undefined || now >= session.fields.expiresAt || isRevoked(session) ? undefined : session
  }

  function isRevoked({ fields, born }: ModelSession): boolean {
    const inForce = generations(fields.principal)
    return born.own !== inForce.own || born.all !== inForce.all
  }

  return {
    counters: ({ id }) => ({ generation: times(revoked, scope(id)), version: version(id) }),
    create(fields, expect) {
      const former = sessions[fields.id]
      const isTaken = former !== undefined && (isRevoked(former) || fields.createdAt < former.fields.expiresAt)
      if (isTaken || (tombstones[fields.id] ?? 0) > fields.createdAt) return { outcome: 'exists' }
      const born = generations(fields.principal)
      if (expect && (expect.generation !== born.own || expect.version !== version(fields.principal)))
        return { outcome: 'superseded' }
      delete tombstones[fields.id]
      const count = Math.max(0, ...[...fields.attributes.values()].map((each) => each.revision))
      sessions[fields.id] = { fields, attributes: Object.fromEntries(fields.attributes), count, born }
      return { outcome: 'done', added: new Map() }
    },
    load(id, now) {
      const session = live(id, now)
      if (!session) return (tombstones[id] ?? 0) > now ? 'ended' : undefined
      const { history: _, attributes: __, ...header } = session.fields
      return {
        ...header,
        attributes: new Map(Object.entries(present(session.attributes, now))),
        version: version(header.principal),
      }
    },
    update(id, change, now) {
      const session = live(id, now)
      if (!session) return { outcome: 'missing' }
      const { expect = {}, header = {}, attributes = [], limits } = change
      const { fields } = session
      const surprised =
        (expect.secretHash ?? fields.secretHash) !== fields.secretHash ||
        (expect.version ?? version(fields.principal)) !== version(fields.principal) ||
        (expect.dataKey === 'absent' && fields.dataKey !== null)
      if (surprised) return { outcome: 'superseded' }
      const before = present(session.attributes, now)
      const conflicts = attributes.flatMap((each) => conflictOf(each, before[each.name]))
      if (conflicts.length > 0) return { outcome: 'conflict', conflicts }
      const after = { ...before }
      const added = new Map<string, number>()
      const touched = attributes.filter(
        (each) =>
          before[each.name] || typeof each.value === 'string' || each.value instanceof Uint8Array || each.add !== undefined,
      )
      for (const each of touched) {
        const old = before[each.name]
        delete after[each.name]
        if (each.value === null) continue
        if (each.add !== undefined) added.set(each.name, Number(old?.value ?? 0) + each.add)
        after[each.name] = {
          value: each.add === undefined ? (each.value ?? old!.value) : `${added.get(each.name)}`,
          createdAt: old ? old.createdAt : now,
          modifiedAt: now,
          expiresAt: each.expiresAt !== undefined ? each.expiresAt : old ? old.expiresAt : null,
          revision: session.count + 1,
        }
      }
      if (limits) {
        const [n, m] = [Object.keys(before).length, Object.keys(after).length]
        if (m > n && m > limits.attributes) return { outcome: 'full', limit: 'attributes' }
        if (size(after) > size(before) && size(after) > limits.bytes) return { outcome: 'full', limit: 'bytes' }
      }
      if (touched.length > 0) session.count += 1
      session.attributes = after
      const { touchInterval = Number.NEGATIVE_INFINITY, interaction: _, ...changed } = header
      const drop = changed.expiresAt !== undefined && changed.expiresAt - fields.expiresAt < touchInterval
      session.fields = { ...fields, ...changed, expiresAt: drop ? fields.expiresAt : (changed.expiresAt ?? fields.expiresAt) }
      return { outcome: 'done', added }
    },
    delete(id, now, until) {
      const was = live(id, now) !== undefined
      delete sessions[id]
      if (until !== undefined) tombstones[id] = Math.max(until, tombstones[id] ?? 0)
      return was
    },
    revoke(what, now) {
      if (typeof what === 'string') {
        revoked.push(what)
        return
      }
      const spared =
        what.except === undefined
          ? undefined
          : live(what.except, Math.min(now, sessions[what.except]?.fields.expiresAt ?? now) - 1)
      revoked.push(scope(what.principal.id))
      if (spared?.fields.principal === what.principal.id) spared.born.own += 1
    },
    bump({ id }) {
      bumped.push(id)
    },
    alive: (now) =>
      Object.keys(sessions)
        .filter((id) => live(id, now))
        .sort(),
    isRevoked: (id) => sessions[id] !== undefined && isRevoked(sessions[id]),
  }
}

function present(attributes: Record<string, StoredAttribute>, now: number): Record<string, StoredAttribute> {
  return Object.fromEntries(Object.entries(attributes).filter(([, { expiresAt }]) => !(expiresAt !== null && now >= expiresAt)))
}

function conflictOf(change: AttributeChange, old: StoredAttribute | undefined): AttributeConflict[] {
  const sealed = old?.value instanceof Uint8Array
  const number =
    old === undefined ? 0 : BigInt(/^(0|-?[1-9]\d*)$/.test(String(old.value)) ? String(old.value) : '99999999999999999999')
  const safe = (each: bigint) => Number.isSafeInteger(Number(each))
  const checks: [boolean, AttributeConflict['reason']][] = [
    [change.when === 'absent' && old !== undefined, 'exists'],
    [change.when === 'present' && old === undefined, 'absent'],
    [change.revision !== undefined && change.revision !== (old ? old.revision : 0), 'revision'],
    [sealed && (change.add !== undefined || (typeof change.value === 'string' && !change.unseal)), 'sealed'],
    [change.add !== undefined && !(safe(BigInt(number)) && safe(BigInt(number) + BigInt(change.add))), 'not-a-number'],
  ]
  const reason = checks.find(([applies]) => applies)?.[1]
  return reason === undefined ? [] : [{ name: change.name, reason }]
}

const size = (attributes: Record<string, StoredAttribute>) =>
  Object.entries(attributes).reduce((sum, [name, { value }]) => sum + Buffer.byteLength(name) + Buffer.byteLength(value), 0)

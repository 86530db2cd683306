// How is the directory kept in the memory of this process?
//
// Layout: a map a table, each with the maps it is looked up by; see memory-users, memory-owned and memory-audit. Every call runs
// whole within one tick, checks first and changes afterwards: that makes it a transaction.
import { type AttributeSet, applyAttributes, wantedAttributes } from '../../engine/attributes/apply-attributes.ts'
import { SojournError } from '../../engine/error.ts'
import type { SessionStore } from '../../engine/store.ts'
import type { Millis } from '../../engine/time.ts'
import type {
  Directory,
  DirectoryWrite,
  Effect,
  LinkedAccount,
  OneTimeToken,
  StoredUser,
  UserLookup,
  UserOutcome,
  UserWriteOptions,
} from '../../sso/directory.ts'
import { canAdminister, holds } from '../../sso/directory.ts'
import { auditLog } from './memory-audit.ts'
import { linkKey, ownedTable, tokenKey, tokenPage } from './memory-owned.ts'
import { userTable } from './memory-users.ts'

const NO_ATTRIBUTES: AttributeSet = { attributes: new Map(), writes: 0 }

/** Keeps the directory in the memory of this process, beside the sessions that its effects concern. */
export function memoryDirectory(sessions: SessionStore): Directory {
  const users = userTable()
  const attributes = new Map<string, AttributeSet>()
  const links = ownedTable<LinkedAccount>()
  const tokens = ownedTable<OneTimeToken>()
  const audit = auditLog()
  const pending = new Map<string, Effect>()
  let lastEffect = 0
  let installation: Uint8Array | undefined
  let closed = false

  async function call<T>(run: () => T | Promise<T>): Promise<T> {
    if (closed) throw new SojournError('ERR_STORE_UNAVAILABLE', 'The memory store was closed.', { applied: 'no' })
    return run()
  }

  /** Ends a user's sessions or makes copies of the user stale: at once, for a call of the memory sessions does its work before it answers. */
  function apply(effect: Effect, now: Millis): Promise<void> {
    const { principal } = effect
    if (effect.kind === 'bump') return sessions.bump(principal)
    return sessions.revoke(effect.except === undefined ? { principal } : { principal, except: effect.except }, now)
  }

  /** Does what goes with a change that was just made. */
  async function accompany(write: DirectoryWrite): Promise<UserOutcome> {
    audit.append(write.audit)
    if (write.applyEffects === 'here') {
      await Promise.all(write.effects.map((effect) => apply(effect, write.now)))
      return { outcome: 'done', pending: [] }
    }
    const kept = write.effects.map((effect) => {
      lastEffect += 1
      return { id: String(lastEffect), effect: structuredClone(effect) }
    })
    for (const { id, effect } of kept) pending.set(id, effect)
    return { outcome: 'done', pending: kept }
  }

  /** Why a change of a user must not be made: `after` is what the user would be, `undefined` for gone. */
  function refusal(user: StoredUser, after: StoredUser | undefined, options: UserWriteOptions): UserOutcome | undefined {
    if (options.expect !== undefined && !holds(user, options.expect)) return { outcome: 'superseded' }
    const steps = canAdminister(user) && !(after !== undefined && canAdminister(after))
    if (options.guard === 'last-super-user' && steps && !users.hasOtherAdministrator(user.userId))
      return { outcome: 'last-super-user' }
    if (after !== undefined && users.isTaken(after.usernameKey, user.userId)) return { outcome: 'exists' }
    return undefined
  }

  function find(by: UserLookup): StoredUser | undefined {
    if ('userId' in by) return users.get(by.userId)
    if ('usernameKey' in by) return users.byUsernameKey(by.usernameKey)
    const link = links.get(linkKey(by.link))
    return link?.isActive === true ? users.get(link.userId) : undefined
  }

  return {
    sessions,

    installationKey: (candidate) =>
      call(() => {
        installation ??= candidate.slice()
        return installation.slice()
      }),

    createUser: (user, write, only) =>
      call(() => {
        const taken = users.get(user.userId) !== undefined || users.isTaken(user.usernameKey, user.userId)
        if (taken || (only === 'when-empty' && users.size() > 0)) return { outcome: 'exists' }
        users.put(user)
        return accompany(write)
      }),

    findUser: (by) => call(() => find(by)),

    updateUser: (userId, change, write, options = {}) =>
      call(() => {
        const user = users.get(userId)
        if (user === undefined) return { outcome: 'missing' }
        const after = { ...user, ...change }
        const refused = refusal(user, after, options)
        if (refused !== undefined) return refused
        users.put(after)
        return accompany(write)
      }),

    deleteUser: (userId, write, options = {}) =>
      call(() => {
        const user = users.get(userId)
        if (user === undefined) return { outcome: 'missing' }
        const refused = refusal(user, undefined, options)
        if (refused !== undefined) return refused
        users.remove(userId)
        attributes.delete(userId)
        for (const [key] of links.ofUser(userId)) links.remove(key)
        for (const [key] of tokens.ofUser(userId)) tokens.remove(key)
        return accompany(write)
      }),

    listUsers: (query) => call(() => users.page(query)),

    loadAttributes: (userId, want, now) =>
      call(() => {
        if (users.get(userId) === undefined) return undefined
        return structuredClone(wantedAttributes((attributes.get(userId) ?? NO_ATTRIBUTES).attributes, want, now))
      }),

    updateAttributes: (userId, changes, limits, write) =>
      call(() => {
        if (users.get(userId) === undefined) return { outcome: 'missing' }
        const applied = applyAttributes(attributes.get(userId) ?? NO_ATTRIBUTES, structuredClone(changes), write.now, limits)
        if (applied.outcome !== 'done') return applied
        attributes.set(userId, applied)
        audit.append(write.audit)
        return { outcome: 'done', added: applied.added }
      }),

    createLink: (link, write) =>
      call(() => {
        if (users.get(link.userId) === undefined) return { outcome: 'missing' }
        if (links.get(linkKey(link)) !== undefined) return { outcome: 'exists' }
        links.add(linkKey(link), link)
        return accompany(write)
      }),

    deleteLink: (link, write) =>
      call(() => {
        if (links.get(linkKey(link))?.userId !== link.userId) return { outcome: 'missing' }
        links.remove(linkKey(link))
        return accompany(write)
      }),

    listLinks: (userId) => call(() => links.ofUser(userId).map(([, link]) => link)),

    createToken: (token, write, siblings) =>
      call(() => {
        const { kind, hash, userId } = token
        if (userId !== null && users.get(userId) === undefined) return { outcome: 'missing' }
        if (tokens.get(tokenKey(kind, hash)) !== undefined) return { outcome: 'exists' }
        const others = siblings === 'cancel' && userId !== null ? tokens.ofUser(userId) : []
        for (const [key, other] of others) if (other.kind === kind) tokens.remove(key)
        tokens.add(tokenKey(kind, hash), token)
        return accompany(write)
      }),

    takeToken: (kind, hash, now) =>
      call(() => {
        const token = tokens.get(tokenKey(kind, hash))
        if (token === undefined || token.expiresAt <= now) return undefined
        tokens.remove(tokenKey(kind, hash))
        return token
      }),

    listTokens: (query, now) => call(() => tokenPage(tokens.entries(), query, now)),

    appendAudit: (records) => call(() => audit.append(records)),
    listAudit: (query) => call(() => audit.page(query)),

    pendingEffects: (limit) =>
      call(() => [...pending.entries().take(limit)].map(([id, effect]) => ({ id, effect: structuredClone(effect) }))),

    settleEffects: (ids) =>
      call(() => {
        for (const id of ids) pending.delete(id)
      }),

    sweep: (now, limit) =>
      call(() => {
        const expired = [...tokens.entries()].filter(([, token]) => token.expiresAt <= now)
        for (const [key] of expired.slice(0, limit)) tokens.remove(key)
        return { removed: Math.min(expired.length, limit), more: expired.length > limit }
      }),

    async close() {
      closed = true
    },
  }
}

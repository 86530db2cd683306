// How does a directory that does not answer become an error in bounded time?
import type { Deadline } from '../engine/deadline.ts'
import type { Directory } from './directory.ts'

/** A directory whose every call ends within the deadline. */
export function directoryWithDeadline(directory: Directory, { run }: Deadline): Directory {
  return {
    sessions: directory.sessions,
    installationKey: (candidate) => run('write', () => directory.installationKey(candidate)),
    createUser: (user, write, only) => run('write', () => directory.createUser(user, write, only)),
    findUser: (by) => run('read', () => directory.findUser(by)),
    updateUser: (userId, change, write, options) => run('write', () => directory.updateUser(userId, change, write, options)),
    deleteUser: (userId, write, options) => run('write', () => directory.deleteUser(userId, write, options)),
    listUsers: (query) => run('read', () => directory.listUsers(query)),
    loadAttributes: (userId, want, now) => run('read', () => directory.loadAttributes(userId, want, now)),
    updateAttributes: (userId, changes, limits, write) =>
      run('write', () => directory.updateAttributes(userId, changes, limits, write)),
    createLink: (link, write) => run('write', () => directory.createLink(link, write)),
    deleteLink: (link, write) => run('write', () => directory.deleteLink(link, write)),
    listLinks: (userId) => run('read', () => directory.listLinks(userId)),
    createToken: (token, write, siblings) => run('write', () => directory.createToken(token, write, siblings)),
    takeToken: (kind, hash, now) => run('write', () => directory.takeToken(kind, hash, now)),
    listTokens: (query, now) => run('read', () => directory.listTokens(query, now)),
    appendAudit: (records) => run('write', () => directory.appendAudit(records)),
    listAudit: (query) => run('read', () => directory.listAudit(query)),
    pendingEffects: (limit) => run('read', () => directory.pendingEffects(limit)),
    settleEffects: (ids) => run('write', () => directory.settleEffects(ids)),
    sweep: (now, limit) => run('write', () => directory.sweep(now, limit)),
    close: () => directory.close(),
  }
}

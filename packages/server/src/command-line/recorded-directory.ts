// How do the records of what a command does name whoever ran it?
import type { AuditRecord, Directory, DirectoryWrite } from 'sojourn'
import { ACTOR, APP } from './actor.ts'

/**
 * A directory that says of the calls of one run who ran it: `user@host`, through the application of the command line.
 *
 * Sojourn itself knows trusted code only as `auto`, and as an application only those that users log in to. Records of other calls, such as
 * those of requests to a server, stay as they are.
 */
export function recordedDirectory(directory: Directory, cid: string): Directory {
  const record = (one: AuditRecord): AuditRecord => (one.cid === cid ? { ...one, actor: ACTOR, app: APP } : one)
  const write = (one: DirectoryWrite): DirectoryWrite => ({ ...one, audit: one.audit.map(record) })
  return {
    ...directory,
    createUser: (user, change, only) => directory.createUser(user, write(change), only),
    updateUser: (userId, change, applied, options) => directory.updateUser(userId, change, write(applied), options),
    deleteUser: (userId, change, options) => directory.deleteUser(userId, write(change), options),
    updateAttributes: (userId, changes, limits, change) => directory.updateAttributes(userId, changes, limits, write(change)),
    createLink: (link, change) => directory.createLink(link, write(change)),
    deleteLink: (link, change) => directory.deleteLink(link, write(change)),
    createToken: (token, change, siblings) => directory.createToken(token, write(change), siblings),
    appendAudit: (records) => directory.appendAudit(records.map(record)),
  }
}

/** A directory that records nothing of calls that only look, so that a store that was examined is still one that nobody used. */
export function unrecordedDirectory(directory: Directory): Directory {
  return { ...directory, appendAudit: async () => {} }
}

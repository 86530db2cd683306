// With which statements does SQLite read and write the directory?
//
// The comment before each statement lists what its `?` are bound to, in order, and what its rows hold.
import { USER_COLUMN_NAMES } from './sqlite-user-columns.ts'

/** The statements of one directory, by what they do. */
export function directoryStatements(p: string) {
  const columns = USER_COLUMN_NAMES.join(', ')
  const link = 'user_id, auth_type, auth_id, auth_username, is_active, creation_time'
  const token = 'kind, hash, user_id, created_at, expires_at, data'
  const record = 'at, cid, operation, outcome, reason, actor, target, remote_addr, app, details'
  const numberOf = (column: string) => USER_COLUMN_NAMES.indexOf(column) + 1
  const assignments = USER_COLUMN_NAMES.filter((name) => name !== 'user_id').map((name) => `${name} = ?${numberOf(name)}`)
  const marks = (list: string) =>
    list
      .split(',')
      .map(() => '?')
      .join(', ')
  return {
    /** The values of a user. No row changes where the id or the name is taken. */
    insertUser: `INSERT INTO ${p}_users (${columns}) VALUES (${marks(columns)}) ON CONFLICT DO NOTHING`,
    /** The values of a user. No row changes where there is any user at all. */
    insertFirstUser: `INSERT INTO ${p}_users (${columns}) SELECT ${marks(columns)}
      WHERE NOT EXISTS (SELECT 1 FROM ${p}_users) ON CONFLICT DO NOTHING`,
    /** The values of a user, the id among them. No row changes where the name is taken by another. */
    updateUser: `UPDATE OR IGNORE ${p}_users SET ${assignments.join(', ')} WHERE user_id = ?${numberOf('user_id')}`,
    /** User id. */
    deleteUser: `DELETE FROM ${p}_users WHERE user_id = ?`,
    /** User id -> a row where there is such a user. */
    userExists: `SELECT 1 FROM ${p}_users WHERE user_id = ?`,
    /** User id -> a user. */
    userById: `SELECT ${columns} FROM ${p}_users WHERE user_id = ?`,
    /** User name key -> a user. */
    userByName: `SELECT ${columns} FROM ${p}_users WHERE username_key = ?`,
    /** Kind of account, its id -> a user. */
    userByLink: `SELECT ${columns} FROM ${p}_users WHERE user_id =
      (SELECT user_id FROM ${p}_links WHERE auth_type = ? AND auth_id = ? AND is_active = 1)`,
    /** User id -> a row where somebody else can administer. */
    otherAdministrator: `SELECT 1 FROM ${p}_users
      WHERE is_super_user = 1 AND is_locked = 0 AND approval_status = 'approved' AND user_id <> ? LIMIT 1`,
    /** The least user name key, limit -> users. */
    listUsers: `SELECT ${columns} FROM ${p}_users WHERE username_key >= ? ORDER BY username_key LIMIT ?`,
    /** Address key, the least user name key, limit -> users. */
    listUsersByEmail: `SELECT ${columns} FROM ${p}_users WHERE email_key = ? AND username_key >= ? ORDER BY username_key LIMIT ?`,

    /** User id -> attributes, how often they were written; both null where there are none yet, no row without such a user. */
    readAttributes: `SELECT a.attributes, a.writes FROM ${p}_users u LEFT JOIN ${p}_user_attributes a USING (user_id) WHERE user_id = ?`,
    /** User id, attributes, how often they were written. */
    writeAttributes: `INSERT INTO ${p}_user_attributes (user_id, attributes, writes) VALUES (?, ?, ?)
      ON CONFLICT DO UPDATE SET attributes = excluded.attributes, writes = excluded.writes`,

    /** The values of a link. No row changes where the account is linked. */
    insertLink: `INSERT INTO ${p}_links (${link}) VALUES (${marks(link)}) ON CONFLICT DO NOTHING`,
    /** User id, kind of account, its id. */
    deleteLink: `DELETE FROM ${p}_links WHERE user_id = ? AND auth_type = ? AND auth_id = ?`,
    /** User id -> links, oldest first. */
    listLinks: `SELECT ${link} FROM ${p}_links WHERE user_id = ? ORDER BY sequence`,

    /** The values of a token. No row changes where there is one of that hash in its kind. */
    insertToken: `INSERT INTO ${p}_tokens (${token}) VALUES (${marks(token)}) ON CONFLICT DO NOTHING`,
    /** User id, kind, hash: the others of that kind and user. */
    deleteSiblings: `DELETE FROM ${p}_tokens INDEXED BY ${p}_tokens_user WHERE user_id = ? AND kind = ? AND hash <> ?`,
    /** Kind, hash, now -> the token that was taken. */
    takeToken: `DELETE FROM ${p}_tokens WHERE kind = ? AND hash = ? AND expires_at > ? RETURNING ${token}`,
    /** Kind, hash, now, limit -> tokens after that one. */
    listTokens: `SELECT ${token} FROM ${p}_tokens WHERE (kind, hash) > (?, ?) AND expires_at > ? ORDER BY kind, hash LIMIT ?`,
    /** Now, limit. */
    sweepTokens: `DELETE FROM ${p}_tokens WHERE (kind, hash) IN
      (SELECT kind, hash FROM ${p}_tokens WHERE expires_at <= ? ORDER BY expires_at LIMIT ?)`,

    /** The values of a record. */
    insertAudit: `INSERT INTO ${p}_audit (${record}) VALUES (${marks(record)})`,
    /** Sequence to begin before, limit -> records, newest first. */
    listAudit: `SELECT sequence, ${record} FROM ${p}_audit WHERE sequence < ? ORDER BY sequence DESC LIMIT ?`,
    /** Correlation id, sequence to begin before, limit -> records, newest first. */
    listAuditByCid: `SELECT sequence, ${record} FROM ${p}_audit WHERE cid = ? AND sequence < ? ORDER BY sequence DESC LIMIT ?`,

    /** Sequence to begin after, limit -> records, oldest first. */
    listOldAudit: `SELECT sequence, ${record} FROM ${p}_audit WHERE sequence > ? ORDER BY sequence LIMIT ?`,
    /** Correlation id, sequence to begin after, limit -> records, oldest first. */
    listOldAuditByCid: `SELECT sequence, ${record} FROM ${p}_audit WHERE cid = ? AND sequence > ? ORDER BY sequence LIMIT ?`,

    /** Kind, user id, tag, session id or null -> sequence. */
    insertEffect: `INSERT INTO ${p}_effects (kind, principal, tag, except_session) VALUES (?, ?, ?, ?) RETURNING sequence`,
    /** Limit -> sequence, kind, user id, tag, session id or null; oldest first. */
    listEffects: `SELECT sequence, kind, principal, tag, except_session FROM ${p}_effects ORDER BY sequence LIMIT ?`,
    /** Sequence. */
    deleteEffect: `DELETE FROM ${p}_effects WHERE sequence = ?`,

    /** Key. No row changes where there is one. */
    insertInstallationKey: `INSERT INTO ${p}_installation (id, key) VALUES (1, ?) ON CONFLICT DO NOTHING`,
    /** -> key */
    installationKey: `SELECT key FROM ${p}_installation WHERE id = 1`,
  } as const
}

/** The texts of {@link directoryStatements}. */
export type DirectoryStatements = ReturnType<typeof directoryStatements>

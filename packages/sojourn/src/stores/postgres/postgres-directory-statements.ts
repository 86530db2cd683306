// With which statements does the store keep the directory?
import { statements } from './postgres-statements.ts'

/** Writes the statements for tables of a prefix. */
export function directoryStatements(prefix: string) {
  const users = `SELECT record::text FROM ${prefix}_users`
  return statements(prefix, {
    // candidate -> the key that was kept first
    installationKey: `WITH durably AS MATERIALIZED (SELECT ${prefix}_durably())
INSERT INTO ${prefix}_meta AS m SELECT 'installation-key', $1 FROM durably
ON CONFLICT (name) DO UPDATE SET value = m.value RETURNING value`,

    // user id, record, `when-empty` or null, what goes with the write -> outcome
    createUser: `SELECT ${prefix}_create_user($1, $2::text::jsonb, $3, $4::text::jsonb)::text`,

    // user id | user name | kind of account, account -> record
    findById: `${users} WHERE user_id = $1`,
    findByName: `${users} WHERE username_key = $1`,
    findByLink: `${users} WHERE user_id = (SELECT user_id FROM ${prefix}_links WHERE auth_type = $1 AND auth_id = $2 AND is_active)`,

    // user id, fields to change or null to remove, fields expected, guard or null, what goes with the write -> outcome
    changeUser: `SELECT ${prefix}_change_user($1, $2::text::jsonb, $3::text::jsonb, $4, $5::text::jsonb)::text`,

    // the user name after which to go on, how many (, address) -> record
    listUsers: `${users} WHERE username_key > $1 ORDER BY username_key LIMIT $2::text::integer`,
    listUsersOfAddress: `${users} WHERE username_key > $1 AND email_key = $3 ORDER BY username_key LIMIT $2::text::integer`,

    // user id (, names as a JSON list) -> attributes
    loadAttributes: `SELECT attributes::text FROM ${prefix}_users WHERE user_id = $1`,
    loadAttributesNamed: `SELECT (SELECT jsonb_object_agg(name, attributes -> name)::text
  FROM jsonb_array_elements_text($2::text::jsonb) AS name WHERE attributes ? name) FROM ${prefix}_users WHERE user_id = $1`,

    // user id, changes, limits, what goes with the write -> outcome
    updateAttributes: `SELECT ${prefix}_update_attributes($1, $2::text::jsonb, $3::text::jsonb, $4::text::jsonb)::text`,

    // user id, kind of account, account, its name, whether active, when, what goes with the write -> outcome
    createLink: `SELECT ${prefix}_create_link($1, $2, $3, $4, $5::text::boolean, $6::text::bigint, $7::text::jsonb)::text`,
    // user id, kind of account, account, what goes with the write -> outcome
    deleteLink: `SELECT ${prefix}_delete_link($1, $2, $3, $4::text::jsonb)::text`,
    // user id -> a link a row
    listLinks: `SELECT user_id, auth_type, auth_id, auth_username, is_active::integer, creation_time
FROM ${prefix}_links WHERE user_id = $1 ORDER BY place`,

    // kind, hash, user id or null, created, expires, data, siblings, what goes with the write -> outcome
    createToken: `SELECT ${prefix}_create_token($1, $2, $3, $4::text::bigint, $5::text::bigint, $6, $7, $8::text::jsonb)::text`,
    // kind, hash, now -> the token
    takeToken: `SELECT kind, hash, user_id, created_at, expires_at, data FROM ${prefix}_take_token($1, $2, $3::text::bigint)`,

    // kind and hash after which to go on, now, how many -> tokens
    listTokens: `SELECT kind, hash, user_id, created_at, expires_at, data FROM ${prefix}_tokens
WHERE (kind, hash) > ($1, $2) AND expires_at > $3::text::bigint ORDER BY kind, hash LIMIT $4::text::integer`,

    // what goes with no write
    appendAudit: `SELECT ${prefix}_accompany($1::text::jsonb)::text`,
    // the place before which to go on, how many (, correlation id) -> place, record
    listAudit: `SELECT place, record FROM ${prefix}_audit WHERE place < $1::text::bigint ORDER BY place DESC LIMIT $2::text::integer`,
    listAuditOfCall: `SELECT place, record FROM ${prefix}_audit WHERE place < $1::text::bigint AND cid = $3 ORDER BY place DESC LIMIT $2::text::integer`,
    // the place after which to go on, how many (, correlation id) -> place, record
    listOldAudit: `SELECT place, record FROM ${prefix}_audit WHERE place > $1::text::bigint ORDER BY place LIMIT $2::text::integer`,
    listOldAuditOfCall: `SELECT place, record FROM ${prefix}_audit WHERE place > $1::text::bigint AND cid = $3 ORDER BY place LIMIT $2::text::integer`,

    // how many -> place, effect
    pendingEffects: `SELECT place, effect::text FROM ${prefix}_effects ORDER BY place LIMIT $1::text::integer`,
    // places as a JSON list
    settleEffects: `DELETE FROM ${prefix}_effects WHERE place = ANY (ARRAY(SELECT jsonb_array_elements_text($1::text::jsonb)::bigint))`,

    // now, how many -> one row for each that is gone
    sweep: `DELETE FROM ${prefix}_tokens WHERE ctid = ANY (ARRAY(
  SELECT ctid FROM ${prefix}_tokens WHERE expires_at <= $1::text::bigint ORDER BY expires_at LIMIT $2::text::integer FOR UPDATE SKIP LOCKED)) RETURNING 1`,
  })
}

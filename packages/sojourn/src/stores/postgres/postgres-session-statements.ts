// With which statements does the store keep sessions?
import type { Statement } from './postgres-client.ts'
import { statements } from './postgres-statements.ts'

/** The columns of a session's header, in the order in which `postgres-session-rows.ts` reads them. */
const HEADER = `s.id, s.scope, s.created_at, s.expires_at, s.absolute_at, s.renew_at, s.grace_ends_at, s.sliding::integer, s.secret_hash,
  s.previous_hash, encode(s.successor, 'base64'), encode(s.data_key, 'base64'), encode(s.previous_data_key, 'base64'), s.details`

/** What a new session overwrites where a tombstone has ended, or a session. */
const OVERWRITTEN = `created_at, expires_at, absolute_at, renew_at, grace_ends_at, generation, generation_of_all, writes, sliding, scope,
  secret_hash, previous_hash, successor, data_key, previous_data_key, details, attributes, history`

/** The statements of sessions by what they are for. */
export type SessionStatements = Readonly<
  Record<
    | 'counters'
    | 'create'
    | 'loadHeader'
    | 'loadAll'
    | 'loadNamed'
    | 'update'
    | 'delete'
    | 'listAll'
    | 'listScope'
    | 'revoke'
    | 'bump'
    | 'sweep'
    | 'fingerprint'
    | 'listening',
    Statement
  >
>

/** Writes the statements for tables of a prefix. `lazily`: a write is answered before it is safe from a crash of the server. */
export function sessionStatements(prefix: string, lazily: boolean): SessionStatements {
  const sessions = `${prefix}_sessions`
  const alive = `LEFT JOIN ${prefix}_generations g ON g.scope = s.scope LEFT JOIN ${prefix}_generations a ON a.scope = 'all'`
  const isAlive = `s.generation = coalesce(g.generation, 0) AND s.generation_of_all = coalesce(a.generation, 0)`
  const load = (attributes: string) => `SELECT ${HEADER}, coalesce(g.version, 0), ${attributes}
FROM ${sessions} s ${alive} WHERE s.id = $1 AND (${isAlive} OR s.scope = 'ended')`
  const list = (from: string) => `SELECT ${HEADER}, (${isAlive})::integer, s.history::text
FROM (SELECT * FROM ${sessions} WHERE ${from} ORDER BY id LIMIT $2::text::integer) s ${alive} ORDER BY s.id`

  return statements(prefix, {
    // scope -> generation, version
    counters: `SELECT generation, version FROM ${prefix}_counters($1)`,

    // the columns of a session, then the generation and the version expected (or null) -> outcome
    create: `WITH c AS MATERIALIZED (
  SELECT *, generation = coalesce($18::text::integer, generation) AND version = coalesce($19::text::integer, version) AS expected
    ${lazily ? `, set_config('synchronous_commit', 'off', true)` : ''}
  FROM ${prefix}_counters($2)
), made AS (
  INSERT INTO ${sessions} AS s (id, scope, created_at, expires_at, absolute_at, renew_at, grace_ends_at, sliding, secret_hash,
    previous_hash, successor, data_key, previous_data_key, details, attributes, history, writes, generation, generation_of_all)
  SELECT $1, $2, $3::text::bigint, $4::text::bigint, $5::text::bigint, $6::text::bigint, $7::text::bigint, $8::text::boolean, $9, $10, decode($11, 'base64'),
    decode($12, 'base64'), decode($13, 'base64'), $14, $15::text::jsonb, $16::text::jsonb, $17::text::integer, generation, generation_of_all
  FROM c WHERE expected
  ON CONFLICT (id) DO UPDATE SET (${OVERWRITTEN}) = ROW (${OVERWRITTEN.replaceAll(/\w+/g, 'excluded.$&')})
    WHERE s.expires_at <= excluded.created_at AND (s.scope = 'ended' OR (s.scope, s.generation, s.generation_of_all)
      = (excluded.scope, excluded.generation, excluded.generation_of_all))
  RETURNING 1
)
SELECT CASE
  WHEN EXISTS (SELECT FROM made) THEN 'done'
  WHEN c.expected OR EXISTS (SELECT FROM ${sessions} t WHERE t.id = $1 AND (t.expires_at > $3::text::bigint OR t.scope <> 'ended'
    AND (t.scope, t.generation, t.generation_of_all) <> ($2, c.generation, c.generation_of_all))) THEN 'exists'
  ELSE 'superseded' END FROM c`,

    // id -> header, version, attributes
    loadHeader: load('NULL'),
    loadAll: load('s.attributes::text'),
    // id, names as a JSON list -> the same
    loadNamed: load(`(SELECT jsonb_object_agg(name, s.attributes -> name)::text
  FROM jsonb_array_elements_text($2::text::jsonb) AS name WHERE s.attributes ? name)`),

    // id, change, now -> outcome
    update: `SELECT ${prefix}_update($1, $2::text::jsonb, $3::text::bigint, ${lazily})::text`,

    // id, now, end of the tombstone or null -> whether it was live
    delete: `SELECT ${prefix}_delete($1, $2::text::bigint, $3::text::bigint)::integer`,

    // the id after which to go on, how many to look at (, scope) -> header, whether the generations hold, history
    listAll: list('id > $1'),
    listScope: list('id > $1 AND scope = $3'),

    // scope, the id to be spared or null
    revoke: `SELECT ${prefix}_revoke($1, $2)::text`,

    // scope
    bump: `SELECT ${prefix}_bump($1)::text`,

    // now, limit -> what is gone and whether there may be more
    sweep: `SELECT ${prefix}_sweep($1::text::bigint, $2::text::integer, ${lazily})::text`,

    // id -> the id, what changes with every version of its row and with the counters that apply to it
    fingerprint: `SELECT s.id, s.xmin::text || s.ctid::text || ',' || coalesce(g.generation, 0) || ',' || coalesce(g.version, 0)
  || ',' || coalesce(a.generation, 0) FROM ${sessions} s ${alive} WHERE s.id = $1`,

    // a text to be sent back as a notification
    listening: `SELECT ${prefix}_listening($1)::text`,
  })
}

// Which statements does the session part of the SQLite store run?
import type { SchemaPart } from './sqlite-schema.ts'

/**
 * The tables of sessions.
 *
 * `sessions`: a row a session with its attributes in one column, read at once. `history`: the uses of a session, which only lists
 * read. `tombstones`: ids that stay taken. `counters`: a row for `all`, for `guests` and for each principal (`u:` and their id) that
 * was ever revoked or bumped; while a sweep has to look for what a revocation ended, `sweep_after` says where it goes on.
 */
export function sessionSchema(p: string): SchemaPart {
  return {
    name: 'sessions',
    steps: [
      `CREATE TABLE ${p}_sessions (
        number INTEGER PRIMARY KEY,
        id TEXT NOT NULL UNIQUE,
        principal TEXT,
        generation INTEGER NOT NULL,
        generation_of_all INTEGER NOT NULL,
        created_at INTEGER NOT NULL,
        expires_at INTEGER NOT NULL,
        absolute_at INTEGER NOT NULL,
        renew_at INTEGER,
        sliding INTEGER NOT NULL,
        secret_hash TEXT NOT NULL,
        previous_hash TEXT,
        successor BLOB,
        grace_ends_at INTEGER,
        data_key BLOB,
        previous_data_key BLOB,
        details TEXT NOT NULL,
        writes INTEGER NOT NULL,
        attributes TEXT NOT NULL
      ) STRICT;
      CREATE INDEX ${p}_sessions_expiry ON ${p}_sessions (expires_at);
      CREATE INDEX ${p}_sessions_principal ON ${p}_sessions (principal);
      CREATE TABLE ${p}_history (number INTEGER PRIMARY KEY, entries TEXT NOT NULL) STRICT;
      CREATE TRIGGER ${p}_history_end AFTER DELETE ON ${p}_sessions
        BEGIN DELETE FROM ${p}_history WHERE number = old.number; END;
      CREATE TABLE ${p}_tombstones (id TEXT PRIMARY KEY, until INTEGER NOT NULL) STRICT, WITHOUT ROWID;
      CREATE INDEX ${p}_tombstones_end ON ${p}_tombstones (until);
      CREATE TABLE ${p}_counters (
        scope TEXT PRIMARY KEY,
        generation INTEGER NOT NULL,
        version INTEGER NOT NULL,
        sweep_after INTEGER
      ) STRICT, WITHOUT ROWID;
      CREATE INDEX ${p}_counters_sweep ON ${p}_counters (scope) WHERE sweep_after IS NOT NULL;`,
    ],
  }
}

/** The columns of a header; `sqlite-rows.ts` reads them in this order. */
const HEADER = `s.id, s.principal, s.created_at, s.expires_at, s.absolute_at, s.renew_at, s.sliding, s.secret_hash, s.previous_hash,
  s.successor, s.grace_ends_at, s.data_key, s.previous_data_key, s.details`

/** The statements of one prefix. */
export type SessionStatements = ReturnType<typeof sessionStatements>

/** Writes the statements for tables of this prefix. `?1` and so on are their parameters. */
export function sessionStatements(p: string) {
  /** The counters of a session: `own` of its principal or of the guests, `everybody` of all. */
  const counters = `LEFT JOIN ${p}_counters own ON own.scope = ifnull('u:' || s.principal, 'guests')
    LEFT JOIN ${p}_counters everybody ON everybody.scope = 'all'`
  const inForce = 's.generation = ifnull(own.generation, 0) AND s.generation_of_all = ifnull(everybody.generation, 0)'
  const version = 'iif(s.principal IS NULL, 0, ifnull(own.version, 0))'
  /** The next rows in the order of their numbers. How many are read is bounded before it is asked which of them are alive. */
  const next = (where: string) =>
    `(SELECT * FROM ${p}_sessions WHERE ${where} AND number > ?1 ORDER BY number LIMIT ?2) s ${counters}`
  const page = (where: string) => `SELECT s.number, ${inForce} AND s.expires_at > ?3, h.entries, ${HEADER}
    FROM ${next(where)} LEFT JOIN ${p}_history h ON h.number = s.number ORDER BY s.number`
  const revoked = (where: string) => `SELECT s.number, NOT (${inForce}), s.id, s.principal FROM ${next(where)} ORDER BY s.number`

  return {
    /** ?1 id, ?2 now: the live session: version, header, attributes, writes, number. */
    load: `SELECT ${version}, ${HEADER}, s.attributes, s.writes, s.number
      FROM ${p}_sessions s ${counters} WHERE s.id = ?1 AND s.expires_at > ?2 AND ${inForce}`,
    /** ?1 id, ?2 now: a row where a tombstone has not ended. */
    findTombstone: `SELECT 1 FROM ${p}_tombstones WHERE id = ?1 AND until > ?2`,
    /** ?1 id, ?2 now: number of the session, dead or alive, whether it is alive, and whether it has only expired. */
    findSession: `SELECT s.number, ${inForce} AND s.expires_at > ?2, ${inForce} AND s.expires_at <= ?2 FROM ${p}_sessions s ${counters} WHERE s.id = ?1`,

    /** ?1 id, ?2 principal, ?3 generation, ?4 generation of all, ?5 to ?16 the header from created_at on, ?17 writes, ?18 attributes. */
    insert: `INSERT INTO ${p}_sessions (id, principal, generation, generation_of_all, created_at, expires_at, absolute_at, renew_at,
      sliding, secret_hash, previous_hash, successor, grace_ends_at, data_key, previous_data_key, details, writes, attributes)
      VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18)`,
    /** ?1 number, ?2 writes, ?3 attributes. */
    updateAttributes: `UPDATE ${p}_sessions SET writes = ?2, attributes = ?3 WHERE number = ?1`,
    /** ?1 number, ?2 to ?11 what of the header changes. */
    updateHeader: `UPDATE ${p}_sessions SET expires_at = ?2, absolute_at = ?3, renew_at = ?4, secret_hash = ?5, previous_hash = ?6,
      successor = ?7, grace_ends_at = ?8, data_key = ?9, previous_data_key = ?10, details = ?11 WHERE number = ?1`,
    /** ?1 number: the history. */
    readHistory: `SELECT entries FROM ${p}_history WHERE number = ?1`,
    /** ?1 number, ?2 the history. */
    writeHistory: `INSERT INTO ${p}_history VALUES (?1, ?2) ON CONFLICT DO UPDATE SET entries = excluded.entries`,

    /** ?1 number. */
    deleteSession: `DELETE FROM ${p}_sessions WHERE number = ?1`,
    /** ?1 id, ?2 until: keeps the later end. */
    bury: `INSERT INTO ${p}_tombstones VALUES (?1, ?2) ON CONFLICT DO UPDATE SET until = max(until, excluded.until)`,
    /** ?1 id. */
    unbury: `DELETE FROM ${p}_tombstones WHERE id = ?1`,

    /** ?1 after which number, ?2 how many rows, ?3 now: number, whether it is alive, history, header. */
    listAll: page('TRUE'),
    /** The same of the principal ?4, or of the guests where that is null. */
    listPrincipal: page('principal IS ?4'),

    /** ?1 now, ?2 how many: number, whether it was revoked before, id and principal of sessions that have expired. */
    expired: `SELECT s.number, NOT (${inForce}), s.id, s.principal
      FROM (SELECT * FROM ${p}_sessions WHERE expires_at <= ?1 ORDER BY expires_at LIMIT ?2) s ${counters}`,
    /** ?1 now, ?2 how many: removes old tombstones. */
    unburyOld: `DELETE FROM ${p}_tombstones WHERE id IN (SELECT id FROM ${p}_tombstones WHERE until <= ?1 LIMIT ?2)`,
    /** Where a revocation left sessions for the sweep: scope, after which number it goes on. */
    nextToSweep: `SELECT scope, sweep_after FROM ${p}_counters WHERE sweep_after IS NOT NULL ORDER BY scope LIMIT 1`,
    /** ?1 scope, ?2 after which number to go on, or null at the end. */
    sweepOn: `UPDATE ${p}_counters SET sweep_after = ?2 WHERE scope = ?1`,
    /** ?1 after which number, ?2 how many rows: number, whether it was revoked, id, principal. */
    revokedOfAll: revoked('TRUE'),
    /** The same of the principal ?3, or of the guests where that is null. */
    revokedOfPrincipal: revoked('principal IS ?3'),
  }
}

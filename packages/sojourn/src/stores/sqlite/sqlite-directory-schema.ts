// Where does SQLite keep the directory: which tables, which indexes?
//
// `users`: a row of real columns a user. `user_attributes`: a row a user with all their attributes in one column, like those of a
// session. `links`, `tokens`: linked accounts and one-time tokens. What belongs to a user refers to them and goes with them.
// `audit`: append-only, against mistakes rather than against somebody who may drop a trigger. `effects`: what is still to be done to sessions. `installation`: one row with the installation key.
// `sequence` columns order rows by their arrival and never give a number twice.
import type { SchemaPart } from './sqlite-schema.ts'

/** The tables of the directory. */
export function directorySchema(p: string): SchemaPart {
  return {
    name: 'directory',
    steps: [
      `CREATE TABLE ${p}_users (
        user_id TEXT PRIMARY KEY,
        username TEXT NOT NULL,
        username_key TEXT NOT NULL UNIQUE,
        is_super_user INTEGER NOT NULL,
        is_internal INTEGER NOT NULL,
        is_locked INTEGER NOT NULL,
        locked_time INTEGER,
        locked_by TEXT,
        approval_status TEXT NOT NULL,
        approval_status_mod_time INTEGER NOT NULL,
        approval_status_mod_by TEXT NOT NULL,
        sign_up_status TEXT NOT NULL,
        sign_up_time INTEGER NOT NULL,
        sign_up_confirm_time INTEGER,
        creation_ctx TEXT NOT NULL,
        password_hash TEXT,
        password_must_change INTEGER NOT NULL,
        password_last_set INTEGER,
        password_expiry INTEGER,
        email ANY,
        email_key TEXT,
        display_name TEXT NOT NULL,
        first_name TEXT NOT NULL,
        middle_name TEXT NOT NULL,
        last_name TEXT NOT NULL,
        app_list TEXT,
        is_totp_enabled INTEGER NOT NULL,
        totp_key BLOB,
        totp_label BLOB,
        totp_last_step INTEGER,
        is_rate_limit_active INTEGER NOT NULL,
        rate_limit_def TEXT
      ) STRICT;
      CREATE INDEX ${p}_users_email ON ${p}_users (email_key, username_key) WHERE email_key IS NOT NULL;
      CREATE INDEX ${p}_users_administrators ON ${p}_users (user_id)
        WHERE is_super_user = 1 AND is_locked = 0 AND approval_status = 'approved';

      CREATE TABLE ${p}_user_attributes (
        user_id TEXT PRIMARY KEY REFERENCES ${p}_users (user_id) ON DELETE CASCADE,
        writes INTEGER NOT NULL,
        attributes TEXT NOT NULL
      ) STRICT;

      CREATE TABLE ${p}_links (
        sequence INTEGER PRIMARY KEY AUTOINCREMENT,
        user_id TEXT NOT NULL REFERENCES ${p}_users (user_id) ON DELETE CASCADE,
        auth_type TEXT NOT NULL,
        auth_id TEXT NOT NULL,
        auth_username TEXT NOT NULL,
        is_active INTEGER NOT NULL,
        creation_time INTEGER NOT NULL,
        UNIQUE (auth_type, auth_id)
      ) STRICT;
      CREATE INDEX ${p}_links_user ON ${p}_links (user_id, sequence);

      CREATE TABLE ${p}_tokens (
        kind TEXT NOT NULL,
        hash TEXT NOT NULL,
        user_id TEXT REFERENCES ${p}_users (user_id) ON DELETE CASCADE,
        created_at INTEGER NOT NULL,
        expires_at INTEGER NOT NULL,
        data TEXT,
        PRIMARY KEY (kind, hash)
      ) STRICT, WITHOUT ROWID;
      CREATE INDEX ${p}_tokens_user ON ${p}_tokens (user_id, kind);
      CREATE INDEX ${p}_tokens_expiry ON ${p}_tokens (expires_at);

      CREATE TABLE ${p}_audit (
        sequence INTEGER PRIMARY KEY AUTOINCREMENT,
        at INTEGER NOT NULL,
        cid TEXT NOT NULL,
        operation TEXT NOT NULL,
        outcome TEXT NOT NULL,
        reason TEXT,
        actor TEXT,
        target TEXT,
        remote_addr TEXT NOT NULL,
        app TEXT NOT NULL,
        details TEXT NOT NULL
      ) STRICT;
      CREATE INDEX ${p}_audit_cid ON ${p}_audit (cid, sequence);
      CREATE TRIGGER ${p}_audit_no_update BEFORE UPDATE ON ${p}_audit
        BEGIN SELECT RAISE(ABORT, 'audit records are append-only'); END;
      CREATE TRIGGER ${p}_audit_no_replace BEFORE INSERT ON ${p}_audit
        WHEN new.sequence IN (SELECT sequence FROM ${p}_audit)
        BEGIN SELECT RAISE(ABORT, 'audit records are append-only'); END;
      CREATE TRIGGER ${p}_audit_no_delete BEFORE DELETE ON ${p}_audit
        BEGIN SELECT RAISE(ABORT, 'audit records are append-only'); END;

      CREATE TABLE ${p}_effects (
        sequence INTEGER PRIMARY KEY AUTOINCREMENT,
        kind TEXT NOT NULL,
        principal TEXT NOT NULL,
        tag TEXT NOT NULL,
        except_session TEXT
      ) STRICT;

      CREATE TABLE ${p}_installation (id INTEGER PRIMARY KEY CHECK (id = 1), key BLOB NOT NULL) STRICT;`,
    ],
  }
}

// Which tables and functions keep the directory in PostgreSQL?

/** Tables of the directory. */
export function directoryTables(prefix: string): string {
  return `
CREATE FUNCTION ${prefix}_administers(_record jsonb) RETURNS boolean LANGUAGE sql IMMUTABLE AS $body$
  SELECT _record @> '{"isSuperUser": true, "isLocked": false, "approvalStatus": "approved"}'
$body$;

CREATE TABLE ${prefix}_users (
  user_id text COLLATE "C" PRIMARY KEY,
  record jsonb NOT NULL,
  username_key text COLLATE "C" NOT NULL GENERATED ALWAYS AS (record ->> 'usernameKey') STORED UNIQUE,
  email_key text COLLATE "C" GENERATED ALWAYS AS (record ->> 'emailKey') STORED,
  administers boolean NOT NULL GENERATED ALWAYS AS (${prefix}_administers(record)) STORED,
  attributes jsonb NOT NULL DEFAULT '{}',
  writes integer NOT NULL DEFAULT 0
);
CREATE INDEX ON ${prefix}_users (email_key, username_key) WHERE email_key IS NOT NULL;
CREATE INDEX ON ${prefix}_users (user_id) WHERE administers;

CREATE TABLE ${prefix}_links (
  place bigint GENERATED ALWAYS AS IDENTITY,
  user_id text COLLATE "C" NOT NULL,
  auth_type text COLLATE "C" NOT NULL,
  auth_id text COLLATE "C" NOT NULL,
  auth_username text NOT NULL,
  is_active boolean NOT NULL,
  creation_time bigint NOT NULL,
  PRIMARY KEY (auth_type, auth_id)
);
CREATE INDEX ON ${prefix}_links (user_id, place);

CREATE TABLE ${prefix}_tokens (
  kind text COLLATE "C" NOT NULL,
  hash text COLLATE "C" NOT NULL,
  user_id text COLLATE "C",
  created_at bigint NOT NULL,
  expires_at bigint NOT NULL,
  data text,
  PRIMARY KEY (kind, hash)
);
CREATE INDEX ON ${prefix}_tokens (user_id, kind) WHERE user_id IS NOT NULL;
CREATE INDEX ON ${prefix}_tokens (expires_at);

CREATE TABLE ${prefix}_audit (
  place bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  cid text COLLATE "C" NOT NULL,
  record text NOT NULL
);
CREATE INDEX ON ${prefix}_audit (cid, place);

CREATE TABLE ${prefix}_effects (
  place bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  effect jsonb NOT NULL
);
`
}

/** Functions that change the directory: one call, one transaction. */
export function directoryFunctions(prefix: string): string {
  return [
    accompany(prefix),
    createUser(prefix),
    changeUser(prefix),
    updateAttributes(prefix),
    links(prefix),
    tokens(prefix),
  ].join('\n')
}

/** Writes what goes with a change: audit records, and effects, applied here or kept. Answers the outcome `done`. */
function accompany(prefix: string): string {
  return `
CREATE FUNCTION ${prefix}_accompany(_write jsonb) RETURNS jsonb LANGUAGE plpgsql AS $body$
DECLARE
  effect jsonb;
  kept bigint;
  pending jsonb := '[]';
BEGIN
  PERFORM ${prefix}_durably();
  INSERT INTO ${prefix}_audit (cid, record)
    SELECT a.value ->> 0, a.value ->> 1 FROM jsonb_array_elements(_write -> 'audit') WITH ORDINALITY a ORDER BY a.ordinality;
  FOR effect IN SELECT value FROM jsonb_array_elements(_write -> 'effects') LOOP
    IF _write ->> 'applyEffects' = 'later' THEN
      INSERT INTO ${prefix}_effects (effect) VALUES (effect) RETURNING place INTO kept;
      pending := pending || jsonb_build_object('id', kept::text, 'effect', effect);
    ELSIF effect ->> 'kind' = 'revoke' THEN
      PERFORM ${prefix}_revoke('u:' || (effect -> 'principal' ->> 'id'), effect ->> 'except');
    ELSE
      PERFORM ${prefix}_bump('u:' || (effect -> 'principal' ->> 'id'));
    END IF;
  END LOOP;
  RETURN jsonb_build_object('outcome', 'done', 'pending', pending);
END $body$;`
}

function createUser(prefix: string): string {
  return `
CREATE FUNCTION ${prefix}_create_user(_id text, _record jsonb, _only text, _write jsonb) RETURNS jsonb LANGUAGE plpgsql AS $body$
BEGIN
  IF _only = 'when-empty' THEN
    PERFORM pg_advisory_xact_lock(hashtextextended('${prefix} users', 0));
    IF EXISTS (SELECT FROM ${prefix}_users) THEN RETURN '{"outcome": "exists"}'; END IF;
  END IF;
  INSERT INTO ${prefix}_users (user_id, record) VALUES (_id, _record) ON CONFLICT DO NOTHING;
  IF NOT FOUND THEN RETURN '{"outcome": "exists"}'; END IF;
  RETURN ${prefix}_accompany(_write);
END $body$;`
}

/**
 * Changes a user, or removes one where the change is null. Guarded changes go one after the other, and hold on to another administrator
 * until they are done, so that two of them never count on each other.
 */
function changeUser(prefix: string): string {
  return `
CREATE FUNCTION ${prefix}_change_user(_id text, _change jsonb, _expect jsonb, _guard text, _write jsonb) RETURNS jsonb LANGUAGE plpgsql AS $body$
DECLARE
  u ${prefix}_users;
BEGIN
  IF _guard = 'last-super-user' THEN PERFORM pg_advisory_xact_lock(hashtextextended('${prefix} users', 0)); END IF;
  SELECT * INTO u FROM ${prefix}_users WHERE user_id = _id FOR UPDATE;
  IF NOT FOUND THEN RETURN '{"outcome": "missing"}'; END IF;
  IF EXISTS (SELECT FROM jsonb_each(_expect) e WHERE u.record -> e.key IS DISTINCT FROM e.value) THEN
    RETURN '{"outcome": "superseded"}';
  END IF;
  IF _guard = 'last-super-user' AND u.administers AND NOT coalesce(${prefix}_administers(u.record || _change), false) THEN
    PERFORM FROM ${prefix}_users WHERE administers AND user_id <> _id LIMIT 1 FOR SHARE;
    IF NOT FOUND THEN RETURN '{"outcome": "last-super-user"}'; END IF;
  END IF;
  IF _change IS NULL THEN
    DELETE FROM ${prefix}_users WHERE user_id = _id;
    DELETE FROM ${prefix}_links WHERE user_id = _id;
    DELETE FROM ${prefix}_tokens WHERE user_id = _id;
    RETURN ${prefix}_accompany(_write);
  END IF;
  BEGIN
    UPDATE ${prefix}_users SET record = record || _change WHERE user_id = _id;
  EXCEPTION WHEN unique_violation THEN
    RETURN '{"outcome": "exists"}';
  END;
  RETURN ${prefix}_accompany(_write);
END $body$;`
}

function updateAttributes(prefix: string): string {
  return `
CREATE FUNCTION ${prefix}_update_attributes(_id text, _changes jsonb, _limits jsonb, _write jsonb) RETURNS jsonb LANGUAGE plpgsql AS $body$
DECLARE
  u ${prefix}_users;
  a record;
BEGIN
  SELECT * INTO u FROM ${prefix}_users WHERE user_id = _id FOR NO KEY UPDATE;
  IF NOT FOUND THEN RETURN '{"outcome": "missing"}'; END IF;
  SELECT * INTO a FROM ${prefix}_apply(u.attributes, 0, u.writes, _changes, _limits, (_write ->> 'now')::bigint);
  IF a.refused IS NOT NULL THEN RETURN a.refused; END IF;
  UPDATE ${prefix}_users SET attributes = a.attributes, writes = a.writes WHERE user_id = _id;
  RETURN ${prefix}_accompany(_write) || jsonb_build_object('added', coalesce(a.added, '[]'));
END $body$;`
}

/** The user is locked first, so that nothing is added to one who is being removed. */
function links(prefix: string): string {
  return `
CREATE FUNCTION ${prefix}_create_link(_id text, _type text, _auth_id text, _username text, _active boolean, _at bigint, _write jsonb)
RETURNS jsonb LANGUAGE plpgsql AS $body$
BEGIN
  PERFORM FROM ${prefix}_users WHERE user_id = _id FOR KEY SHARE;
  IF NOT FOUND THEN RETURN '{"outcome": "missing"}'; END IF;
  INSERT INTO ${prefix}_links (user_id, auth_type, auth_id, auth_username, is_active, creation_time)
    VALUES (_id, _type, _auth_id, _username, _active, _at) ON CONFLICT (auth_type, auth_id) DO NOTHING;
  IF NOT FOUND THEN RETURN '{"outcome": "exists"}'; END IF;
  RETURN ${prefix}_accompany(_write);
END $body$;

CREATE FUNCTION ${prefix}_delete_link(_id text, _type text, _auth_id text, _write jsonb) RETURNS jsonb LANGUAGE plpgsql AS $body$
BEGIN
  DELETE FROM ${prefix}_links WHERE user_id = _id AND auth_type = _type AND auth_id = _auth_id;
  IF NOT FOUND THEN RETURN '{"outcome": "missing"}'; END IF;
  RETURN ${prefix}_accompany(_write);
END $body$;`
}

function tokens(prefix: string): string {
  return `
CREATE FUNCTION ${prefix}_create_token(
  _kind text, _hash text, _id text, _created bigint, _expires bigint, _data text, _siblings text, _write jsonb
) RETURNS jsonb LANGUAGE plpgsql AS $body$
BEGIN
  IF _id IS NOT NULL THEN
    PERFORM FROM ${prefix}_users WHERE user_id = _id FOR KEY SHARE;
    IF NOT FOUND THEN RETURN '{"outcome": "missing"}'; END IF;
  END IF;
  INSERT INTO ${prefix}_tokens VALUES (_kind, _hash, _id, _created, _expires, _data) ON CONFLICT (kind, hash) DO NOTHING;
  IF NOT FOUND THEN RETURN '{"outcome": "exists"}'; END IF;
  IF _siblings = 'cancel' THEN DELETE FROM ${prefix}_tokens WHERE user_id = _id AND kind = _kind AND hash <> _hash; END IF;
  RETURN ${prefix}_accompany(_write);
END $body$;

CREATE FUNCTION ${prefix}_take_token(_kind text, _hash text, _now bigint) RETURNS SETOF ${prefix}_tokens LANGUAGE plpgsql AS $body$
BEGIN
  PERFORM ${prefix}_durably();
  RETURN QUERY DELETE FROM ${prefix}_tokens WHERE kind = _kind AND hash = _hash AND expires_at > _now RETURNING *;
END $body$;`
}

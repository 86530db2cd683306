// Which tables and functions keep sessions in PostgreSQL?
import { HISTORY_LIMIT } from '../../engine/store.ts'
import { attributeFunctions } from './postgres-attribute-schema.ts'

/** How the tables of sessions are laid out; decided when they are made. */
export interface Layout {
  readonly unlogged: boolean
  readonly partitions: number
}

/** The characters that a session id may begin with, in the order of their codes. */
const FIRST_CHARACTERS = '-0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ_abcdefghijklmnopqrstuvwxyz'

/** Room in every page for new versions of its rows, and attention before many old ones pile up. */
const STORAGE = 'WITH (fillfactor = 85, autovacuum_vacuum_scale_factor = 0.05, autovacuum_vacuum_insert_scale_factor = 0.1)'

/** Partitions by the first character of the id, so that a principal's sessions lie together: the shard decides it. */
function partitions(prefix: string, { unlogged, partitions: count }: Layout): string {
  const width = FIRST_CHARACTERS.length / count
  const bound = (index: number) => {
    if (index === 0) return 'MINVALUE'
    return index === count ? 'MAXVALUE' : `'${FIRST_CHARACTERS.charAt(index * width)}'`
  }
  return Array.from(
    { length: count },
    (_, index) =>
      `CREATE ${unlogged ? 'UNLOGGED ' : ''}TABLE ${prefix}_sessions_${index} PARTITION OF ${prefix}_sessions
  FOR VALUES FROM (${bound(index)}) TO (${bound(index + 1)}) ${STORAGE};`,
  ).join('\n')
}

/** Tables of sessions and of the counters that decide which of them are alive. */
export function sessionTables(prefix: string, layout: Layout): string {
  const whole = layout.partitions === 1
  return `
CREATE ${whole && layout.unlogged ? 'UNLOGGED ' : ''}TABLE ${prefix}_sessions (
  created_at bigint NOT NULL,
  expires_at bigint NOT NULL,
  absolute_at bigint NOT NULL,
  renew_at bigint,
  grace_ends_at bigint,
  generation integer NOT NULL,
  generation_of_all integer NOT NULL,
  writes integer NOT NULL,
  sliding boolean NOT NULL,
  id text COLLATE "C" PRIMARY KEY,
  scope text COLLATE "C" NOT NULL,
  secret_hash text NOT NULL,
  previous_hash text,
  successor bytea,
  data_key bytea,
  previous_data_key bytea,
  details text NOT NULL,
  attributes jsonb NOT NULL,
  history jsonb NOT NULL
) ${whole ? STORAGE : 'PARTITION BY RANGE (id)'};
${whole ? '' : partitions(prefix, layout)}
CREATE INDEX ON ${prefix}_sessions (scope, id);
CREATE INDEX ON ${prefix}_sessions (expires_at);

CREATE TABLE ${prefix}_generations (
  scope text COLLATE "C" PRIMARY KEY,
  generation integer NOT NULL,
  version integer NOT NULL,
  sweep_after text COLLATE "C"
) WITH (fillfactor = 85);
CREATE INDEX ON ${prefix}_generations (scope) WHERE sweep_after IS NOT NULL;
`
}

/** Functions that change sessions: one call, one transaction. */
export function sessionFunctions(prefix: string): string {
  return [
    attributeFunctions(prefix),
    durability(prefix),
    counters(prefix),
    update(prefix),
    remove(prefix),
    revoke(prefix),
    sweep(prefix),
  ].join('\n')
}

/** Keeps what this transaction writes through a crash of the server, also where the role or the server does not ask for it. */
function durability(prefix: string): string {
  return `
CREATE FUNCTION ${prefix}_durably() RETURNS void LANGUAGE plpgsql AS $body$
BEGIN
  IF current_setting('synchronous_commit') = 'off' THEN
    PERFORM set_config('synchronous_commit', 'on', true);
  END IF;
END $body$;`
}

/** The counters in force for a scope, as one row. */
function counters(prefix: string): string {
  return `
CREATE FUNCTION ${prefix}_counters(_scope text, OUT generation integer, OUT version integer, OUT generation_of_all integer)
LANGUAGE plpgsql STABLE AS $body$
BEGIN
  SELECT g.generation, g.version INTO generation, version FROM ${prefix}_generations g WHERE g.scope = _scope;
  SELECT g.generation INTO generation_of_all FROM ${prefix}_generations g WHERE g.scope = 'all';
  generation := coalesce(generation, 0);
  version := coalesce(version, 0);
  generation_of_all := coalesce(generation_of_all, 0);
END $body$;`
}

/**
 * Applies a change to a live session. The row is locked first and the counters are read after that, so that nobody's change is
 * lost and a revocation that was answered is seen. A touch that comes too soon, and brings nothing else, writes nothing.
 */
function update(prefix: string): string {
  return `
CREATE FUNCTION ${prefix}_update(_id text, _change jsonb, _now bigint, _lazy boolean) RETURNS jsonb LANGUAGE plpgsql AS $body$
DECLARE
  s ${prefix}_sessions;
  c record;
  a record;
  h jsonb := _change -> 'header';
  e jsonb := _change -> 'expect';
  answer jsonb := '{"outcome": "done"}';
  expires bigint;
BEGIN
  SELECT * INTO s FROM ${prefix}_sessions WHERE id = _id FOR NO KEY UPDATE;
  IF NOT FOUND OR s.scope = 'ended' OR s.expires_at <= _now THEN RETURN '{"outcome": "missing"}'; END IF;
  SELECT * INTO c FROM ${prefix}_counters(s.scope);
  IF s.generation <> c.generation OR s.generation_of_all <> c.generation_of_all THEN RETURN '{"outcome": "missing"}'; END IF;
  IF e IS NOT NULL AND (e ->> 'secretHash' <> s.secret_hash OR (e ->> 'version')::integer <> c.version
    OR e ? 'dataKey' AND s.data_key IS NOT NULL) THEN RETURN '{"outcome": "superseded"}'; END IF;

  IF _change ? 'attributes' THEN
    SELECT * INTO a FROM ${prefix}_apply(s.attributes, s.created_at, s.writes, _change -> 'attributes', _change -> 'limits', _now);
    IF a.refused IS NOT NULL THEN RETURN a.refused; END IF;
    IF a.added IS NOT NULL THEN answer := answer || jsonb_build_object('added', a.added); END IF;
    s.attributes := a.attributes;
    s.writes := a.writes;
  END IF;

  IF h IS NULL THEN
    IF _lazy THEN PERFORM set_config('synchronous_commit', 'off', true); END IF;
    UPDATE ${prefix}_sessions SET attributes = s.attributes, writes = s.writes WHERE id = _id;
    PERFORM ${prefix}_announce('s' || _id);
    RETURN answer;
  END IF;

  expires := coalesce((h ->> 'expiresAt')::bigint, s.expires_at);
  IF expires < s.expires_at + (h ->> 'touchInterval')::bigint THEN expires := s.expires_at; END IF;
  IF NOT _change ? 'attributes' AND expires = s.expires_at AND h - '{expiresAt,touchInterval}'::text[] = '{}' THEN RETURN answer; END IF;

  IF h ? 'secretHash' THEN
    PERFORM ${prefix}_durably();
  ELSIF _lazy THEN
    PERFORM set_config('synchronous_commit', 'off', true);
  END IF;
  UPDATE ${prefix}_sessions SET
    expires_at = expires,
    absolute_at = CASE WHEN h ? 'absoluteAt' THEN (h ->> 'absoluteAt')::bigint ELSE absolute_at END,
    renew_at = CASE WHEN h ? 'renewAt' THEN (h ->> 'renewAt')::bigint ELSE renew_at END,
    grace_ends_at = CASE WHEN h ? 'graceEndsAt' THEN (h ->> 'graceEndsAt')::bigint ELSE grace_ends_at END,
    secret_hash = CASE WHEN h ? 'secretHash' THEN h ->> 'secretHash' ELSE secret_hash END,
    previous_hash = CASE WHEN h ? 'previousHash' THEN h ->> 'previousHash' ELSE previous_hash END,
    successor = CASE WHEN h ? 'successor' THEN decode(h ->> 'successor', 'base64') ELSE successor END,
    data_key = CASE WHEN h ? 'dataKey' THEN decode(h ->> 'dataKey', 'base64') ELSE data_key END,
    previous_data_key = CASE WHEN h ? 'previousDataKey' THEN decode(h ->> 'previousDataKey', 'base64') ELSE previous_data_key END,
    details = CASE WHEN h ? 'details' THEN h ->> 'details' ELSE details END,
    history = CASE
      WHEN NOT h ? 'interaction' THEN history
      WHEN jsonb_array_length(history) >= ${HISTORY_LIMIT} THEN (history - 0) || jsonb_build_array(h -> 'interaction')
      ELSE history || jsonb_build_array(h -> 'interaction') END,
    attributes = s.attributes,
    writes = s.writes
  WHERE id = _id;
  PERFORM ${prefix}_announce('s' || _id);
  RETURN answer;
END $body$;`
}

/** Removes a session or puts a tombstone in its place; answers whether it was live. */
function remove(prefix: string): string {
  return `
CREATE FUNCTION ${prefix}_delete(_id text, _now bigint, _until bigint) RETURNS boolean LANGUAGE plpgsql AS $body$
DECLARE
  s ${prefix}_sessions;
  c record;
  was_live boolean := false;
BEGIN
  PERFORM ${prefix}_durably();
  SELECT * INTO s FROM ${prefix}_sessions WHERE id = _id FOR UPDATE;
  IF FOUND AND s.scope <> 'ended' AND s.expires_at > _now THEN
    SELECT * INTO c FROM ${prefix}_counters(s.scope);
    was_live := s.generation = c.generation AND s.generation_of_all = c.generation_of_all;
  END IF;
  IF _until IS NULL THEN
    DELETE FROM ${prefix}_sessions WHERE id = _id AND scope <> 'ended';
  ELSE
    INSERT INTO ${prefix}_sessions AS t
      (created_at, expires_at, absolute_at, generation, generation_of_all, writes, sliding, id, scope, secret_hash, details, attributes, history)
    VALUES (_now, _until, _until, 0, 0, 0, false, _id, 'ended', '', '', '{}', '[]')
    ON CONFLICT (id) DO UPDATE SET
      expires_at = CASE WHEN t.scope = 'ended' THEN greatest(t.expires_at, excluded.expires_at) ELSE excluded.expires_at END,
      (created_at, absolute_at, renew_at, grace_ends_at, scope, secret_hash, previous_hash, successor, data_key, previous_data_key,
        details, attributes, history) =
      ROW (excluded.created_at, excluded.absolute_at, NULL, NULL, 'ended', '', NULL, NULL, NULL, NULL, '', excluded.attributes,
        excluded.history);
  END IF;
  PERFORM ${prefix}_announce('s' || _id);
  RETURN was_live;
END $body$;`
}

/** Ends every session of a scope. The one to be spared, if it was alive, is stamped with the new generation. */
function revoke(prefix: string): string {
  return `
CREATE FUNCTION ${prefix}_revoke(_scope text, _except text) RETURNS void LANGUAGE plpgsql AS $body$
DECLARE
  raised integer;
BEGIN
  PERFORM ${prefix}_durably();
  INSERT INTO ${prefix}_generations AS g (scope, generation, version, sweep_after) VALUES (_scope, 1, 0, '')
  ON CONFLICT (scope) DO UPDATE SET generation = g.generation + 1, sweep_after = ''
  RETURNING g.generation INTO raised;
  IF _except IS NOT NULL THEN
    UPDATE ${prefix}_sessions SET generation = raised WHERE id = _except AND scope = _scope AND generation = raised - 1;
  END IF;
  PERFORM ${prefix}_announce('c' || _scope);
END $body$;

CREATE FUNCTION ${prefix}_bump(_scope text) RETURNS void LANGUAGE plpgsql AS $body$
BEGIN
  PERFORM ${prefix}_durably();
  INSERT INTO ${prefix}_generations AS g (scope, generation, version) VALUES (_scope, 0, 1)
  ON CONFLICT (scope) DO UPDATE SET version = g.version + 1;
  PERFORM ${prefix}_announce('c' || _scope);
END $body$;`
}

/**
 * Removes what is dead and not locked by anybody, a bounded number of rows: first what has expired, by its index; then, scope by scope and
 * from where the last sweep stopped, what was revoked. A revoked session that happens to be locked then goes when it expires.
 */
function sweep(prefix: string): string {
  return `
CREATE FUNCTION ${prefix}_sweep(_now bigint, _limit integer, _lazy boolean) RETURNS jsonb LANGUAGE plpgsql AS $body$
DECLARE
  gone jsonb := '[]';
  batch jsonb;
  victims text[];
  looked integer := 0;
  p record;
  last text;
  seen integer;
BEGIN
  IF _lazy THEN PERFORM set_config('synchronous_commit', 'off', true); END IF;
  victims := ARRAY(
    SELECT id FROM ${prefix}_sessions WHERE expires_at <= _now ORDER BY expires_at LIMIT _limit FOR UPDATE SKIP LOCKED);
  looked := cardinality(victims);
  gone := ${prefix}_bury(victims);

  WHILE looked < _limit LOOP
    SELECT scope, sweep_after INTO p FROM ${prefix}_generations WHERE sweep_after IS NOT NULL LIMIT 1 FOR NO KEY UPDATE SKIP LOCKED;
    EXIT WHEN NOT FOUND;
    IF p.scope = 'all' THEN
      SELECT max(id), count(*) INTO last, seen FROM (
        SELECT id FROM ${prefix}_sessions WHERE id > p.sweep_after ORDER BY id LIMIT _limit - looked) next;
      victims := ARRAY(SELECT s.id FROM ${prefix}_sessions s WHERE s.id > p.sweep_after AND s.id <= last AND s.scope <> 'ended'
        AND s.generation_of_all < (SELECT g.generation FROM ${prefix}_generations g WHERE g.scope = 'all') FOR UPDATE OF s SKIP LOCKED);
    ELSE
      SELECT max(id), count(*) INTO last, seen FROM (
        SELECT id FROM ${prefix}_sessions WHERE scope = p.scope AND id > p.sweep_after ORDER BY id LIMIT _limit - looked) next;
      victims := ARRAY(SELECT s.id FROM ${prefix}_sessions s WHERE s.scope = p.scope AND s.id > p.sweep_after AND s.id <= last
        AND s.generation < (SELECT g.generation FROM ${prefix}_generations g WHERE g.scope = p.scope) FOR UPDATE OF s SKIP LOCKED);
    END IF;
    gone := gone || ${prefix}_bury(victims);
    UPDATE ${prefix}_generations SET sweep_after = CASE WHEN seen < _limit - looked THEN NULL ELSE last END WHERE scope = p.scope;
    looked := looked + seen + 1;
  END LOOP;
  RETURN jsonb_build_object('gone', gone, 'more', looked >= _limit);
END $body$;

CREATE FUNCTION ${prefix}_bury(_ids text[]) RETURNS jsonb LANGUAGE sql AS $body$
  WITH removed AS (
    DELETE FROM ${prefix}_sessions WHERE id = ANY (_ids) RETURNING id, scope, generation, generation_of_all)
  SELECT coalesce(jsonb_agg(jsonb_build_array(r.id, r.scope,
    r.generation <> coalesce(g.generation, 0) OR r.generation_of_all <> coalesce(a.generation, 0))), '[]')
  FROM removed r
  LEFT JOIN ${prefix}_generations g ON g.scope = r.scope
  LEFT JOIN ${prefix}_generations a ON a.scope = 'all'
$body$;`
}

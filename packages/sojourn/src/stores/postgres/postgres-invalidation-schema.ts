// Which functions tell listening processes what changes?
//
// Notifications are sent within the transaction of the change, so they come with its commit or not at all. While a transaction
// notifies, no other one of the whole database can: so nothing is announced unless somebody has asked for it within the last hour.

/** The name of the channel. */
export function channelName(prefix: string): string {
  return `${prefix}_changes`
}

/**
 * Payloads: `s` and the id of a session; `c` and a scope, whose counters moved; `*`, anything may have; `?` and a text that somebody
 * wants to see again.
 */
export function invalidationFunctions(prefix: string): string {
  return `
CREATE FUNCTION ${prefix}_announce(_what text) RETURNS void LANGUAGE plpgsql AS $body$
DECLARE
  until bigint;
BEGIN
  SELECT value::bigint INTO until FROM ${prefix}_meta WHERE name = 'announce-until';
  IF until > extract(epoch FROM clock_timestamp()) THEN
    PERFORM pg_notify('${channelName(prefix)}', CASE WHEN octet_length(_what) > 7000 THEN '*' ELSE _what END);
  END IF;
END $body$;

CREATE FUNCTION ${prefix}_listening(_echo text) RETURNS void LANGUAGE plpgsql AS $body$
DECLARE
  present bigint := extract(epoch FROM clock_timestamp());
BEGIN
  INSERT INTO ${prefix}_meta AS m VALUES ('announce-until', (present + 3600)::text)
  ON CONFLICT (name) DO UPDATE SET value = excluded.value WHERE m.value::bigint < present + 1800;
  PERFORM pg_notify('${channelName(prefix)}', '?' || _echo);
END $body$;`
}

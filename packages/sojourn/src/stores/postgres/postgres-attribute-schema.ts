// How do functions of the schema change attributes, as `engine/attributes/apply-attributes.ts` does for stores in this process?
//
// The form of a cell is described in `postgres-attributes.ts`. The changes are gone through one by one: set-wise statements take ten times
// as long to begin as a change takes to apply.

/** How many bytes of a limit an attribute takes: its name and its value, which begins after the colon and may be base64. */
function size(name: string, cell: string): string {
  return `octet_length(${name}) + CASE left(${cell}, 1)
    WHEN '=' THEN octet_length(${cell}) - strpos(${cell}, ':')
    ELSE octet_length(rtrim(substr(${cell}, strpos(${cell}, ':') + 1), '=')) * 3 / 4 END`
}

/** The function that applies changes to all attributes of a session or user, or answers why not. */
export function attributeFunctions(prefix: string): string {
  return `
CREATE FUNCTION ${prefix}_apply(
  _attributes jsonb, _base bigint, _writes integer, _changes jsonb, _limits jsonb, _now bigint,
  OUT refused jsonb, OUT added jsonb, OUT attributes jsonb, OUT writes integer
) LANGUAGE plpgsql AS $body$
DECLARE
  instant bigint := _now - _base;
  conflicts jsonb := '[]';
  removed text[] := '{}';
  names text[] := '{}';
  cells text[] := '{}';
  expired text[];
  amount bigint;
  bytes bigint;
  more_amount bigint := 0;
  more_bytes bigint := 0;
  c jsonb;
  name text;
  cell text;
  head text[];
  value text;
  reason text;
  sum bigint;
BEGIN
  SELECT count(*), sum(${size('key', 'each.value')}), 
    array_agg(key) FILTER (WHERE nullif(split_part(left(each.value, 64), '.', 3), '')::bigint <= instant)
  INTO amount, bytes, expired FROM jsonb_each_text(_attributes) each;
  IF expired IS NOT NULL THEN
    _attributes := _attributes - expired;
    SELECT count(*), sum(${size('key', 'each.value')}) INTO amount, bytes FROM jsonb_each_text(_attributes) each;
  END IF;

  FOR c IN SELECT e.value FROM jsonb_array_elements(_changes) e LOOP
    name := c ->> 'name';
    cell := _attributes ->> name;
    reason := NULL;
    sum := NULL;
    IF cell IS NULL THEN
      head := ARRAY['=' || instant, '', '', '0'];
      value := NULL;
    ELSE
      head := string_to_array(left(cell, strpos(cell, ':') - 1), '.');
      value := substr(cell, strpos(cell, ':') + 1);
    END IF;

    IF c ->> 'when' = 'absent' AND cell IS NOT NULL THEN
      reason := 'exists';
    ELSIF c ->> 'when' = 'present' AND cell IS NULL THEN
      reason := 'absent';
    ELSIF (c ->> 'revision')::bigint <> head[4]::bigint THEN
      reason := 'revision';
    ELSIF left(cell, 1) = '#' AND (c ? 'add' OR c ? 'text' AND NOT c ? 'unseal') THEN
      reason := 'sealed';
    ELSIF c ? 'add' THEN
      IF coalesce(value, '0') COLLATE "C" !~ '^(0|-?[1-9][0-9]{0,15})$' OR abs(coalesce(value, '0')::bigint) > ${Number.MAX_SAFE_INTEGER} THEN
        reason := 'not-a-number';
      ELSE
        sum := coalesce(value, '0')::bigint + (c ->> 'add')::bigint;
        IF abs(sum) > ${Number.MAX_SAFE_INTEGER} THEN reason := 'not-a-number'; END IF;
      END IF;
    END IF;
    IF reason IS NOT NULL THEN
      conflicts := conflicts || jsonb_build_object('name', name, 'reason', reason);
      CONTINUE;
    END IF;

    IF cell IS NOT NULL THEN
      more_amount := more_amount - 1;
      more_bytes := more_bytes - (${size('name', 'cell')});
    END IF;
    IF c ? 'remove' OR cell IS NULL AND NOT c ?| '{text,sealed,add}' THEN
      IF cell IS NOT NULL THEN removed := removed || name; END IF;
      CONTINUE;
    END IF;
    IF sum IS NOT NULL THEN
      added := coalesce(added, '[]') || jsonb_build_object('name', name, 'sum', sum);
      value := sum;
    ELSIF c ?| '{text,sealed}' THEN
      value := coalesce(c ->> 'text', c ->> 'sealed');
      head[1] := CASE WHEN c ? 'sealed' THEN '#' ELSE '=' END || substr(head[1], 2);
    END IF;
    IF c ? 'expiresAt' THEN head[3] := coalesce(((c ->> 'expiresAt')::bigint - _base)::text, ''); END IF;
    cell := head[1] || '.' || instant || '.' || head[3] || '.' || _writes + 1 || ':' || value;
    more_amount := more_amount + 1;
    more_bytes := more_bytes + (${size('name', 'cell')});
    names := names || name;
    cells := cells || cell;
  END LOOP;

  IF conflicts <> '[]' THEN
    refused := jsonb_build_object('outcome', 'conflict', 'conflicts', conflicts);
  ELSIF more_amount > 0 AND amount + more_amount > (_limits ->> 'attributes')::bigint THEN
    refused := '{"outcome": "full", "limit": "attributes"}';
  ELSIF more_bytes > 0 AND coalesce(bytes, 0) + more_bytes > (_limits ->> 'bytes')::bigint THEN
    refused := '{"outcome": "full", "limit": "bytes"}';
  END IF;
  attributes := (_attributes - removed) || jsonb_object(names, cells);
  writes := _writes + CASE WHEN names = '{}' AND removed = '{}' THEN 0 ELSE 1 END;
END $body$;`
}

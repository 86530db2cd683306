// Which tables and functions does the store make, and how does it bring them up to date?
//
// One script, run as one transaction under an advisory lock; whoever comes second finds the work done. Each step is run once. A
// later step may add to a table, but a function whose meaning changes gets a new name, so that processes of the version before
// go on while an application is rolled over.
import { directoryFunctions, directoryTables } from './postgres-directory-schema.ts'
import { invalidationFunctions } from './postgres-invalidation-schema.ts'
import { type Layout, sessionFunctions, sessionTables } from './postgres-session-schema.ts'

/** The version of the schema that this library reads and writes. */
export const SCHEMA_VERSION = 1

/** The steps that lead from nothing to {@link SCHEMA_VERSION}, each leading to the next version. */
function steps(prefix: string, layout: Layout): readonly string[] {
  return [
    [
      `CREATE TABLE ${prefix}_meta (name text COLLATE "C" PRIMARY KEY, value text NOT NULL);`,
      `INSERT INTO ${prefix}_meta VALUES ('unlogged', '${layout.unlogged}'), ('partitions', '${layout.partitions}');`,
      invalidationFunctions(prefix),
      sessionTables(prefix, layout),
      sessionFunctions(prefix),
      directoryTables(prefix),
      directoryFunctions(prefix),
    ].join('\n'),
  ]
}

/** The commands that make or complete the schema. A newer schema is left alone. */
export function migration(prefix: string, layout: Layout): string {
  const todo = steps(prefix, layout).map(
    (step, before) => `
    IF have = ${before} THEN
      EXECUTE $step$${step}$step$;
      have := ${before + 1};
      INSERT INTO ${prefix}_meta VALUES ('schema', have::text) ON CONFLICT (name) DO UPDATE SET value = excluded.value;
    END IF;`,
  )
  return `
SELECT pg_advisory_xact_lock(hashtextextended('${prefix} schema', 0));
DO $migration$
DECLARE
  have integer := 0;
BEGIN
  IF to_regclass('${prefix}_meta') IS NOT NULL THEN
    SELECT value::integer INTO have FROM ${prefix}_meta WHERE name = 'schema';
  END IF;
  ${todo.join('\n')}
END
$migration$;`
}

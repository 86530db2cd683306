// Who takes part?
import { BARE_SERVERS } from './bare.ts'
import { type Contestant, FRAMEWORKS, type Serve } from './contestant.ts'
import { PEERS } from './peers.ts'
import { sojournServer } from './sojourn.ts'

/** Everybody, the bare frameworks first. */
export const CONTESTANTS: readonly (Contestant & { readonly serve: Serve })[] = [
  ...FRAMEWORKS.map((framework) => ({ name: `bare ${framework}`, framework, serve: BARE_SERVERS[framework] })),
  ...(['memory', 'SQLite'] as const).flatMap((kept) =>
    FRAMEWORKS.map((framework) => ({
      name: `Sojourn, ${kept}, on ${framework}`,
      framework,
      serve: sojournServer(framework, kept),
    })),
  ),
  ...Object.entries(PEERS).map(([name, peer]) => ({ name, ...peer })),
]

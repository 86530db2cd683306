// Who takes part?
import { BARE_SERVERS } from './bare.ts'
import { type Contestant, FRAMEWORKS, type Serve } from './contestant.ts'
import { PEERS } from './peers.ts'
import { REDIS_PEERS } from './redis-peers.ts'
import { type Kept, sojournServer } from './sojourn.ts'

/** A contestant and how it begins to serve. */
export type Entrant = Contestant & { readonly serve: Serve }

const BARE = FRAMEWORKS.map((framework): Entrant => ({ name: `bare ${framework}`, framework, serve: BARE_SERVERS[framework] }))

const sojournIn = (kept: Kept) =>
  FRAMEWORKS.map(
    (framework): Entrant => ({
      name: `Sojourn, ${kept}, on ${framework}`,
      framework,
      serve: sojournServer(framework, kept),
    }),
  )

const named = (peers: Readonly<Record<string, Omit<Entrant, 'name'>>>) =>
  Object.entries(peers).map(([name, peer]): Entrant => ({ name, ...peer }))

/** Those that need no server, the bare frameworks first. */
export const EMBEDDED: readonly Entrant[] = [...BARE, ...sojournIn('memory'), ...sojournIn('SQLite'), ...named(PEERS)]

/** Those that keep sessions in Redis, and iron-session, which keeps them nowhere. */
export const ON_REDIS: readonly Entrant[] = [
  ...BARE,
  ...sojournIn('Redis'),
  ...sojournIn('cached Redis'),
  ...named(REDIS_PEERS),
  ...named({ 'iron-session': PEERS['iron-session'] }),
]

/** Everybody, by name. */
export const ENTRANTS: ReadonlyMap<string, Entrant> = new Map([...EMBEDDED, ...ON_REDIS].map((each) => [each.name, each]))

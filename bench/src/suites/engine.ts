// What does the engine itself cost, with the store in memory? Target 3.
import { createSojourn } from 'sojourn'
import { memoryStore } from 'sojourn/memory'
import { compare } from '../measure.ts'
import { betterAuthGetSession, ironUnseal } from '../peers.ts'
import type { SuiteResult } from '../report.ts'

const TEN = Object.fromEntries(
  Array.from({ length: 10 }, (_, i) => [`attribute-${i}`, `value ${i} of a session that is not small`]),
)

export async function run(): Promise<SuiteResult> {
  await using sso = await createSojourn({ store: memoryStore(), sweepInterval: 0 })
  const { token } = await sso.sessions.start({ principal: 'zusr1', sliding: true, attributes: TEN })
  const costs = await compare([
    {
      name: 'Sojourn, token checked and one attribute read',
      run: async () => {
        const resumed = await sso.sessions.resume(token, { preload: ['attribute-3'] })
        return (await resumed?.session.attr.get('attribute-3'))?.value
      },
    },
    await betterAuthGetSession(),
    await ironUnseal(TEN),
  ])
  const [ours, better, iron] = costs.map((cost) => cost.microseconds) as [number, number, number]
  return {
    suite: 'engine',
    tables: [{ title: 'Validate a token and read one of ten attributes', costs }],
    verdicts: [
      { target: 'at most 5 us', measured: `${ours.toFixed(2)} us`, met: ours <= 5 },
      {
        target: 'at least 20 times as fast as better-auth getSession',
        measured: `${(better / ours).toFixed(1)} times`,
        met: better / ours >= 20,
      },
      {
        target: 'at least 10 times as fast as an iron-session unseal',
        measured: `${(iron / ours).toFixed(1)} times`,
        met: iron / ours >= 10,
      },
    ],
  }
}

// How does a store come to hold a great many sessions?
import type { Sojourn } from 'sojourn'

/** Users have this many sessions each; every tenth session is a guest's. */
const SESSIONS_A_USER = 10

/** The user id of the n-th user. */
export const userId = (n: number): string => `zusr${n.toString(36).padStart(8, '0')}`

/** Starts sessions until there are `to` of them, `from` being there already; tells every 100,000 on stderr. Answers one token of a user. */
export async function populate(sso: Sojourn, from: number, to: number): Promise<string> {
  let token = ''
  for (let i = from; i < to; i += 1000) {
    const started = await Promise.all(
      Array.from({ length: Math.min(1000, to - i) }, (_, offset) => {
        const n = i + offset
        const principal = n % 10 === 9 ? null : userId(Math.floor(n / SESSIONS_A_USER))
        return sso.sessions.start({ principal, attributes: { cart: ['tea', 'milk'], language: 'en' } })
      }),
    )
    token = started[0]?.token ?? token
    if ((i + 1000) % 100_000 === 0) process.stderr.write(`  ${(i + 1000).toLocaleString('en')} sessions\n`)
  }
  return token
}

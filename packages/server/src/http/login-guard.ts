// How often may somebody fail to log in, to an account and from a network?
import { createHmac, randomBytes } from 'node:crypto'
import { networkOf } from './client-address.ts'
import { createThrottle } from './throttle.ts'

/** Counts failed logins by account and by network. */
export interface LoginGuard {
  /**
   * Runs one login.
   *
   * @throws {SojournError} `ERR_RATE_LIMITED` with `retryAfter`
   */
  attempt<T>(username: string, remoteAddr: string, login: () => Promise<T>): Promise<T>
}

/** How many failures are allowed. */
export interface LoginGuardOptions {
  /** Failed logins of one account in a window. */
  readonly perAccount: number
  /** Failed logins from one network in a window. */
  readonly perNetwork: number
  /** Unit: seconds. */
  readonly window: number
  readonly clock: () => number
}

/** The most pairs of account and network that are remembered. */
const MOST_KNOWN = 100_000

/**
 * Makes a guard. An account has one allowance for all networks it never logged in from, and one for each network it did, so that strangers
 * can use up only their own: whoever logged in from a network before is not locked out by them.
 *
 * Accounts are kept as keyed hashes: neither memory nor a dump of it lists who tried to log in.
 */
export function createLoginGuard({ perAccount, perNetwork, window, clock }: LoginGuardOptions): LoginGuard {
  const accounts = createThrottle({ limit: perAccount, window, clock })
  const networks = createThrottle({ limit: perNetwork, window, clock })
  const known = new Set<string>()
  const pepper = randomBytes(32)
  const hashOf = (text: string) => createHmac('sha256', pepper).update(text).digest('base64url')

  const remember = (place: string) => {
    known.delete(place)
    known.add(place)
    const [oldest] = known
    if (known.size > MOST_KNOWN && oldest !== undefined) known.delete(oldest)
  }

  return {
    async attempt(username, remoteAddr, login) {
      const account = foldedName(username)
      const network = networkOf(remoteAddr)
      const place = hashOf(`${account}\n${network}`)
      const key = known.has(place) ? place : hashOf(account)
      const result = await networks.attempt(network, () => accounts.attempt(key, login))
      remember(place)
      return result
    },
  }
}

/** One spelling for all that may name the same account, whatever their case and form; case folding settles after two passes. */
function foldedName(username: string): string {
  const fold = (text: string) => text.normalize('NFKC').toUpperCase().toLowerCase()
  return fold(fold(fold(username)))
}

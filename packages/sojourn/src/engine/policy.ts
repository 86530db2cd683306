// How long do sessions live, how many may a user have, and which settings are in force?
import { refuseUnknown } from './check.ts'
import { SojournError } from './error.ts'
import type { Seconds } from './time.ts'

/** How long sessions live, in seconds, and how many a user may have. */
export interface Policy {
  /**
   * How long a session that does not slide lives from its start or its last renewal.
   *
   * Unit: seconds. Default: `3600` (1 hour). At most {@link Policy.absoluteTimeout}.
   */
  readonly expiry: Seconds
  /**
   * How long a sliding session may go without a request before it ends.
   *
   * Unit: seconds. Default: `3600` (1 hour). At most {@link Policy.absoluteTimeout}. The deadline is pushed at most once per
   * {@link Policy.touchInterval}, so a session can end up to that much early.
   *
   * @see OWASP Session Management Cheat Sheet, "Idle Timeout"
   */
  readonly idleTimeout: Seconds
  /**
   * How long a session lives at most, however much it is used.
   *
   * Unit: seconds. Default: `86400` (1 day).
   *
   * @see OWASP Session Management Cheat Sheet, "Absolute Timeout"
   */
  readonly absoluteTimeout: Seconds
  /**
   * The least time between two pushes of the idle deadline.
   *
   * Unit: seconds. Default: `300` (5 minutes). Never above a tenth of {@link Policy.idleTimeout}: more is taken as that tenth.
   */
  readonly touchInterval: Seconds
  /**
   * How long a token's secret is used before it is replaced by a new one; `null` for as long as the session.
   *
   * Unit: seconds. Default: `null` (off). For clients that take a new token: the web face sets its cookie, `resume` answers it. Calls of the
   * SSO face answer no token but at login, so they never replace one.
   *
   * @see OWASP Session Management Cheat Sheet, "Renewal Timeout"
   */
  readonly renewalTimeout: Seconds | null
  /**
   * How long a replaced secret is still answered once the new one was presented.
   *
   * Unit: seconds. Default: `30`.
   */
  readonly renewalGrace: Seconds
  /**
   * How many sessions a user has at most; one more ends the oldest (`session.ended`, reason `displaced`). `null` for any number.
   *
   * Default: `null` (off). Counted when a session starts, which then costs a list of the user's sessions. Guests are not counted.
   *
   * @see OWASP ASVS 5.0, 7.1.2
   */
  readonly sessionsPerUser: number | null
}

/** The settings of a {@link Policy} that differ from the defaults. */
export type PolicyOptions = { readonly [Setting in keyof Policy]?: Policy[Setting] | undefined }

const DEFAULTS: Policy = {
  expiry: 3600,
  idleTimeout: 3600,
  absoluteTimeout: 86_400,
  touchInterval: 300,
  renewalTimeout: null,
  renewalGrace: 30,
  sessionsPerUser: null,
}

/** More sessions of one user are not counted at each login. */
const MOST_SESSIONS = 1000

/** Longer durations are taken for mistakes. Unit: seconds (100 years). */
const MOST_SECONDS = 3_155_760_000

/**
 * The policy in force: defaults where nothing is given, never longer than the absolute timeout.
 *
 * @throws {SojournError} `ERR_POLICY_INVALID`
 */
export function createPolicy(options: PolicyOptions = {}): Policy {
  try {
    refuseUnknown('policy', options, Object.keys(DEFAULTS))
  } catch (cause) {
    throw invalid(cause instanceof SojournError ? cause.message : 'The policy is not an object of settings.')
  }
  const absoluteTimeout = duration('absoluteTimeout', options.absoluteTimeout, DEFAULTS.absoluteTimeout)
  const within = (setting: 'expiry' | 'idleTimeout') => {
    const value = duration(setting, options[setting], Math.min(DEFAULTS[setting], absoluteTimeout))
    if (value > absoluteTimeout) throw invalid(`\`policy.${setting}\` must not be longer than \`policy.absoluteTimeout\`.`)
    return value
  }
  const idleTimeout = within('idleTimeout')
  const touchInterval = Math.min(duration('touchInterval', options.touchInterval, DEFAULTS.touchInterval, 0), idleTimeout / 10)
  const renewal = options.renewalTimeout ?? null
  return Object.freeze({
    expiry: within('expiry'),
    idleTimeout,
    absoluteTimeout,
    touchInterval,
    renewalTimeout: renewal === null ? null : duration('renewalTimeout', renewal, 0),
    renewalGrace: duration('renewalGrace', options.renewalGrace, DEFAULTS.renewalGrace, 0),
    sessionsPerUser: sessionLimit(options.sessionsPerUser ?? null),
  })
}

function sessionLimit(value: unknown): number | null {
  if (value === null || (typeof value === 'number' && Number.isInteger(value) && value >= 1 && value <= MOST_SESSIONS))
    return value
  throw invalid(`\`policy.sessionsPerUser\` must be a whole number from 1 to ${MOST_SESSIONS}, or null for any number.`)
}

function duration(setting: Exclude<keyof Policy, 'sessionsPerUser'>, value: unknown, fallback: Seconds, least?: 0): Seconds {
  // Not for `null`, by which the settings that can be off are: a day would be what somebody gets who wrote that a session never ends.
  const seconds = value === undefined ? fallback : value
  const fits = typeof seconds === 'number' && seconds <= MOST_SECONDS && (least === undefined ? seconds > 0 : seconds >= least)
  if (fits) return seconds
  throw invalid(`\`policy.${setting}\` must be a ${least === undefined ? 'positive ' : ''}number of seconds, at most 100 years.`)
}

function invalid(message: string): SojournError {
  return new SojournError('ERR_POLICY_INVALID', message)
}

/** The presets of NIST SP 800-63B-4, and how to read a policy. */
export const policy = Object.freeze({
  /** Reauthentication at least every 30 days (AAL1). */
  aal1: Object.freeze({ absoluteTimeout: 2_592_000, idleTimeout: 2_592_000, expiry: 2_592_000 }),
  /** At least every 24 hours, and after 1 hour of inactivity (AAL2). */
  aal2: Object.freeze({ absoluteTimeout: 86_400, idleTimeout: 3600, expiry: 3600 }),
  /** At least every 12 hours, and after 15 minutes of inactivity (AAL3). */
  aal3: Object.freeze({ absoluteTimeout: 43_200, idleTimeout: 900, expiry: 900 }),
  /** What is in force under these settings, a line each. */
  describe(options: PolicyOptions = {}): string {
    const inForce = createPolicy(options)
    return [
      `expiry: ${inForce.expiry} s after login or renewal (sessions that do not slide)`,
      `idleTimeout: ${inForce.idleTimeout} s without a request (sliding sessions)`,
      `absoluteTimeout: ${inForce.absoluteTimeout} s, whatever happens`,
      `touchInterval: ${inForce.touchInterval} s at least between two pushes of the idle deadline`,
      inForce.renewalTimeout === null
        ? 'renewalTimeout: off, a secret lives as long as its session'
        : `renewalTimeout: ${inForce.renewalTimeout} s, then a new secret; the old one is answered for ${inForce.renewalGrace} s more (renewalGrace)`,
      inForce.sessionsPerUser === null
        ? 'sessionsPerUser: off, a user has any number of sessions'
        : `sessionsPerUser: ${inForce.sessionsPerUser}; one more ends the oldest`,
    ].join('\n')
  },
})

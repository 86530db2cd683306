// How is a password kept, and how is one checked?
import crypto, { type Argon2Parameters } from 'node:crypto'
import { availableParallelism } from 'node:os'
import { refuseUnknown, requirePositive } from '../../engine/check.ts'
import { invalidOption, SojournError } from '../../engine/error.ts'
import { randomBytes } from '../../engine/random.ts'
import type { Seconds } from '../../engine/time.ts'
import { sameSecret } from '../../engine/token.ts'
import { limited } from './limited.ts'
import { normalPassword } from './password-policy.ts'

/** The cost of argon2id. */
export interface PasswordHashingOptions {
  /** Memory of one hash. Unit: KiB. Default: `19456` (19 MiB). At least `7168` (7 MiB). */
  readonly memory?: number | undefined
  /** How often the memory is gone through. Default: `2`. `memory` times `passes` is at least `35840`. */
  readonly passes?: number | undefined
  /** How long a password waits for its turn before the call is `ERR_RATE_LIMITED`. Unit: seconds. Default: `5`. */
  readonly waitTimeout?: Seconds | undefined
}

/** Hashes passwords and checks them. */
export interface PasswordHasher {
  /** A hash that says itself how it was made (PHC string). */
  hash(password: string): Promise<string>
  /** Whether the password is that of the hash. `undefined` stands for no user: the same work, and `false`. */
  verify(password: string, encoded: string | undefined): Promise<boolean>
  /** Whether the hash was made at a lower cost than now. */
  isOutdated(encoded: string): boolean
}

interface Cost {
  readonly memory: number
  readonly passes: number
  readonly parallelism: number
}

const SALT_BYTES = 16
const TAG_BYTES = 32

/** The weakest of the settings that OWASP calls equivalent: 7 MiB gone through five times. */
const LEAST_MEMORY = 7168
const LEAST_WORK = 35_840
const MOST_MEMORY = 4_194_304
const MOST_PASSES = 1000

/** More passwords than this do not wait: whoever comes then is answered at once that it is too much. */
const MOST_WAITING = 256

/** Threads that Node has for such work unless told otherwise; more jobs would only keep files and names waiting. */
const POOL_THREADS = 4

/** Not imported by its name: other runtimes than Node may have none, and who brings a hasher, or has no passwords, needs none. */
function derive(parameters: Argon2Parameters): Promise<Buffer> {
  const argon2: typeof crypto.argon2 | undefined = crypto.argon2
  if (argon2 === undefined) throw invalidOption('passwordHashing', 'must be a hasher of your own: this runtime has no argon2id')
  return new Promise((resolve, reject) =>
    argon2('argon2id', parameters, (error, bytes) => {
      if (error === null) resolve(bytes)
      else reject(error)
    }),
  )
}

interface Encoded extends Cost {
  readonly salt: Buffer
  readonly tag: string
}

function encode({ memory, passes, parallelism, salt, tag }: Encoded): string {
  const plain = (base64: string) => base64.replace(/=+$/, '')
  return `$argon2id$v=19$m=${memory},t=${passes},p=${parallelism}$${plain(salt.toString('base64'))}$${tag}`
}

/** Reads a PHC string. Costs beyond all reason are refused, so that a damaged record cannot take the process down. */
function decode(encoded: string): Encoded {
  const [, m, t, p, salt, tag] =
    /^\$argon2id\$v=19\$m=(\d{1,7}),t=(\d{1,4}),p=(\d{1,2})\$([A-Za-z0-9+/]{11,86})\$([A-Za-z0-9+/]{43})$/.exec(encoded) ?? []
  const cost = { memory: Number(m), passes: Number(t), parallelism: Number(p) }
  if (salt === undefined || tag === undefined || cost.memory > MOST_MEMORY || cost.passes > MOST_PASSES) {
    throw new SojournError('ERR_STORE_CORRUPT', 'A stored password hash cannot be read.')
  }
  return { ...cost, salt: Buffer.from(salt, 'base64'), tag }
}

function readCost(options: PasswordHashingOptions): Cost {
  refuseUnknown('passwordHashing', options, ['memory', 'passes', 'waitTimeout'])
  const { memory = 19_456, passes = 2 } = options
  const whole = (value: unknown, most: number) => Number.isInteger(value) && Number(value) >= 1 && Number(value) <= most
  if (!whole(memory, MOST_MEMORY) || !whole(passes, MOST_PASSES) || memory < LEAST_MEMORY || memory * passes < LEAST_WORK) {
    throw new SojournError(
      'ERR_POLICY_INVALID',
      `\`passwordHashing\` must have a whole \`memory\` (KiB) of at least ${LEAST_MEMORY} and, times \`passes\`, of at least ${LEAST_WORK}.`,
    )
  }
  return { memory, passes, parallelism: 1 }
}

/**
 * Hashes passwords by argon2id, at most as many at once as there are cores.
 *
 * @throws {SojournError} `ERR_OPTION_INVALID`, `ERR_POLICY_INVALID` for a cost below the least; from the hasher `ERR_RATE_LIMITED` when
 * too many passwords wait, `ERR_STORE_CORRUPT` for a hash that cannot be read, `ERR_OPTION_INVALID` in a runtime without argon2id.
 * @see RFC 9106; OWASP Password Storage Cheat Sheet, "Argon2id"
 */
export function argon2Hasher(options: PasswordHashingOptions): PasswordHasher {
  const cost = readCost(options)
  const waitTimeout = requirePositive('passwordHashing.waitTimeout', options.waitTimeout ?? 5)
  const run = limited({ parallel: Math.min(availableParallelism(), POOL_THREADS), waiting: MOST_WAITING, waitTimeout })
  const nobody: Encoded = { ...cost, salt: randomBytes(SALT_BYTES), tag: '' }

  async function tagOf(password: string, { memory, passes, parallelism, salt }: Omit<Encoded, 'tag'>): Promise<string> {
    const parameters = { message: normalPassword(password), nonce: salt, memory, passes, parallelism, tagLength: TAG_BYTES }
    const bytes = await run(() => derive(parameters))
    return bytes.toString('base64').replace(/=+$/, '')
  }

  return {
    async hash(password) {
      const salt = randomBytes(SALT_BYTES)
      return encode({ ...cost, salt, tag: await tagOf(password, { ...cost, salt }) })
    },
    async verify(password, encoded) {
      const kept = encoded === undefined ? nobody : decode(encoded)
      return sameSecret(await tagOf(password, kept), kept.tag)
    },
    isOutdated(encoded) {
      const kept = decode(encoded)
      return kept.memory < cost.memory || kept.passes < cost.passes
    },
  }
}

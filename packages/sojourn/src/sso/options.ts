// With what is Sojourn opened?

import type { AttributeSchema } from '../engine/attributes/schema.ts'
import type { EngineOptions } from '../engine/options.ts'
import type { Store } from './directory.ts'
import type { PasswordHasher, PasswordHashingOptions } from './passwords/password-hash.ts'
import type { SettingsOptions } from './settings.ts'
import type { LoadUser } from './users/load-user.ts'

/** With what Sojourn is opened. */
export interface SojournOptions<S extends AttributeSchema = AttributeSchema, U extends AttributeSchema = AttributeSchema>
  extends Pick<
      EngineOptions<S>,
      'keys' | 'sealing' | 'policy' | 'attributes' | 'storeTimeout' | 'sweepInterval' | 'clock' | 'onEvent'
    >,
    SettingsOptions {
  /** Where sessions and users are kept: what a store function answers, or two halves of different ones. */
  readonly store: Store
  /** The declared user attributes. */
  readonly userAttributes?: U | undefined
  /** Your own user records, for sessions of users whom the directory does not know. */
  readonly loadUser?: LoadUser | undefined
  /** How passwords are hashed: stronger parameters of argon2id, or a hasher of your own. Default: 19 MiB, 2 passes. */
  readonly passwordHashing?: PasswordHashingOptions | PasswordHasher | undefined
  /** Rates a password from 0 (worst) to 4, such as zxcvbn does. Needed for `password.minComplexity` above 0. */
  readonly passwordStrength?: ((password: string) => number) | undefined
}

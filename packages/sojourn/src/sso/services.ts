// What do the parts of the SSO face stand on?

import type { AttributeSchema } from '../engine/attributes/schema.ts'
import type { EngineCore } from '../engine/core.ts'
import type { Sessions } from '../engine/session/session.ts'
import type { AuditTrail } from './audit/audit-trail.ts'
import type { Directory } from './directory.ts'
import type { PasswordHasher } from './passwords/password-hash.ts'
import type { Settings } from './read-settings.ts'
import type { Accounts } from './users/account.ts'
import type { EmailVault } from './users/email.ts'
import type { UserWrites } from './users/user-writes.ts'

/** What was opened once and is shared by all calls. */
export interface Services {
  readonly core: EngineCore
  readonly sessions: Pick<Sessions, 'list' | 'end' | 'revoke'>
  /** Behind its deadline. */
  readonly directory: Directory
  readonly settings: Settings
  readonly accounts: Accounts
  readonly hasher: PasswordHasher
  readonly emails: EmailVault
  readonly writes: UserWrites
  readonly trail: AuditTrail
}

/** The declared attributes, by whose they are. */
export interface Schemas<S extends AttributeSchema, U extends AttributeSchema> {
  readonly session: S | undefined
  readonly user: U | undefined
}

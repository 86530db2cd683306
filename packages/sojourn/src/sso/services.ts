// What do the parts of the SSO face stand on?
import type { EngineCore } from '../engine/core.ts'
import type { AttributeSchema } from '../engine/schema.ts'
import type { Sessions } from '../engine/session.ts'
import type { Accounts } from './account.ts'
import type { AuditTrail } from './audit-trail.ts'
import type { Directory } from './directory.ts'
import type { EmailVault } from './email.ts'
import type { PasswordHasher } from './password-hash.ts'
import type { Settings } from './read-settings.ts'
import type { UserWrites } from './user-writes.ts'

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

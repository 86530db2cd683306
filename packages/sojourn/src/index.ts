// What does `sojourn` export?
export type {
  Attribute,
  AttributeItem,
  AttributeOptions,
  Attributes,
  ExpiryItem,
  ReadOptions,
} from './engine/attributes.ts'
export {
  ERRORS,
  type ErrorCode,
  type ErrorFacts,
  type FieldError,
  isSojournError,
  type Problem,
  SojournError,
} from './engine/error.ts'
export type { EndReason, EngineEvent, EventFacts, EventType, RefusalReason } from './engine/events.ts'
export { fromWire } from './engine/from-wire.ts'
export { type Policy, type PolicyOptions, policy } from './engine/policy.ts'
export {
  type AttributeDefaults,
  type AttributeDefinition,
  type AttributeSchema,
  attribute,
  type StandardResult,
  type StandardSchema,
  type ValueOf,
} from './engine/schema.ts'
export type { ResumeOptions, RevokeScope, Session, SessionInfo, Sessions, StartOptions } from './engine/session.ts'
export type {
  AttributeChange,
  AttributeConflict,
  AttributeLimits,
  Counters,
  Cursor,
  EndedSession,
  Interaction,
  ListedSession,
  NewSession,
  Outcome,
  Page,
  Principal,
  RevocationScope,
  SessionChange,
  SessionDetails,
  SessionHeader,
  SessionId,
  SessionState,
  SessionStore,
  StoredAttribute,
  StoredSession,
} from './engine/store.ts'
export type { Clock, Millis, Seconds } from './engine/time.ts'
export { toWire } from './engine/to-wire.ts'
export type { Json } from './engine/wire-walk.ts'
export type { CallContext } from './sso/context.ts'
export { createSojourn } from './sso/create-sojourn.ts'
export type {
  ApprovalStatus,
  AuditQuery,
  AuditRecord,
  Directory,
  DirectoryWrite,
  Effect,
  LinkedAccount,
  OneTimeToken,
  PendingEffect,
  SignUpStatus,
  Store,
  StoredUser,
  UserChange,
  UserLookup,
  UserOutcome,
  UserWriteOptions,
} from './sso/directory.ts'
export type { Sojourn, SsoFace } from './sso/face.ts'
export type { LoadedUser } from './sso/load-user.ts'
export type { SojournOptions } from './sso/options.ts'
export type { PasswordHasher, PasswordHashingOptions } from './sso/password-hash.ts'
export type {
  SessionApi,
  SessionList,
  SessionListCall,
  SessionListEntry,
  SessionStateChange,
  SessionTarget,
} from './sso/session-api.ts'
export type { CurrentSession, SessionDict, SessionEntity } from './sso/session-entity.ts'
export type {
  AddressListOptions,
  AppsOptions,
  ExpiryHookInput,
  LoginOptions,
  MainOptions,
  PasswordOptions,
  SessionOptions,
  SettingsOptions,
  SignupOptions,
} from './sso/settings.ts'
export type {
  ChangePasswordCall,
  ChangePasswordData,
  CreateUserCall,
  LoginCall,
  LoginResult,
  NewUserData,
  SetPasswordCall,
  StateCall,
  UserApi,
  UserIdCall,
} from './sso/user-api.ts'
export type { AdminUserFields, UserEntity, UserFields } from './sso/user-entity.ts'
export { disclosed, isValidationError, ValidationError, type ValidationFacts } from './sso/validation-error.ts'

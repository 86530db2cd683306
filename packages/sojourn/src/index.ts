// What does `sojourn` export?
export type {
  Attribute,
  AttributeItem,
  AttributeOptions,
  Attributes,
  ExpiryItem,
  ReadOptions,
} from './engine/attributes/attributes.ts'
export {
  type AttributeDefaults,
  type AttributeDefinition,
  type AttributeSchema,
  attribute,
  type StandardResult,
  type StandardSchema,
  type ValueOf,
} from './engine/attributes/schema.ts'
export { fromWire } from './engine/codec/from-wire.ts'
export { toWire } from './engine/codec/to-wire.ts'
export type { Json } from './engine/codec/wire-walk.ts'
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
export { type Policy, type PolicyOptions, policy } from './engine/policy.ts'
export type { Assurance } from './engine/session/assurance.ts'
export type { ResumeOptions, RevokeScope, Session, SessionInfo, Sessions, StartOptions } from './engine/session/session.ts'
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
export type { CallContext } from './sso/access/context.ts'
export { disclosed, isValidationError, ValidationError, type ValidationFacts } from './sso/access/validation-error.ts'
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
export type { SojournOptions } from './sso/options.ts'
export type { PasswordHasher, PasswordHashingOptions } from './sso/passwords/password-hash.ts'
export { readSettings } from './sso/read-settings.ts'
export type {
  SessionApi,
  SessionList,
  SessionListCall,
  SessionListEntry,
  SessionStateChange,
  SessionTarget,
} from './sso/sessions/session-api.ts'
export type { CurrentSession, SessionDict, SessionEntity } from './sso/sessions/session-entity.ts'
export type { SessionFacts } from './sso/sessions/session-facts.ts'
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
export type { LoadedUser } from './sso/users/load-user.ts'
export type {
  ChangePasswordCall,
  ChangePasswordData,
  CreateUserCall,
  LoginCall,
  LoginResult,
  LoginThrottle,
  NewUserData,
  SetPasswordCall,
  StateCall,
  UserApi,
  UserIdCall,
} from './sso/users/user-api.ts'
export type { AdminUserFields, UserEntity, UserFields } from './sso/users/user-entity.ts'

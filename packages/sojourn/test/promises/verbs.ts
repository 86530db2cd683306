// Which verbs are there, and what does each of them take?
import type { Attributes } from 'sojourn'

/** Verbs of `sso.user` and `sso.user.session`, and the fields that each has beside the context. */
export const CALLS: Readonly<Record<string, readonly string[]>> = {
  'user.createUser': ['data', 'requireSuperUser', 'autoApprove', 'onlyWhenEmpty'],
  'user.createSuperUser': ['data', 'requireSuperUser', 'autoApprove', 'onlyWhenEmpty'],
  'user.getCurrentUser': ['returnAllAttrs'],
  'user.getUserById': ['userId', 'returnAllAttrs'],
  'user.getUserByUsername': ['username', 'needsApproved'],
  'user.lockUser': ['userId', 'requireSuperUser', 'currentUser'],
  'user.unlockUser': ['userId', 'requireSuperUser', 'currentUser'],
  'user.approveUser': ['userId', 'requireSuperUser', 'currentUser'],
  'user.rejectUser': ['userId', 'requireSuperUser', 'currentUser'],
  'user.deleteUserById': ['userId', 'skipSec'],
  'user.deleteUserByUsername': ['username', 'skipSec'],
  'user.changePassword': ['data', 'keepCurrent'],
  'user.setPassword': ['userId', 'password', 'mustChange', 'passwordExpiry'],
  'user.validatePassword': ['password'],
  'user.login': ['username', 'password', 'newPassword', 'totpCode', 'hasRemoteAddr', 'hasUserAgent', 'skipSec'],
  'user.logout': ['skipSec'],
  'user.session.get': ['targetUst', 'id', 'checkIfPasswordExpired'],
  'user.session.getList': ['targetUst', 'userId', 'after', 'limit'],
  'user.session.verify': ['targetUst'],
  'user.session.renew': [],
  'user.session.getCurrentSession': ['needsSuperUser'],
  'user.session.requireLogin': ['within', 'methods'],
  'user.session.requireSuperUser': [],
  'user.session.end': ['id'],
  'user.session.endAll': ['userId', 'keepCurrent'],
}

/** Fields that every one of them has, and one that none has. */
export const CONTEXT = ['cid', 'currentUst', 'currentApp', 'remoteAddr', 'userAgent', 'unknownField']

/** Fields of `data`. */
export const DATA = [
  'username',
  'password',
  'passwordMustChange',
  'email',
  'displayName',
  'firstName',
  'isLocked',
  'signUpStatus',
  'appList',
  'isTotpEnabled',
  'oldPassword',
  'newPassword',
  'userId',
  'passwordExpiry',
  'mustChange',
]

/** Verbs on attributes. */
export const ATTRIBUTE_VERBS: readonly (keyof Attributes)[] = [
  'create',
  'createMany',
  'set',
  'setMany',
  'update',
  'updateMany',
  'increment',
  'get',
  'getMany',
  'exists',
  'existsMany',
  'names',
  'delete',
  'deleteMany',
  'setExpiry',
  'setExpiryMany',
  'toDict',
]

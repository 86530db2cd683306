// Which calls are tried one by one, and what is the record of each to say?
import { SojournError } from '../../../src/index.ts'
import { type Opened, OTHER_PASSWORD, PASSWORD } from './open.ts'

/** A call and what its record says: where nothing else is said, `ok` and nobody. */
interface AuditedCall {
  readonly name: string
  readonly operation: string
  readonly call: (opened: Opened, cid: string) => Promise<unknown>
  readonly outcome?: 'refused'
  readonly reason?: string
  readonly actor?: (opened: Opened) => string | null
  readonly target?: (opened: Opened) => string | null
}

const byRoot = ({ root }: Opened) => root.userId
const byAda = ({ ada }: Opened) => ada.userId
const onAda = byAda

export const AUDITED_CALLS: readonly AuditedCall[] = [
  {
    name: 'a login',
    operation: 'user.login',
    call: ({ sso }, cid) => sso.user.login({ cid, username: 'ada', password: PASSWORD }),
    actor: byAda,
    target: () => 'ada',
  },
  {
    name: 'a login with a wrong password',
    operation: 'user.login',
    call: ({ sso }, cid) => sso.user.login({ cid, username: 'ada', password: 'wrong' }),
    outcome: 'refused',
    reason: 'ERR_CREDENTIALS_INVALID',
    target: () => 'ada',
  },
  {
    name: 'a login that was not let through',
    operation: 'user.login',
    call: ({ sso }, cid) =>
      sso.user.login({
        cid,
        username: 'ada',
        password: PASSWORD,
        throttle: async () => {
          throw new SojournError('ERR_RATE_LIMITED', 'Too many.')
        },
      }),
    outcome: 'refused',
    reason: 'ERR_RATE_LIMITED',
    target: () => 'ada',
  },
  {
    name: 'a lock',
    operation: 'user.lock_user',
    call: ({ sso, root, ada }, cid) => sso.user.lockUser({ cid, currentUst: root.ust, userId: ada.userId }),
    actor: byRoot,
    target: onAda,
  },
  {
    name: 'an unlock',
    operation: 'user.unlock_user',
    call: ({ sso, root, ada }, cid) => sso.user.unlockUser({ cid, currentUst: root.ust, userId: ada.userId }),
    actor: byRoot,
    target: onAda,
  },
  {
    name: 'a lock by somebody who may not',
    operation: 'user.lock_user',
    call: ({ sso, root, ada }, cid) => sso.user.lockUser({ cid, currentUst: ada.ust, userId: root.userId }),
    outcome: 'refused',
    reason: 'ERR_ACCESS_DENIED',
    actor: byAda,
    target: byRoot,
  },
  {
    name: 'an approval',
    operation: 'user.approve_user',
    call: ({ sso, root, ada }, cid) => sso.user.approveUser({ cid, currentUst: root.ust, userId: ada.userId }),
    actor: byRoot,
    target: onAda,
  },
  {
    name: 'a rejection',
    operation: 'user.reject_user',
    call: ({ sso, root, ada }, cid) => sso.user.rejectUser({ cid, currentUst: root.ust, userId: ada.userId }),
    actor: byRoot,
    target: onAda,
  },
  {
    name: 'a deletion',
    operation: 'user.delete_user_by_username',
    call: ({ sso, root }, cid) => sso.user.deleteUserByUsername({ cid, currentUst: root.ust, username: 'ada' }),
    actor: byRoot,
    target: onAda,
  },
  {
    name: 'a change of password',
    operation: 'user.change_password',
    call: ({ sso, ada }, cid) =>
      sso.user.changePassword({ cid, currentUst: ada.ust, data: { oldPassword: PASSWORD, newPassword: OTHER_PASSWORD } }),
    actor: byAda,
    target: onAda,
  },
  {
    name: 'a change of somebody else’s password by nobody',
    operation: 'user.change_password',
    call: ({ sso, ada }, cid) => sso.user.changePassword({ cid, data: { newPassword: OTHER_PASSWORD, userId: ada.userId } }),
    outcome: 'refused',
    reason: 'ERR_SESSION_ENDED',
    target: onAda,
  },
  {
    name: 'a change of password that cannot be read',
    operation: 'user.change_password',
    call: ({ sso, root, ada }, cid) =>
      sso.user.changePassword({ cid, currentUst: root.ust, data: JSON.parse(`{"newPassword":5,"userId":"${ada.userId}"}`) }),
    outcome: 'refused',
    reason: 'ERR_OPTION_INVALID',
    actor: byRoot,
    target: onAda,
  },
  {
    name: 'setting a password',
    operation: 'user.set_password',
    call: ({ sso, ada }, cid) => sso.user.setPassword({ cid, userId: ada.userId, password: OTHER_PASSWORD }),
    actor: () => 'auto',
    target: onAda,
  },
  {
    name: 'reading a user',
    operation: 'user.get_user_by_id',
    call: ({ sso, root, ada }, cid) => sso.user.getUserById({ cid, currentUst: root.ust, userId: ada.userId }),
    actor: byRoot,
    target: onAda,
  },
  {
    name: 'looking a user up by name',
    operation: 'user.get_user_by_username',
    call: ({ sso }, cid) => sso.user.getUserByUsername({ cid, username: 'ADA' }),
    actor: () => 'auto',
    target: onAda,
  },
  {
    name: 'a call without a session',
    operation: 'session.get_list',
    call: ({ sso }, cid) => sso.user.session.getList({ cid }),
    outcome: 'refused',
    reason: 'ERR_SESSION_ENDED',
  },
  {
    name: 'reading a session',
    operation: 'session.get',
    call: ({ sso, root, ada }, cid) => sso.user.session.get({ cid, currentUst: root.ust, targetUst: ada.ust }),
    actor: byRoot,
    target: onAda,
  },
  {
    name: 'a look at one’s own session',
    operation: 'session.get',
    call: ({ sso, ada }, cid) => sso.user.session.get({ cid, currentUst: ada.ust, targetUst: ada.ust }),
    actor: byAda,
    target: onAda,
  },
  {
    name: 'the end of somebody else’s session',
    operation: 'session.end',
    call: ({ sso, root, ada }, cid) => sso.user.session.end({ cid, currentUst: root.ust, id: ada.ust.slice(4, 28) }),
    actor: byRoot,
    target: onAda,
  },
  {
    name: 'the making of a user whose name is taken',
    operation: 'user.create_user',
    call: ({ sso, root }, cid) =>
      sso.user.createUser({ cid, currentUst: root.ust, data: { username: 'ada', password: PASSWORD } }),
    outcome: 'refused',
    reason: 'ERR_USER_EXISTS',
    actor: byRoot,
    target: () => null,
  },
  {
    name: 'ending all sessions',
    operation: 'session.end_all',
    call: ({ sso, root, ada }, cid) => sso.user.session.endAll({ cid, currentUst: root.ust, userId: ada.userId }),
    actor: byRoot,
    target: onAda,
  },
  {
    name: 'a logout',
    operation: 'user.logout',
    call: ({ sso, ada }, cid) => sso.user.logout({ cid, currentUst: ada.ust }),
    actor: byAda,
    target: onAda,
  },
]

// How are users managed from the command line?
import { randomBytes } from 'node:crypto'
import type { Command } from 'commander'
import { isSojournError, type UserEntity } from 'sojourn'
import { ACTOR } from '../command-line/actor.ts'
import { addGroup, addStoreCommand, type Call, columns, type Result } from '../command-line/command.ts'
import type { Run } from '../command-line/run.ts'
import { confirm, readSecret } from '../command-line/terminal.ts'
import { UsageError } from '../command-line/usage.ts'
import { findUser, listUsers } from '../command-line/users.ts'
import type { Opened } from '../open.ts'

const PASSWORD_OPTIONS = [
  ['--password-stdin', 'read the password from standard input instead of asking for it'],
  ['--generate', 'make a random password and print it, once'],
] as const

const NAME_OPTIONS = [
  ['--email <address>', 'e-mail address'],
  ['--display-name <name>', 'name to show'],
  ['--first-name <name>', 'first name'],
  ['--middle-name <name>', 'middle name'],
  ['--last-name <name>', 'last name'],
] as const

/** What is shown of a value that cannot be opened. */
const SEALED = '(sealed by a key that is not in the key ring)'

/** Adds `sojourn user ...`. */
export function addUser(program: Command, run: Run): void {
  const group = addGroup(program, 'user', 'Manage users.', 'sojourn user create-super-user root --generate')
  addMaking(group, run)
  addReading(group, run)
  addChanges(group, run)
}

function addMaking(group: Command, run: Run): void {
  const spec = { options: [...NAME_OPTIONS, ...PASSWORD_OPTIONS], mode: 'make' } as const
  const create = (kind: 'createUser' | 'createSuperUser') => async (opened: Opened, call: Call) => {
    const [username = ''] = call.args
    const { email, displayName, firstName, middleName, lastName } = call.options
    const { password, printed } = await newPassword(call)
    const data = { username, password, email, displayName, firstName, middleName, lastName }
    const userId = await opened.sso.user[kind]({ ...opened.caller, data, requireSuperUser: false, autoApprove: true })
    return done(`Made ${username} (${userId}).`, { userId, username, ...printed })
  }
  addStoreCommand(
    group,
    run,
    {
      ...spec,
      name: 'create <username>',
      summary: 'Make a user who can log in at once.',
      example: 'echo "$PASSWORD" | sojourn user create anna --email anna@example.com --password-stdin',
    },
    create('createUser'),
  )
  addStoreCommand(
    group,
    run,
    {
      ...spec,
      name: 'create-super-user <username>',
      summary: 'Make a super-user who can log in at once.',
      example: 'sojourn user create-super-user root --generate',
    },
    create('createSuperUser'),
  )
}

function addReading(group: Command, run: Run): void {
  addStoreCommand(
    group,
    run,
    { name: 'list', summary: 'List all users.', example: 'sojourn user list --json' },
    async ({ directory }) => {
      const users = await listUsers(directory)
      const rows = users.map((user) => [
        user.username,
        user.userId,
        user.isSuperUser ? 'super-user' : 'user',
        user.isLocked ? 'locked' : user.approvalStatus,
      ])
      return { text: columns([['USERNAME', 'USER ID', 'KIND', 'STATE'], ...rows]), data: { users } }
    },
  )

  addStoreCommand(
    group,
    run,
    { name: 'show <username>', summary: 'Show one user.', example: 'sojourn user show anna' },
    async (opened, { args: [username = ''] }) => {
      const { fields, unreadable } = fieldsOf(await findUser(opened, username))
      const rows = Object.entries(fields).map(([name, value]) => [name, unreadable.includes(name) ? SEALED : shown(name, value)])
      return { text: columns(rows), data: unreadable.length === 0 ? fields : { ...fields, unreadable } }
    },
  )
}

function addChanges(group: Command, run: Run): void {
  const change = (verb: string, summary: string, past: string, work: (opened: Opened, user: UserEntity) => Promise<void>) =>
    addStoreCommand(
      group,
      run,
      { name: `${verb} <username>`, summary, example: `sojourn user ${verb} anna`, sessions: 'needed' },
      async (opened, { args: [username = ''] }) => {
        const user = await findUser(opened, username)
        await work(opened, user)
        return done(`${past} ${user.username}.`, { userId: user.userId, username: user.username })
      },
    )
  const trusted = { requireSuperUser: false, currentUser: ACTOR }

  change('lock', 'Lock a user and end their sessions.', 'Locked', ({ sso, caller }, { userId }) =>
    sso.user.lockUser({ ...caller, ...trusted, userId }),
  )
  change('unlock', 'Unlock a user.', 'Unlocked', ({ sso, caller }, { userId }) =>
    sso.user.unlockUser({ ...caller, ...trusted, userId }),
  )
  change('approve', 'Approve a user.', 'Approved', ({ sso, caller }, { userId }) =>
    sso.user.approveUser({ ...caller, ...trusted, userId }),
  )
  change('reject', 'Reject a user and end their sessions.', 'Rejected', ({ sso, caller }, { userId }) =>
    sso.user.rejectUser({ ...caller, ...trusted, userId }),
  )

  addStoreCommand(
    group,
    run,
    {
      name: 'delete <username>',
      summary: 'Delete a user with everything that belongs to them.',
      example: 'sojourn user delete anna --yes',
      sessions: 'needed',
      options: [['--yes', 'do not ask']],
    },
    async (opened, { args: [username = ''], options, terminal }) => {
      const user = await findUser(opened, username)
      if (options['yes'] !== true && !(await confirm(terminal, `Delete ${user.username}?`)))
        return done('Nothing was deleted.', { deleted: false })
      await opened.sso.user.deleteUserById({ ...opened.caller, userId: user.userId, skipSec: true })
      return done(`Deleted ${user.username}.`, { deleted: true, userId: user.userId, username: user.username })
    },
  )

  addStoreCommand(
    group,
    run,
    {
      name: 'password <username>',
      summary: 'Set the password of a user and end their sessions.',
      example: 'echo "$PASSWORD" | sojourn user password anna --password-stdin',
      sessions: 'needed',
      options: [...PASSWORD_OPTIONS, ['--must-change', 'it must be replaced at the next login']],
    },
    async (opened, call) => {
      const { userId, username } = await findUser(opened, call.args[0] ?? '')
      const { password, printed } = await newPassword(call)
      await opened.sso.user.setPassword({
        ...opened.caller,
        userId,
        password,
        ...(call.options['mustChange'] === true && { mustChange: true }),
      })
      return done(`Set the password of ${username}.`, { userId, username, ...printed })
    },
  )
}

/** The password that was asked for: from standard input, typed, or made here, which is the only one that is printed. */
async function newPassword({
  options,
  terminal,
}: Call): Promise<{ readonly password: string; readonly printed: { readonly password?: string } }> {
  const fromStdin = options['passwordStdin'] === true
  if (options['generate'] !== true)
    return { password: await readSecret(terminal, 'password', fromStdin ? 'stdin' : 'prompt'), printed: {} }
  if (fromStdin) throw new UsageError('Say either --generate or --password-stdin.')
  const password = randomBytes(24).toString('base64url')
  return { password, printed: { password } }
}

/** What is known of a user. An address whose key is gone leaves the rest to be told. */
function fieldsOf(user: UserEntity) {
  const unreadable: string[] = []
  const read = (name: string): unknown => {
    try {
      return Reflect.get(user, name)
    } catch (error) {
      if (!isSojournError(error, 'ERR_KEY_MISSING')) throw error
      unreadable.push(name)
      return null
    }
  }
  const names = Object.keys(user).filter((name) => name !== 'attr' && name !== 'toDict')
  return { fields: Object.fromEntries(names.map((name) => [name, read(name)])), unreadable }
}

function done(sentence: string, data: Readonly<Record<string, unknown>> & { readonly password?: string }): Result {
  return { text: data.password === undefined ? sentence : `${sentence}\npassword: ${data.password}`, data }
}

function shown(name: string, value: unknown): string {
  if (typeof value === 'number' && /Time$|Expiry$|LastSet$/.test(name)) return new Date(value).toISOString()
  return typeof value === 'string' ? value : JSON.stringify(value)
}

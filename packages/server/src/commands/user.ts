// How are users managed from the command line?
import { randomBytes } from 'node:crypto'
import type { Command } from 'commander'
import type { UserEntity } from 'sojourn'
import { actor, cliContext } from '../actor.ts'
import { addGroup, addStoreCommand, type Call, columns, type Result } from '../command.ts'
import type { Opened } from '../open.ts'
import { confirm, readSecret, type Terminal } from '../terminal.ts'
import { UsageError } from '../usage.ts'
import { findUser, listUsers } from '../users.ts'

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

/** Adds `sojourn user ...`. */
export function addUser(program: Command, terminal: Terminal): void {
  const group = addGroup(program, 'user', 'Manage users.')
  addMaking(group, terminal)
  addReading(group, terminal)
  addChanges(group, terminal)
}

function addMaking(group: Command, terminal: Terminal): void {
  const spec = { options: [...NAME_OPTIONS, ...PASSWORD_OPTIONS], mode: 'make' } as const
  const create = (kind: 'createUser' | 'createSuperUser') => async (opened: Opened, call: Call) => {
    const [username = ''] = call.args
    const { email, displayName, firstName, middleName, lastName } = call.options
    const { password, printed } = await newPassword(call)
    const data = { username, password, email, displayName, firstName, middleName, lastName }
    const userId = await opened.sso.user[kind]({ ...cliContext, data, requireSuperUser: false, autoApprove: true })
    return done(`Made ${username} (${userId}).`, { userId, username, ...printed })
  }
  addStoreCommand(
    group,
    terminal,
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
    terminal,
    {
      ...spec,
      name: 'create-super-user <username>',
      summary: 'Make a super-user who can log in at once.',
      example: 'sojourn user create-super-user root --generate',
    },
    create('createSuperUser'),
  )
}

function addReading(group: Command, terminal: Terminal): void {
  addStoreCommand(
    group,
    terminal,
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
    terminal,
    { name: 'show <username>', summary: 'Show one user.', example: 'sojourn user show anna' },
    async (opened, { args: [username = ''] }) => {
      const { attr: _, toDict: __, ...fields } = await findUser(opened.sso, username)
      return { text: columns(Object.entries(fields).map(([name, value]) => [name, shown(name, value)])), data: fields }
    },
  )
}

function addChanges(group: Command, terminal: Terminal): void {
  const change = (verb: string, summary: string, past: string, work: (opened: Opened, user: UserEntity) => Promise<void>) =>
    addStoreCommand(
      group,
      terminal,
      { name: `${verb} <username>`, summary, example: `sojourn user ${verb} anna` },
      async (opened, { args: [username = ''] }) => {
        const user = await findUser(opened.sso, username)
        await work(opened, user)
        return done(`${past} ${user.username}.`, { userId: user.userId, username: user.username })
      },
    )
  const trusted = { ...cliContext, requireSuperUser: false, currentUser: actor }

  change('lock', 'Lock a user and end their sessions.', 'Locked', ({ sso }, { userId }) =>
    sso.user.lockUser({ ...trusted, userId }),
  )
  change('unlock', 'Unlock a user.', 'Unlocked', ({ sso }, { userId }) => sso.user.unlockUser({ ...trusted, userId }))
  change('approve', 'Approve a user.', 'Approved', ({ sso }, { userId }) => sso.user.approveUser({ ...trusted, userId }))
  change('reject', 'Reject a user and end their sessions.', 'Rejected', ({ sso }, { userId }) =>
    sso.user.rejectUser({ ...trusted, userId }),
  )

  addStoreCommand(
    group,
    terminal,
    {
      name: 'delete <username>',
      summary: 'Delete a user with everything that belongs to them.',
      example: 'sojourn user delete anna --yes',
      options: [['--yes', 'do not ask']],
    },
    async ({ sso }, { args: [username = ''], options, terminal }) => {
      const user = await findUser(sso, username)
      if (options['yes'] !== true && !(await confirm(terminal, `Delete ${user.username}?`)))
        return done('Nothing was deleted.', { deleted: false })
      await sso.user.deleteUserById({ ...cliContext, userId: user.userId, skipSec: true })
      return done(`Deleted ${user.username}.`, { deleted: true, userId: user.userId, username: user.username })
    },
  )

  addStoreCommand(
    group,
    terminal,
    {
      name: 'password <username>',
      summary: 'Set the password of a user and end their sessions.',
      example: 'echo "$PASSWORD" | sojourn user password anna --password-stdin',
      options: [...PASSWORD_OPTIONS, ['--must-change', 'it must be replaced at the next login']],
    },
    async ({ sso }, call) => {
      const { userId, username } = await findUser(sso, call.args[0] ?? '')
      const { password, printed } = await newPassword(call)
      await sso.user.setPassword({
        ...cliContext,
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

function done(sentence: string, data: Readonly<Record<string, unknown>> & { readonly password?: string }): Result {
  return { text: data.password === undefined ? sentence : `${sentence}\npassword: ${data.password}`, data }
}

function shown(name: string, value: unknown): string {
  if (typeof value === 'number' && /Time$|Expiry$|LastSet$/.test(name)) return new Date(value).toISOString()
  return typeof value === 'string' ? value : JSON.stringify(value)
}

// How are sessions managed from the command line?
import type { Command } from 'commander'
import type { AuditRecord, RevokeScope, SessionInfo } from 'sojourn'
import { ACTOR, APP } from '../command-line/actor.ts'
import { addGroup, addStoreCommand, type Call, columns } from '../command-line/command.ts'
import type { Run } from '../command-line/run.ts'
import { readSecret } from '../command-line/terminal.ts'
import { CommandError, UsageError } from '../command-line/usage.ts'
import { findUser } from '../command-line/users.ts'
import { instant } from '../http/wire.ts'
import type { Opened } from '../open.ts'

/** How many sessions are read at a time. */
const PAGE = 500

/** Adds `sojourn session ...`. */
export function addSession(program: Command, run: Run): void {
  const group = addGroup(program, 'session', 'Look at sessions, open and end them.', 'sojourn session list --user anna')
  addReading(group, run)
  addEnding(group, run)
  addLogin(group, run)
}

function addReading(group: Command, run: Run): void {
  addStoreCommand(
    group,
    run,
    {
      name: 'list',
      summary: 'List live sessions, never their tokens.',
      example: 'sojourn session list --user anna',
      sessions: 'needed',
      options: [
        ['--user <username>', 'only those of this user'],
        ['--guests', 'only those of guests'],
        ['--limit <number>', 'at most so many (default: 100)'],
      ],
    },
    async (opened, { options }) => {
      if (options['guests'] === true && options['user'] !== undefined) throw new UsageError('Say either --user or --guests.')
      const limit = readLimit(options['limit'])
      const principal =
        options['guests'] === true
          ? null
          : options['user'] === undefined
            ? undefined
            : (await findUser(opened, options['user'])).userId
      const sessions = (await listSessions(opened, principal, limit)).map(described)
      const rows = sessions.map((one) => [one.id, one.userId ?? '(guest)', one.creationTime, one.expirationTime, one.remoteAddr])
      return { text: columns([['ID', 'USER ID', 'CREATED', 'EXPIRES', 'ADDRESS'], ...rows]), data: { sessions } }
    },
  )

  addStoreCommand(
    group,
    run,
    {
      name: 'show <id>',
      summary: 'Show a session and the names of its attributes, not their values.',
      example: 'sojourn session show "$ID"',
      sessions: 'needed',
    },
    async ({ sessions }, { args: [id = ''] }) => {
      const found = await sessions.load(requireId(id), 'all', Date.now())
      if (found === undefined || found === 'ended') throw new CommandError(`There is no live session ${id}.`)
      // Reserved names are in no list: keys of the web face, and what a binding keeps beside the entries.
      const shown = [...found.attributes].filter(([name]) => !name.startsWith('$'))
      const attributes = shown.map(([name, { value, expiresAt }]) => ({
        name,
        isEncrypted: typeof value !== 'string',
        expirationTime: expiresAt === null ? null : instant(expiresAt),
      }))
      const data = { ...described(found), attributes }
      const lines = Object.entries(data).map(([name, value]) => [name, typeof value === 'string' ? value : JSON.stringify(value)])
      return { text: columns(lines), data }
    },
  )
}

function addEnding(group: Command, run: Run): void {
  addStoreCommand(
    group,
    run,
    { name: 'end <id>', summary: 'End one session.', example: 'sojourn session end "$ID"', sessions: 'needed' },
    async (opened, { args: [id = ''] }) => {
      const session = requireId(id)
      const found = await opened.sessions.load(session, 'header', Date.now())
      const wasAlive = await opened.sso.sessions.end(session)
      const owner = found === undefined || found === 'ended' ? null : found.principal
      await record(opened, 'session.end', { target: owner, details: { session }, reason: wasAlive ? null : 'ERR_SESSION_ENDED' })
      if (!wasAlive) throw new CommandError(`There is no live session ${id}.`)
      return { text: `Ended ${id}.`, data: { ended: id } }
    },
  )

  addStoreCommand(
    group,
    run,
    {
      name: 'kill',
      summary: 'End all sessions of a user, of guests, or of everyone, however many they are.',
      example: 'sojourn session kill --user anna',
      sessions: 'needed',
      options: [
        ['--user <username>', 'those of this user'],
        ['--guests', 'those of guests'],
        ['--all', 'those of everyone'],
      ],
    },
    async (opened, call) => {
      const { scope, whose } = await readScope(opened, call)
      await opened.sso.sessions.revoke(scope)
      await record(opened, 'session.kill', {
        target: typeof scope === 'string' ? null : scope.principal,
        details: { scope: whose },
        reason: null,
      })
      return { text: `Ended the sessions of ${whose}.`, data: { killed: whose } }
    },
  )
}

function addLogin(group: Command, run: Run): void {
  addStoreCommand(
    group,
    run,
    {
      name: 'login <username>',
      summary: 'Open a session of a user without their password, and print its token.',
      example: 'sojourn session login anna --json',
      sessions: 'needed',
    },
    async (opened, { args: [username = ''] }) => {
      const user = await findUser(opened, username)
      const { ust, userId, creationTime, expirationTime } = await opened.sso.user.login({
        ...opened.caller,
        username: user.username,
        skipSec: true,
      })
      const data = {
        ust,
        userId,
        username: user.username,
        creationTime: instant(creationTime),
        expirationTime: instant(expirationTime),
      }
      return {
        text: Object.entries(data)
          .map(([name, value]) => `${name}: ${value}`)
          .join('\n'),
        data,
      }
    },
  )

  addStoreCommand(
    group,
    run,
    {
      name: 'logout',
      summary: 'End the session of a token.',
      example: 'echo "$TOKEN" | sojourn session logout --token-stdin',
      sessions: 'needed',
      options: [['--token-stdin', 'read the token from standard input instead of asking for it']],
    },
    async ({ sso, caller }, { options, terminal }) => {
      const currentUst = await readSecret(terminal, 'token', options['tokenStdin'] === true ? 'stdin' : 'prompt')
      await sso.user.logout({ ...caller, currentUst, skipSec: true })
      return { text: 'Logged out.', data: { loggedOut: true } }
    },
  )
}

async function readScope(opened: Opened, { options }: Call): Promise<{ readonly scope: RevokeScope; readonly whose: string }> {
  const chosen = ['user', 'guests', 'all'].filter((name) => options[name] !== undefined)
  if (chosen.length !== 1) throw new UsageError('Say whose: one of --user USERNAME, --guests, --all.')
  if (options['guests'] === true) return { scope: 'guests', whose: 'guests' }
  if (options['all'] === true) return { scope: 'all', whose: 'everyone' }
  const { userId, username } = await findUser(opened, options['user'])
  return { scope: { principal: userId }, whose: username }
}

async function listSessions(
  { sso }: Opened,
  principal: string | null | undefined,
  limit: number,
): Promise<readonly SessionInfo[]> {
  const found: SessionInfo[] = []
  let after: string | undefined
  do {
    const page = await sso.sessions.list({ principal, after, limit: Math.min(PAGE, limit - found.length) })
    found.push(...page.items)
    after = page.next
  } while (after !== undefined && found.length < limit)
  return found
}

function described({ id, principal, createdAt, expiresAt, details }: Omit<SessionInfo, 'history' | 'sliding'>) {
  return {
    id,
    userId: principal,
    creationTime: instant(createdAt),
    expirationTime: instant(expiresAt),
    remoteAddr: details.remoteAddr,
    userAgent: details.userAgent,
    authType: details.authType,
  }
}

/** The engine's own verbs leave no audit record; an act of an administrator has to. */
async function record(
  { directory, caller: { cid } }: Opened,
  operation: string,
  facts: Pick<AuditRecord, 'target' | 'details' | 'reason'>,
): Promise<void> {
  const outcome = facts.reason === null ? 'ok' : 'refused'
  await directory.appendAudit([{ at: Date.now(), cid, operation, outcome, actor: ACTOR, remoteAddr: '', app: APP, ...facts }])
}

function readLimit(text: unknown): number {
  if (text === undefined) return 100
  if (typeof text !== 'string' || !/^[1-9]\d{0,6}$/.test(text)) throw new UsageError('--limit must be a whole number from 1 on.')
  return Number(text)
}

/** Whatever is no id is not repeated: it may be a token. */
function requireId(text: string): string {
  if (/^[A-Za-z0-9_-]{24}$/.test(text)) return text
  throw new CommandError('A session is named by its id, never by its token.', {
    fix: 'An id has 24 letters, digits, - or _; `sojourn session list` shows them.',
  })
}

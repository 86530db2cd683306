// Is everything there that Sojourn needs to work, and if not, what is to be done?
import { stat } from 'node:fs/promises'
import { type Directory, isSojournError, type Sojourn } from 'sojourn'
import type { Caller } from './command-line/actor.ts'
import { unrecordedDirectory } from './command-line/recorded-directory.ts'
import { CommandError } from './command-line/usage.ts'
import { isOpenToOthers, readKeys } from './keys-file.ts'
import { type Opened, openSojourn } from './open.ts'
import { maskedUrl } from './settings/settings.ts'
import type { Settings } from './settings/settings-table.ts'
import type { OpenedUrl } from './stores/opened-url.ts'
import { openUrl } from './stores/openers.ts'

/** One finding. */
export interface Finding {
  readonly check: string
  readonly state: 'ok' | 'warning' | 'fault'
  readonly finding: string
  /** What to do; `null` where nothing is. */
  readonly fix: string | null
}

/** How far the newest audit record may lie ahead of the clock. Unit: milliseconds. */
const CLOCK_TOLERANCE = 60_000

/** How many users are read at a time, and the most whose sealed addresses are tried. */
const MOST_USERS = 500

/** Examines what the settings name. Makes no database; what it writes into one it takes out again. */
export async function examine(settings: Settings, nodeVersion: string, caller: Caller): Promise<readonly Finding[]> {
  const opened = await openUrl(settings.db)
  const others = settings.sessions === undefined ? undefined : await openUrl(settings.sessions)
  const db = maskedUrl(settings.db)
  const findings = [ok('node', `Node ${nodeVersion}`)]
  try {
    if (!opened.isLasting)
      return [...findings, fault('database', `${db} keeps nothing`, 'Name a database with --db sqlite:PATH.')]
    if (opened.directory === undefined)
      return [...findings, fault('database', `${db} keeps sessions only`, 'Name it with --sessions, beside a --db for users.')]
    findings.push(...(await database(db, opened)))
    if (others !== undefined) findings.push(...(await serverOf('session store', others)))
    if (settings.keys === undefined) findings.push(await keyRing(settings.keysFile ?? opened.keysFile))
  } finally {
    await Promise.allSettled([opened.disconnect(), others?.disconnect()])
  }
  if (findings.some(({ state }) => state === 'fault')) return findings
  return [...findings, ...(await inside(settings, caller))]
}

async function database(db: string, opened: OpenedUrl): Promise<readonly Finding[]> {
  try {
    if (!(await opened.exists())) return [fault('database', `there is none at ${db}`, `\`sojourn serve --db ${db}\` makes one.`)]
  } catch (error) {
    return [failed('database', error)]
  }
  return opened.file === undefined ? serverOf('database', opened) : [await fileMode('database', opened.file)]
}

async function serverOf(check: string, opened: OpenedUrl): Promise<readonly Finding[]> {
  try {
    return (await opened.findings()).map((each) => ({ check, ...each }))
  } catch (error) {
    return [failed(check, error)]
  }
}

async function inside(settings: Settings, caller: Caller): Promise<readonly Finding[]> {
  try {
    await using opened = await openSojourn({ ...settings, sweepInterval: 0 }, 'existing', caller, unrecordedDirectory)
    const findings = [ok('schema', 'the database opens and is up to date')]
    const checks: readonly (readonly [string, (opened: Opened) => Promise<Finding>])[] = [
      ['directory', directoryWorks],
      ['sessions', sessionsWork],
      ['users', ({ directory }) => someoneCanAdminister(directory)],
      ['sealed values', sealedValuesOpen],
      ['clock', ({ directory }) => clockIsRight(directory)],
    ]
    for (const [check, run] of checks) findings.push(await run(opened).catch((error: unknown) => failed(check, error)))
    return findings
  } catch (error) {
    return [failed('schema', error)]
  }
}

async function fileMode(check: string, path: string): Promise<Finding> {
  const found = await stat(path)
  if (!found.isFile()) return fault(check, `${path} is not a file`, 'Name a file with --db sqlite:PATH.')
  if (await isOpenToOthers(path))
    return { check, state: 'warning', finding: `others than the owner may read ${path}`, fix: `chmod 600 ${path}` }
  return ok(check, `${path}, ${found.size} bytes, readable by its owner alone`)
}

async function keyRing(path: string | undefined): Promise<Finding> {
  if (path === undefined)
    return fault('key ring', 'none is named', 'Name one with --keys-file, or give the keys in SOJOURN_KEYS.')
  const keys = await readKeys(path).catch((error: unknown) => failed('key ring', error))
  if (keys === undefined) {
    return fault(
      'key ring',
      `there is none at ${path}`,
      'Put the file back from a copy. Without it sealed values stay closed; `sojourn keys generate --keys-file` makes a new one.',
    )
  }
  if ('check' in keys) return keys
  const { state, fix, finding } = await fileMode('key ring', path)
  return {
    check: 'key ring',
    state,
    fix,
    finding: state === 'ok' ? `${path}, ${keys.length} key(s), readable by its owner alone` : finding,
  }
}

async function directoryWorks({ directory }: Opened): Promise<Finding> {
  const token = {
    kind: 'doctor',
    hash: crypto.randomUUID(),
    userId: null,
    createdAt: Date.now(),
    expiresAt: Date.now() + 60_000,
    data: null,
  }
  await directory.createToken(token, { now: Date.now(), audit: [], effects: [], applyEffects: 'later' }, 'keep')
  const taken = await directory.takeToken(token.kind, token.hash, Date.now())
  return taken === undefined
    ? fault('directory', 'what was written is not there', 'See that nobody else replaces the database.')
    : ok('directory', 'can be written and read')
}

async function sessionsWork({ sso }: Opened): Promise<Finding> {
  const { session } = await sso.sessions.start({ principal: null })
  try {
    await session.attr.set('doctor', 'a value', { encrypt: true })
    const found = await session.attr.get('doctor')
    return found?.value === 'a value'
      ? ok('sessions', 'can be written and read, sealed values too')
      : fault('sessions', 'what was sealed does not open', 'See that all processes use the same key ring.')
  } finally {
    await sso.sessions.end(session.id)
  }
}

async function someoneCanAdminister(directory: Directory): Promise<Finding> {
  let after: string | undefined
  do {
    const { items, next } = await directory.listUsers({ limit: MOST_USERS, ...(after !== undefined && { after }) })
    const able = items.some(
      ({ isSuperUser, isLocked, approvalStatus }) => isSuperUser && !isLocked && approvalStatus === 'approved',
    )
    if (able) return ok('users', 'somebody can administer')
    after = next
  } while (after !== undefined)
  return fault('users', 'no super-user is approved and not locked', '`sojourn user create-super-user NAME` makes one.')
}

async function sealedValuesOpen({ sso, directory, caller }: Opened): Promise<Finding> {
  const { items, next } = await directory.listUsers({ limit: MOST_USERS })
  const sealed = items.filter(({ email }) => email !== null && typeof email !== 'string')
  const opened = await Promise.all(sealed.map(({ username }) => emailOpens(sso, caller, username)))
  const closed = opened.filter((opens) => !opens).length
  const whose = next === undefined ? 'users' : `the first ${MOST_USERS} users`
  if (closed === 0) return ok('sealed values', `those of ${whose} open with the key ring`)
  const finding = `${closed} of ${sealed.length} sealed e-mail addresses do not open`
  return fault('sealed values', finding, 'Add the keys that sealed them to the end of the key ring.')
}

async function emailOpens(sso: Sojourn, caller: Caller, username: string): Promise<boolean> {
  try {
    const user = await sso.user.getUserByUsername({ ...caller, username, needsApproved: false })
    return user !== undefined && user.email !== null
  } catch (error) {
    if (isSojournError(error, 'ERR_KEY_MISSING') || isSojournError(error, 'ERR_STORE_CORRUPT')) return false
    throw error
  }
}

async function clockIsRight(directory: Directory): Promise<Finding> {
  const { items } = await directory.listAudit({ limit: 1 })
  const ahead = (items[0]?.at ?? 0) - Date.now()
  if (ahead <= CLOCK_TOLERANCE) return ok('clock', `${new Date().toISOString()}, not behind the newest record`)
  return fault('clock', `it is ${Math.ceil(ahead / 1000)} s behind the newest record`, 'Set the clock, for instance by NTP.')
}

function ok(check: string, finding: string): Finding {
  return { check, state: 'ok', finding, fix: null }
}

function fault(check: string, finding: string, fix: string): Finding {
  return { check, state: 'fault', finding, fix }
}

function failed(check: string, error: unknown): Finding {
  if (isSojournError(error)) return fault(check, error.message, error.fix)
  if (error instanceof CommandError && error.fix !== null) return fault(check, error.message, error.fix)
  return fault(
    check,
    error instanceof Error ? error.message : 'something went wrong',
    'See that the file can be read and written by this user.',
  )
}

// How does the server start, say where it is, and stop?
import { resolve } from 'node:path'
import type { Run } from './command-line/run.ts'
import { CommandError } from './command-line/usage.ts'
import { type Credentials, makeFirstUser } from './first-start.ts'
import { createServer } from './http/app.ts'
import type { App } from './http/application.ts'
import { isOpenToOthers } from './keys-file.ts'
import { type Opened, openSojourn } from './open.ts'
import { noteSessionsPlace } from './sessions-place.ts'
import { maskedUrl } from './settings/settings.ts'
import type { Settings } from './settings/settings-table.ts'

/** Tells what a start has to say: the credentials of the first user at once, the address when it answers. */
export interface Report {
  credentials(credentials: Credentials): Promise<void>
  listening(facts: {
    readonly url: string
    readonly database: string
    readonly keys: string
    readonly username: string | undefined
  }): void
}

/**
 * Serves until SIGTERM or SIGINT. Then no new request is let in, those in flight finish (or are cut off after `shutdownTimeout`), and the
 * stores are closed. A second signal ends the process at once.
 */
export async function serve(settings: Settings, { terminal, caller }: Run, report: Report): Promise<void> {
  using signal = awaitSignal()
  await using opened = await openSojourn(settings, 'serve', caller)
  const credentials = await makeFirstUser(opened)
  if (credentials !== undefined) await tell(credentials, report)
  const app = await createServer(opened.sso, {
    trustedProxies: settings.trustedProxies,
    loginFailuresPerNetwork: settings.loginFailuresPerNetwork,
    loginFailures: settings.loginFailures,
    loginFailureWindow: settings.loginFailureWindow,
    logLevel: settings.logLevel,
    log: terminal.stderr,
    ready: () => Promise.all([opened.sso.sessions.list({ limit: 1 }), opened.directory.listUsers({ limit: 1 })]),
  })
  const url = await listen(app, settings)
  await noteSessionsPlace(opened.directory, settings, Date.now())
  await warn(app, opened)
  report.listening({ url, database: shownDatabase(settings), keys: shownKeys(settings, opened), username: credentials?.username })
  await signal.came
  await close(app, settings.shutdownTimeout)
}

/** The password is nowhere else, so a start that cannot tell it ends. */
async function tell(credentials: Credentials, report: Report): Promise<void> {
  const { username } = credentials
  try {
    await report.credentials(credentials)
  } catch (error) {
    throw new CommandError(`The first user, ${username}, was made, but its password could not be told.`, {
      fix: `\`sojourn user password ${username} --generate\` makes another.`,
      cause: error,
    })
  }
}

/** Waits for a signal to stop. The one after it, and any when nobody waits any more, does what signals do. */
function awaitSignal() {
  const { promise: came, resolve } = Promise.withResolvers<void>()
  const stop = () => {
    ignore()
    resolve()
  }
  const ignore = () => void process.off('SIGTERM', stop).off('SIGINT', stop)
  process.once('SIGTERM', stop).once('SIGINT', stop)
  return { came, [Symbol.dispose]: ignore }
}

async function listen(app: App, { host, port }: Settings): Promise<string> {
  try {
    return await app.listen({ host, port })
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined
    const reasons: Readonly<Record<string, string>> = {
      EADDRINUSE: 'is in use: choose another with --port',
      EACCES: 'may not be used by this user: choose one from 1024 on with --port',
      EADDRNOTAVAIL: 'is not an address of this machine: choose another with --host',
      ENOTFOUND: 'is not an address of this machine: choose another with --host',
    }
    const reason = typeof code === 'string' ? reasons[code] : undefined
    if (reason === undefined) throw error
    throw new CommandError(`${host} port ${port} ${reason}.`, { cause: error })
  }
}

async function warn(app: App, { keysFile, keysMade, existed }: Opened): Promise<void> {
  if (keysFile === undefined) return
  if (keysMade && existed)
    app.log.warn({ keysFile }, 'there was a database but no key ring: what earlier keys sealed cannot be opened')
  if (await isOpenToOthers(keysFile)) app.log.warn({ keysFile }, 'others than its owner may read the key ring: chmod 600')
}

async function close(app: App, shutdownTimeout: number): Promise<void> {
  const cutOff = setTimeout(() => app.server.closeAllConnections(), shutdownTimeout * 1000)
  await app.close()
  clearTimeout(cutOff)
}

function shownDatabase({ db, sessions }: Settings): string {
  const isFile = db.startsWith('sqlite:') && db !== 'sqlite::memory:'
  const shown = isFile ? `${db} (${resolve(db.slice('sqlite:'.length))})` : maskedUrl(db)
  return sessions === undefined ? shown : `${shown}, sessions in ${maskedUrl(sessions)}`
}

function shownKeys({ keys }: Settings, { keysFile }: Opened): string {
  if (keysFile !== undefined) return resolve(keysFile)
  return keys === undefined ? 'for this process only' : 'from the settings'
}

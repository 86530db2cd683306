// What does a service learn about a session, and how does it log it?
import { credentials, open } from '../open.ts'

await using sso = await open()
const currentApp = 'CRM'
const remoteAddr = ''
const userAgent = 'Firefox 139.0'

// Log in the current user; the token stands for the session from here on.
const { ust } = await sso.user.login({ ...credentials, currentApp, remoteAddr, userAgent })
const session = await sso.user.session.get({ targetUst: ust, currentUst: ust, currentApp, remoteAddr })

/** An instant as the log shows it: UTC, to the second. */
const shown = (value: unknown) =>
  typeof value === 'number' ? new Date(value).toISOString().slice(0, 19).replace('T', ' ') : value

for (const [key, value] of Object.entries(session.toDict()).sort()) {
  console.log(`INFO - ${key.padEnd(15)} ${shown(value)}`.trimEnd())
}

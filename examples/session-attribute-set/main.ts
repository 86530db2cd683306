// How does a service create or replace an attribute of a session?
import { credentials, open } from '../open.ts'

await using sso = await open()
const currentApp = 'CRM'
const remoteAddr = '127.0.0.1'
const userAgent = 'Firefox 139.0'

// Log in the current user; the token stands for the session from here on.
const { ust } = await sso.user.login({ ...credentials, currentApp, remoteAddr, userAgent })
const session = await sso.user.session.get({ targetUst: ust, currentUst: ust, currentApp, remoteAddr })

await session.attr.set('my-attribute', 'my-value')
await session.attr.set('my-attribute', 'my-other-value')

const attribute = await session.attr.get('my-attribute')
console.log(attribute?.name, attribute?.value)

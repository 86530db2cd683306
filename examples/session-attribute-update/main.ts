// How does a service change an attribute of a session that is there already?
import { credentials, open } from '../open.ts'

await using sso = await open()
const currentApp = 'CRM'
const remoteAddr = ''
const userAgent = 'Firefox 139.0'

// Log in the current user; the token stands for the session from here on.
const { ust } = await sso.user.login({ ...credentials, currentApp, remoteAddr, userAgent })
const session = await sso.user.session.get({ targetUst: ust, currentUst: ust, currentApp, remoteAddr })

await session.attr.create('my-attribute-abc', 'my-value1')
await session.attr.update('my-attribute-abc', 'my-value2')

const attribute = await session.attr.get('my-attribute-abc')
console.log(attribute?.name, attribute?.value)

// How does a service change several attributes of a session in one call?
import { credentials, open } from '../open.ts'

await using sso = await open()
const currentApp = 'CRM'
const remoteAddr = ''
const userAgent = 'Firefox 139.0'

// Log in the current user; the token stands for the session from here on.
const { ust } = await sso.user.login({ ...credentials, currentApp, remoteAddr, userAgent })
const session = await sso.user.session.get({ targetUst: ust, currentUst: ust, currentApp, remoteAddr })

await session.attr.createMany([
  { name: 'my-attribute-1', value: 'my-value-1' },
  { name: 'my-attribute-2', value: 'my-value-2' },
])
await session.attr.updateMany([
  { name: 'my-attribute-1', value: 'my-new-value-1', encrypt: true },
  { name: 'my-attribute-2', value: 'my-new-value-2', expiration: 60 },
])

for (const [name, attribute] of await session.attr.getMany(['my-attribute-1', 'my-attribute-2'])) {
  console.log(name, attribute?.value)
}

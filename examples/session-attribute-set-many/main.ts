// How does a service create or replace several attributes of a session in one call?
import { credentials, open } from '../open.ts'

await using sso = await open()
const currentApp = 'CRM'
const remoteAddr = '127.0.0.1'
const userAgent = 'Firefox 139.0'

// Log in the current user; the token stands for the session from here on.
const { ust } = await sso.user.login({ ...credentials, currentApp, remoteAddr, userAgent })
const session = await sso.user.session.get({ targetUst: ust, currentUst: ust, currentApp, remoteAddr })

await session.attr.create('my-attribute-1', 'my-value-1')
await session.attr.setMany([
  { name: 'my-attribute-1', value: 'my-new-value-1' },
  { name: 'my-attribute-2', value: 'my-value-2', expiration: 60 },
])

for (const [name, attribute] of await session.attr.getMany(['my-attribute-1', 'my-attribute-2'])) {
  console.log(name, attribute?.value)
}

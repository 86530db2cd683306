// How does a service create several attributes of a session in one call?
import { credentials, open } from '../open.ts'

await using sso = await open()
const currentApp = 'CRM'
const remoteAddr = '127.0.0.1'
const userAgent = 'Firefox 139.0'

// Log in the current user; the token stands for the session from here on.
const { ust } = await sso.user.login({ ...credentials, currentApp, remoteAddr, userAgent })
const session = await sso.user.session.get({ targetUst: ust, currentUst: ust, currentApp, remoteAddr })

await session.attr.createMany(
  [
    { name: 'my-attribute-1', value: 'my-value-1' },
    { name: 'my-attribute-2', value: 'my-value-2', encrypt: true },
    { name: 'my-attribute-3', value: 'my-value-3', expiration: 3600 },
  ],
  { expiration: 900 },
)

const attributes = await session.attr.getMany(['my-attribute-1', 'my-attribute-2', 'my-attribute-3'])
for (const [name, attribute] of attributes) {
  const seconds = Math.round(((attribute?.expirationTime ?? 0) - (attribute?.creationTime ?? 0)) / 1000)
  console.log(name, attribute?.value, attribute?.isEncrypted ? 'encrypted' : 'plain', seconds)
}

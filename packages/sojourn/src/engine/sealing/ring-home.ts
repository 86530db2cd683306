// How are named values of a user kept, sealed by the server key ring?

import type { AttributeHome } from '../attributes/home.ts'
import type { RingHomeOptions, RingVault } from '../core.ts'
import { SojournError } from '../error.ts'
import { sealedChange } from './session-vault.ts'

export function createRingHome({ userId, read, write }: RingHomeOptions, ring: RingVault): AttributeHome {
  const place = `u:${userId}`
  const missing = () => new SojournError('ERR_USER_MISSING', 'There is no user of that id.')
  return {
    place,
    async read(want, now) {
      const attributes = await read(want, now)
      if (attributes === undefined) throw missing()
      return { attributes, open: (name, box) => ring.open(place, name, box) }
    },
    async write(changes, limits, now) {
      const sealed = changes.map((change) => sealedChange(change, true, (name, text) => ring.seal(place, name, text)))
      const outcome = await write(sealed, limits, now)
      if (outcome.outcome === 'done' || outcome.outcome === 'conflict' || outcome.outcome === 'full') return outcome
      throw missing()
    },
  }
}

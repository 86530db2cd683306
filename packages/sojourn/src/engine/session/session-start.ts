// How does a session begin?

import { ATTRIBUTE_LIMITS, isReserved, requireFitting } from '../attributes/names.ts'
import { fullError } from '../attributes/outcome.ts'
import { encodeValue } from '../codec/codec.ts'
import type { CoreStartOptions, EngineCore, FirstAttribute, StartedSession } from '../core.ts'
import { SojournError } from '../error.ts'
import type { Ids } from '../id.ts'
import { BOX, sealBox } from '../sealing/box.ts'
import { placeOf } from '../sealing/session-vault.ts'
import type { NewSession, SessionDetails, SessionId, StoredAttribute } from '../store.ts'
import type { Millis } from '../time.ts'
import { formatToken, hashSecret, newSecret, withoutSecrets } from '../token.ts'
import { renewalAt } from './due.ts'
import type { HandleServices } from './handle-start.ts'
import { after, deadline } from './lifetime.ts'
import { createHandle } from './session-handle.ts'
import { createSessionLimit, type SessionLimit } from './session-limit.ts'

/** Starts sessions. */
export type Starter = (options: CoreStartOptions) => Promise<StartedSession>

/** Of 80 random bits two are hardly ever the same. */
const MOST_ATTEMPTS = 3

export function createStarter(services: HandleServices & Pick<EngineCore, 'end'>, ids: Ids): Starter {
  const { store, clock, policy, keys, events } = services

  /** The first attributes of a session, and its data key where one of them is sealed. */
  const firstAttributes = (id: SessionId, secret: string, given: readonly FirstAttribute[], now: Millis) => {
    const place = placeOf(id)
    const key = given.some(({ encrypt }) => encrypt === true) ? keys.create() : undefined
    const attributes = new Map<string, StoredAttribute>()
    let [own, bytes] = [0, 0]
    for (const { name, value, encrypt, expiresAt = null } of given) {
      const text = requireFitting(name, encodeValue(name, value))
      const kept =
        key !== undefined && encrypt === true ? sealBox(BOX.value, key.id, key.key, [place, name], Buffer.from(text)) : text
      bytes += Buffer.byteLength(name) + Buffer.byteLength(kept)
      attributes.set(name, { value: kept, createdAt: now, modifiedAt: now, expiresAt, revision: 1 })
      if (!isReserved(name)) own += 1
    }
    if (own > ATTRIBUTE_LIMITS.attributes) throw fullError('attributes')
    if (bytes > ATTRIBUTE_LIMITS.bytes) throw fullError('bytes')
    return { attributes, dataKey: key === undefined ? null : keys.wrap(id, secret, key) }
  }

  const limit = createSessionLimit(services)
  /** A session that could not be counted is not handed out. */
  const limitSessions: SessionLimit = async (started) => {
    try {
      await limit(started)
    } catch (error) {
      await services.end(started.id, { reason: 'deleted', principal: started.principal.id }).catch(() => false)
      throw error
    }
  }

  return async (options) => {
    const { principal, sliding = false, expect, interaction } = options
    const now = clock()
    const secret = newSecret()
    const absoluteAt = options.absoluteAt ?? after(now, policy.absoluteTimeout)
    for (let left = MOST_ATTEMPTS; left > 0; left -= 1) {
      const id = ids.create(principal)
      const session: NewSession = {
        id,
        principal,
        sliding,
        createdAt: now,
        absoluteAt,
        expiresAt: deadline(policy, sliding, absoluteAt, now, options.expiry),
        renewAt: renewalAt(policy, now),
        secretHash: hashSecret(secret),
        previousHash: null,
        successor: null,
        graceEndsAt: null,
        previousDataKey: null,
        details: completed(options.details),
        history: interaction === undefined ? [] : [interaction],
        ...firstAttributes(id, secret, options.attributes ?? [], now),
      }
      const { outcome } = await (expect === undefined ? store.create(session) : store.create(session, expect))
      if (outcome === 'done') {
        events.emit({ type: 'session.started', at: now, id, principal, sliding })
        if (principal !== null) await limitSessions({ id, principal: ids.principal(principal), replaces: options.replaces ?? [] })
        const { attributes, history: _, ...header } = session
        const token = formatToken(id, secret)
        const handle = createHandle(
          {
            header,
            version: expect?.version,
            attributes,
            want: 'header',
            now,
            passive: true,
            rotates: false,
            secret,
            secretHash: header.secretHash,
            presented: undefined,
            token,
          },
          services,
        )
        return { handle, token }
      }
      if (outcome === 'superseded') {
        throw new SojournError('ERR_CREDENTIALS_INVALID', 'The user was changed while the session was being started.', {
          fix: 'Log in again.',
        })
      }
    }
    throw new SojournError('ERR_STORE_CORRUPT', 'The store holds every session id that was tried.')
  }
}

function completed(details: CoreStartOptions['details'] = {}): SessionDetails {
  return {
    remoteAddr: details.remoteAddr ?? '',
    userAgent: withoutSecrets(details.userAgent ?? ''), // the client's to say
    app: details.app ?? '',
    authType: details.authType ?? 'default',
    // Some stores hand out what they were given, to everybody.
    methods: Object.freeze([...(details.methods ?? [])]),
    authenticatedAt: details.authenticatedAt ?? null,
  }
}

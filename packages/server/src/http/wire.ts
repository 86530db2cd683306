// How do the answers of the SSO face look on the wire?
import type { Attribute, SessionEntity, SessionList, SessionListEntry } from 'sojourn'
import {
  type AttributeAnswer,
  type AttributesAnswer,
  type ListedSessionAnswer,
  type SessionAnswer,
  type SessionsAnswer,
  toWire,
} from 'sojourn/protocol'

/** An instant as ISO 8601 in UTC. */
export function instant(millis: number): string {
  return new Date(millis).toISOString()
}

/** A session. */
export function sessionAnswer(session: SessionEntity | SessionListEntry): SessionAnswer {
  const { id, userId, username, creationTime, expirationTime, remoteAddr, userAgent } = session
  return {
    id,
    userId,
    username,
    creationTime: instant(creationTime),
    expirationTime: instant(expirationTime),
    remoteAddr,
    userAgent,
  }
}

/** A page of sessions. */
export function sessionsAnswer(list: SessionList): SessionsAnswer {
  return { items: list.map(listedSession), next: list.next ?? null }
}

/** An attribute. */
export function attributeAnswer({ value, creationTime, lastModified, expirationTime, isEncrypted }: Attribute): AttributeAnswer {
  return {
    value: toWire(value),
    creationTime: instant(creationTime),
    lastModified: instant(lastModified),
    expirationTime: expirationTime === null ? null : instant(expirationTime),
    isEncrypted,
  }
}

/** Attributes by their names. `fromEntries` makes own properties of all of them, whatever they are called. */
export function attributesAnswer(found: Iterable<readonly [string, Attribute | undefined]>): AttributesAnswer {
  return {
    attributes: Object.fromEntries(
      [...found].map(([name, attribute]) => [name, attribute === undefined ? null : attributeAnswer(attribute)]),
    ),
  }
}

function listedSession(entry: SessionListEntry): ListedSessionAnswer {
  return {
    ...sessionAnswer(entry),
    authType: entry.authType,
    authPrincipal: entry.authPrincipal,
    sessionStateChangeList: entry.sessionStateChangeList.map(({ remoteAddr, userAgent, timestampUtc, ctxSource }) => ({
      remoteAddr,
      userAgent,
      timestampUtc: instant(timestampUtc),
      ctxSource,
    })),
  }
}

// Which shapes travel between server and client?

/** An instant on the wire: ISO 8601 in UTC, with milliseconds and `Z`. */
export type Instant = string

/**
 * A value on the wire: JSON, where `{ "$type": NAME, "value": ... }` stands for what JSON has no word for. `unknown`, because whoever
 * receives one has to read it with `fromWire` first.
 */
export type WireValue = unknown

/** Body of `POST /v1/login`. */
export interface LoginBody {
  readonly username: string
  readonly password: string
  readonly totpCode?: string
  /** Replaces a password that expired or must be changed. */
  readonly newPassword?: string
}

/** Answer of `POST /v1/login`, the only one that ever holds a token. */
export interface LoginAnswer {
  readonly ust: string
  readonly userId: string
  readonly username: string
  readonly creationTime: Instant
  readonly expirationTime: Instant
  /** Sub-status codes such as `W003005`: the password is about to expire. */
  readonly warnings: readonly string[]
}

/** Answer of `GET /v1/session` and `GET /v1/sessions/{id}`. */
export interface SessionAnswer {
  /** The public id of the session, safe to log. */
  readonly id: string
  /** `null` for a guest. */
  readonly userId: string | null
  /** `null` for a guest. */
  readonly username: string | null
  readonly creationTime: Instant
  readonly expirationTime: Instant
  readonly remoteAddr: string
  readonly userAgent: string
}

/** Answer of `PATCH /v1/session`. */
export interface RenewAnswer {
  readonly expirationTime: Instant
}

/** Options of a write of attributes, of one or of all in a call. */
export interface AttributeOptions {
  /** Seconds from now; `null` for never; omitted keeps what is there. */
  readonly expiration?: number | null
  /** Whether to seal the value; omitted keeps what is there. */
  readonly encrypt?: boolean
}

/** Body that writes one attribute. */
export interface AttributeBody extends AttributeOptions {
  readonly name: string
  readonly value: WireValue
}

/** Body that writes several attributes, all or nothing; the options of an item go before those of the call. */
export interface AttributesBody extends AttributeOptions {
  readonly items: readonly AttributeBody[]
}

/** Body of `PATCH .../attributes/{name}`; at least one of the three is there. */
export interface AttributeChangeBody extends AttributeOptions {
  readonly value?: WireValue
}

/** Answer of a write: what was written. */
export interface AttributesWritten {
  readonly names: readonly string[]
}

/** An attribute on the wire. */
export interface AttributeAnswer {
  readonly value: WireValue
  readonly creationTime: Instant
  readonly lastModified: Instant
  /** `null`: only with its session. */
  readonly expirationTime: Instant | null
  readonly isEncrypted: boolean
}

/** Answer of `GET .../attributes/{name}`. */
export interface NamedAttributeAnswer extends AttributeAnswer {
  readonly name: string
}

/** Answer of `GET .../attributes`: `null` for a name that was asked for and is not there. */
export interface AttributesAnswer {
  readonly attributes: Readonly<Record<string, AttributeAnswer | null>>
}

/** One use of a session worth remembering. */
export interface SessionUse {
  readonly remoteAddr: string
  readonly userAgent: string
  readonly timestampUtc: Instant
  /** `login` or `renew`. */
  readonly ctxSource: string
}

/** A session in a list. */
export interface ListedSessionAnswer extends SessionAnswer {
  /** How it was opened: `default` for a password. */
  readonly authType: string
  /** The user name it was opened with; `null` for a guest. */
  readonly authPrincipal: string | null
  /** The latest 100, oldest first. */
  readonly sessionStateChangeList: readonly SessionUse[]
}

/** Answer of `GET /v1/sessions`. A page may hold fewer items than asked for, even none; `next: null` is the end. */
export interface SessionsAnswer {
  readonly items: readonly ListedSessionAnswer[]
  readonly next: string | null
}

/** Answer of `GET /healthz` and `GET /readyz`. */
export interface HealthAnswer {
  readonly status: 'ok'
}

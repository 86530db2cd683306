// Which HTTP headers carry what Sojourn needs to know beside the body?

/** The header names that server and client agree on, in lower case. */
export const HEADERS = {
  /** `Bearer` and the caller's user session token (RFC 6750, section 2.1). */
  authorization: 'authorization',
  /** The application that calls. Without it: the first of the server's applications. */
  app: 'x-sojourn-app',
  /** The correlation id, in and out. Without it the server makes one. */
  requestId: 'x-request-id',
  /** When to try again, in seconds (RFC 9110, section 10.2.3). */
  retryAfter: 'retry-after',
} as const

/** What a correlation id may look like: 1 to 128 letters, digits and `. _ : -`. It ends up in logs, so nothing else is let in. */
export const REQUEST_ID_PATTERN = /^[A-Za-z0-9._:-]{1,128}$/

/** What an application may be called in {@link HEADERS.app}: 1 to 128 printable ASCII characters. */
export const APP_PATTERN = /^[\x21-\x7e](?:[\x20-\x7e]{0,126}[\x21-\x7e])?$/

/**
 * Reads the token out of an `Authorization` header.
 *
 * @returns the token; `undefined` where there is no header, another scheme, or no token.
 * @see RFC 6750, section 2.1; the scheme's name ignores case (RFC 9110, section 11.1)
 */
export function bearerToken(header: string | undefined): string | undefined {
  return header === undefined ? undefined : /^bearer +([A-Za-z0-9._~+/=-]+) *$/i.exec(header)?.[1]
}

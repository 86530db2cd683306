// How does the body of a request become JSON?
import { isUtf8 } from 'node:buffer'
import { SojournError } from 'sojourn'
import type { App } from './application.ts'

/**
 * Adds the one parser of bodies.
 *
 * The framework's own reads bytes that are no UTF-8 as U+FFFD: names and values would be stored as something else, and passwords that differ
 * in such bytes would be the same. It also wants a body wherever there is a `Content-Type`, which clients send without one.
 *
 * @see RFC 8259, section 8.1: JSON between systems is UTF-8, and `charset` means nothing.
 */
export function addJsonBody(app: App): void {
  // Values are data: `__proto__` is a name like any other. Nothing here copies keys of a body without looking.
  const parse = app.getDefaultJsonParser('ignore', 'ignore')
  app.removeAllContentTypeParsers()
  app.addContentTypeParser<Buffer>('application/json', { parseAs: 'buffer' }, (request, body, done) => {
    if (body.length === 0 && request.routeOptions.schema?.body === undefined) return done(null, undefined)
    if (!isUtf8(body)) return done(notUtf8())
    return parse(request, body.toString(), done)
  })
}

function notUtf8(): SojournError {
  const errors = [{ field: 'body', reason: 'must be UTF-8' }]
  return new SojournError('ERR_REQUEST_INVALID', '`body` must be UTF-8.', { errors })
}

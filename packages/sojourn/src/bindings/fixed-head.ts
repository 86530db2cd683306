// How does the head of a response stay what it was when its first byte was asked for, while that byte waits?
import type { ServerResponse } from 'node:http'

/**
 * Fixes status, message and headers as Node does once they are sent: who changes a header is told so, and who changes the status changes nothing.
 * What is answered lets them be changed again.
 */
export function fixHead(response: ServerResponse): () => void {
  const { statusCode, setHeader, appendHeader, removeHeader } = response
  const statusMessage = messageOf(response)
  let isFixed = true
  const refusing =
    (verb: string, own: (...args: never[]) => unknown) =>
    (...args: unknown[]): unknown => {
      if (isFixed) throw headersSent(verb)
      return Reflect.apply(own, response, args)
    }
  Object.assign(response, {
    setHeader: refusing('set', setHeader),
    appendHeader: refusing('append', appendHeader),
    removeHeader: refusing('remove', removeHeader),
  })
  return () => {
    isFixed = false
    response.statusCode = statusCode
    setMessage(response, statusMessage)
  }
}

/** Takes back all that a handler said in the head: it goes with an answer that is not sent. */
export function clearHead(response: ServerResponse): void {
  for (const name of response.getHeaderNames()) response.removeHeader(name)
  setMessage(response, undefined)
}

/** Node's own error, which frameworks know by its code. */
export function headersSent(verb: string): Error {
  return nodeError('ERR_HTTP_HEADERS_SENT', `Cannot ${verb} headers after they are sent to the client`)
}

/** The same of a write or end that comes too late. */
export function writeAfterEnd(): Error {
  return nodeError('ERR_STREAM_WRITE_AFTER_END', 'write after end')
}

function nodeError(code: string, message: string): Error {
  return Object.assign(new Error(message), { code })
}

/** Asked of the response itself: that of HTTP/2 has no message, and warns who asks its prototype for one. */
function messageOf(response: ServerResponse): string | undefined {
  return Object.hasOwn(response, 'statusMessage') ? response.statusMessage : undefined
}

function setMessage(response: ServerResponse, message: string | undefined): void {
  if (messageOf(response) !== message) Reflect.set(response, 'statusMessage', message)
}

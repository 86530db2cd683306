// What does the body of a request say in one field, be it a form or JSON?

/** A field of a body that has been parsed; `undefined` where there is none. */
export function fieldOf(body: unknown, name: string): unknown {
  return typeof body === 'object' && body !== null && Object.hasOwn(body, name) ? Reflect.get(body, name) : undefined
}

/** What a body is said to be, of what can be read here. */
export function bodyKind(contentType: string | null | undefined): 'json' | 'form' | undefined {
  const match = /^(?:application\/(?:(json)|x-www-form-urlencoded)|multipart\/form-data) *(?:;|$)/i.exec(contentType ?? '')
  if (match === null) return undefined
  return match[1] === undefined ? 'form' : 'json'
}

/** A field of a standard `Request`, read from a copy so that the handler still has the body. */
export async function requestField(request: Request, name: string): Promise<unknown> {
  const kind = bodyKind(request.headers.get('content-type'))
  // Of others no copy: what nobody reads of it would be kept in memory.
  if (kind === undefined || request.bodyUsed) return undefined
  const copy = request.clone()
  const body = kind === 'json' ? copy.json() : copy.formData().then(Object.fromEntries)
  return body.then(
    (parsed) => fieldOf(parsed, name),
    () => undefined,
  )
}

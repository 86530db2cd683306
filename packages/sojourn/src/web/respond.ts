// How does a response get the fields that a commit asks for?
import type { Field } from './commit.ts'

/** A response with those fields: the same one where its header can be changed, otherwise a copy. */
export function respond(response: Response, fields: readonly Field[]): Response {
  if (fields.length === 0) return response
  try {
    apply(response.headers, fields)
    return response
  } catch {
    // Of `Response.redirect()` and what `fetch` answered the header cannot be changed.
    const copy = new Response(response.body, response)
    apply(copy.headers, fields)
    return copy
  }
}

function apply(headers: Headers, fields: readonly Field[]): void {
  for (const { name, value, added } of fields) {
    if (added) headers.append(name, value)
    else headers.set(name, value)
  }
}

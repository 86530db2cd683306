// How does the reply of a Fastify handler say what its session asks for, or become the answer to one that could not be saved?
import { Readable } from 'node:stream'
import type { FastifyReply } from 'fastify'
import type { Field } from '../web/commit.ts'
import type { Current } from '../web/current.ts'
import { failureOf, letGo, type OnError } from '../web/failure.ts'
import { respond } from '../web/respond.ts'
import { clearHead } from './fixed-head.ts'
import type { HeldResponse } from './node-response.ts'

/** A session to be saved. */
export interface Waiting extends Pick<Current, 'commit'> {
  readonly held: HeldResponse
  /** Where saving takes its time: a promise of the payload that goes out. */
  saving: Promise<unknown> | undefined
}

/** Saves a session before a reply goes out; answers what else is to go out, or `undefined` where nothing is waited for. */
export function saveBefore(
  reply: FastifyReply,
  payload: unknown,
  own: Waiting | null | undefined,
  onError: OnError,
): Promise<unknown> | undefined {
  if (own == null) return undefined
  // Once: the answer to an error of this passes here again, and so does what is sent twice, which must not overtake the first.
  if (own.saving !== undefined) return own.saving.then(() => undefined)
  own.held.release()
  const saved = own.commit()
  if (saved instanceof Promise) own.saving = whenSaved(reply, payload, saved, onError)
  return own.saving
}

async function whenSaved(
  reply: FastifyReply,
  payload: unknown,
  saved: Promise<readonly Field[]>,
  onError: OnError,
): Promise<unknown> {
  try {
    return addToReply(reply, payload, await saved)
  } catch (error) {
    onError(error)
    return refuseReply(reply, payload, error)
  }
}

/** Puts fields in the header, where they stay whatever payload a later hook puts in the place of this one; answers the payload that goes out. */
function addToReply(reply: FastifyReply, payload: unknown, fields: readonly Field[]): unknown {
  for (const { name, value } of fields) reply.header(name, value)
  if (!isResponse(payload)) return payload
  // What a standard response says in its own header goes over the reply's, and would have caches keep the cookie; cookies are added to it.
  const single = fields.filter(({ added }) => !added)
  return respond(payload, single)
}

/** As Fastify sees it: it may be of another realm, or of a library. */
function isResponse(payload: unknown): payload is Response {
  return Object.prototype.toString.call(payload) === '[object Response]'
}

/** Takes back what the handler said, in the reply and in the raw response; answers the payload that goes out instead. */
function refuseReply(reply: FastifyReply, payload: unknown, error: unknown): string {
  // Nobody else reads it to its end, and it may hold a file open.
  if (payload instanceof Readable) payload.destroy()
  else letGo(isResponse(payload) ? payload.body : payload)
  for (const name of Object.keys(reply.getHeaders())) reply.removeHeader(name)
  clearHead(reply.raw)
  const { status, fields, body } = failureOf(error)
  reply.code(status).headers(fields)
  return body
}

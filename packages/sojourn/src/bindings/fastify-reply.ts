// How does the reply of a Fastify handler become the answer to a session that could not be saved?
import { Readable } from 'node:stream'
import type { FastifyReply } from 'fastify'
import { failureOf } from '../web/failure.ts'
import { clearHead } from './fixed-head.ts'

/** Takes back what the handler said, in the reply and in the raw response; answers the payload that goes out instead. */
export function refuseReply(reply: FastifyReply, payload: unknown, error: unknown): string {
  // Nobody else reads it to its end, and it may hold a file open.
  if (payload instanceof Readable) payload.destroy()
  for (const name of Object.keys(reply.getHeaders())) reply.removeHeader(name)
  clearHead(reply.raw)
  const { status, fields, body } = failureOf(error)
  reply.code(status).headers(fields)
  return body
}

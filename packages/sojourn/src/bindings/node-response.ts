// How is a session saved before the first byte of a response, whatever the handler does with it?
//
// The first call that would send something (`writeHead`, `write`, `end`, `flushHeaders`) starts the commit. Where there is nothing to save it goes
// straight through. Otherwise it and those that follow are held back and made, in their order, when the commit is done; from then on all go
// straight through. When the commit fails, an answer that says so goes out instead, and what the handler still writes goes nowhere. Whoever deals
// with a response that is held finds what they would without us: the head is sent, and after the end nothing more can be.
import type { ServerResponse } from 'node:http'
import type { Readable } from 'node:stream'
import type { Field, Saved } from '../web/commit.ts'
import { failureOf } from '../web/failure.ts'
import { clearHead, fixHead, headersSent, writeAfterEnd } from './fixed-head.ts'

/** What is done before the first byte. */
export interface BeforeFirstByte {
  commit(): Saved
  /** Told what went wrong. */
  onError(error: unknown): void
}

/** A response that waits for its session. */
export interface HeldResponse {
  /** Lets everything through: the session was saved and its fields are in the header already. */
  release(): void
}

type Method = (...args: unknown[]) => unknown

/** The methods that send something. */
type Sending = 'writeHead' | 'write' | 'end' | 'flushHeaders'

/** What a response that waits says of itself. */
interface Hold {
  readonly isSent: () => boolean
  readonly isEnded: () => boolean
  /** Of another session of the same response, held before. */
  readonly before: Hold | undefined
}

/** Where a response keeps its {@link Hold}. */
const HOLD = Symbol('sojourn.hold')

type HeldServerResponse = ServerResponse & { [HOLD]?: Hold }

/**
 * Who asks meanwhile is told what would be true without us. Made once: an accessor of its own would give each response a hidden class of its own,
 * which costs the garbage collector more than all the rest.
 */
const TRUTHS: PropertyDescriptorMap = {
  headersSent: truth('headersSent', (hold) => hold.isSent()),
  writableEnded: truth('writableEnded', (hold) => hold.isEnded()),
}

/** Holds a response back until its session is saved. */
export function holdResponse(response: HeldServerResponse, { commit, onError }: BeforeFirstByte): HeldResponse {
  const { writeHead, write, end, flushHeaders } = response
  const own = { writeHead, write, end, flushHeaders }
  const send = (name: Sending, args: readonly unknown[]): unknown => Reflect.apply(own[name], response, args)
  let phase: 'waiting' | 'held' | 'through' | 'failed' = 'waiting'
  let isEnded = false
  let isDraining = false
  let freeHead: (() => void) | undefined
  const calls: { readonly name: Sending; args: unknown[] }[] = []

  /** A method in the place of the response's own; `answer` is what it answers while it is held. */
  const held =
    (name: Sending, answer: () => unknown): Method =>
    (...args) => {
      if (phase === 'waiting') start()
      if (phase === 'through') return send(name, args)
      if (name === 'writeHead' && calls.length > 0) throw headersSent('write')
      // Only the callback: nobody listens to the event that Node has for this too, and which would end the process.
      if (isEnded && hasChunk(args)) callBack(args, writeAfterEnd())
      else if (phase === 'failed') callBack(args)
      else calls.push({ name, args })
      return answer()
    }
  function start(): void {
    const saved = commit()
    if (!(saved instanceof Promise) && saved.length === 0) {
      phase = 'through'
      return
    }
    phase = 'held'
    freeHead = fixHead(response)
    const isSent = () => phase === 'held' || phase === 'failed'
    response[HOLD] = { isSent, isEnded: () => isEnded && isSent(), before: response[HOLD] }
    Object.defineProperties(response, TRUTHS)
    Promise.resolve(saved).then(flush, fail)
  }
  function flush(fields: readonly Field[]): void {
    phase = 'through'
    freeHead?.()
    try {
      const [first] = calls
      if (first?.name === 'writeHead') first.args = takeHeaders(response, first.args)
      addFields(response, fields)
      let isFlowing: unknown = true
      for (const { name, args } of calls) isFlowing = send(name, args)
      if (isDraining && isFlowing !== false) response.emit('drain')
    } catch (error) {
      // What the server would have thrown at the handler: an invalid status or header.
      if (response.headersSent) {
        onError(error)
        response.destroy()
      } else fail(error)
    }
  }
  function fail(error: unknown): void {
    // Not failed yet: the `end` of HTTP/2, and of some who wrap a response, writes by the response's own `write`.
    phase = 'through'
    freeHead?.()
    const { status, fields, body } = failureOf(error)
    // With its end a response lets go of what is piped into it.
    response.on('unpipe', (source: Readable) => letGoOf(source, response))
    try {
      clearHead(response)
      send('writeHead', [status, { ...fields, 'content-length': Buffer.byteLength(body) }])
      send('end', [body])
    } catch {
      // Somebody has wrapped the response and fails at this too; of the two errors the first one counts.
      response.destroy()
    }
    phase = 'failed'
    for (const { args } of calls) callBack(args)
    if (isDraining) response.emit('drain')
    onError(error)
  }

  const methods = response as unknown as Record<Sending, Method>
  methods.writeHead = held('writeHead', () => response)
  methods.write = held('write', () => {
    // Who has wrapped the response before us may listen to the end of the jam elsewhere, as `compression` does: there must be none then.
    const isOwn = write === Reflect.get(Object.getPrototypeOf(response), 'write')
    isDraining = phase === 'held' && isOwn
    return !isDraining && !isEnded
  })
  methods.end = held('end', () => {
    isEnded = true
    return response
  })
  methods.flushHeaders = held('flushHeaders', () => undefined)
  return {
    release() {
      if (phase === 'waiting') phase = 'through'
    },
  }
}

/** A property that holds when one of the sessions says so, and otherwise when the response itself does. */
function truth(name: 'headersSent' | 'writableEnded', says: (hold: Hold) => boolean): PropertyDescriptor {
  function get(this: HeldServerResponse): unknown {
    for (let hold = this[HOLD]; hold !== undefined; hold = hold.before) if (says(hold)) return true
    return Reflect.get(Object.getPrototypeOf(this), name, this)
  }
  return { configurable: true, enumerable: true, get }
}

/**
 * Ends what nobody reads any more, and what is piped into that: it may hold a file open. A request is read to its end instead: the connection is
 * its own, and others follow on it.
 */
function letGoOf(source: Readable, response: ServerResponse): void {
  if (source.listenerCount('data') > 0) return
  if (source === response.req) {
    source.resume()
    return
  }
  source.on('unpipe', (before: Readable) => letGoOf(before, response))
  source.destroy()
}

/** Streams wait for the callback that ends such a call. */
function callBack(args: readonly unknown[], error?: Error): void {
  const last = args.at(-1)
  if (typeof last === 'function') queueMicrotask(() => last(error))
}

/** Whether a call has something to send; an `end` without it may come twice. */
function hasChunk([chunk]: readonly unknown[]): boolean {
  return chunk !== undefined && chunk !== null && typeof chunk !== 'function'
}

/** Moves the headers of a `writeHead` to the response, so that ours can stand beside them; answers the arguments without them. */
function takeHeaders(response: ServerResponse, args: readonly unknown[]): unknown[] {
  const [status, ...rest] = args
  const [message] = rest.filter((each) => typeof each === 'string')
  const headers = rest.find((each) => typeof each === 'object' && each !== null)
  const pairs = Array.isArray(headers) ? pairsOf(headers) : Object.entries(headers ?? {})
  const lists = Array.isArray(headers)
  for (const [name] of lists ? pairs : []) response.removeHeader(name)
  for (const [name, value] of pairs) {
    if (lists) response.appendHeader(name, value)
    else response.setHeader(name, value)
  }
  return message === undefined ? [status] : [status, message]
}

/** Node takes a flat list of names and values, and a list of pairs. Values that are none it refuses when they are set. */
function pairsOf(list: readonly unknown[]): [string, string | string[]][] {
  const flat = list.some(Array.isArray) && !list.some((each) => typeof each === 'string') ? list.flat(1) : list
  return Array.from({ length: Math.floor(flat.length / 2) }, (_, at) => [String(flat[2 * at]), flat[2 * at + 1] as string])
}

function addFields(response: ServerResponse, fields: readonly Field[]): void {
  for (const { name, value, added } of fields) {
    if (added) response.appendHeader(name, value)
    else response.setHeader(name, value)
  }
}

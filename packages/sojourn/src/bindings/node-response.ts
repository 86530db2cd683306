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

/** Where a response keeps what holds it. */
const HOLD = Symbol('sojourn.hold')

type HeldServerResponse = ServerResponse & { [HOLD]?: Hold | undefined }

/**
 * Who asks meanwhile is told what would be true without us. Made once: an accessor of its own would give each response a hidden class of its own,
 * which costs the garbage collector more than all the rest.
 */
const TRUTHS: PropertyDescriptorMap = {
  headersSent: truth('headersSent', (hold) => hold.isSent),
  writableEnded: truth('writableEnded', (hold) => hold.isEnded),
}

/** Holds a response back until its session is saved. */
export function holdResponse(response: ServerResponse, before: BeforeFirstByte): HeldResponse {
  return new Hold(response, before)
}

interface HeldCall {
  readonly name: Sending
  args: readonly unknown[]
}

/** A class for the sake of its methods: every response has one, and most are never held back. */
class Hold implements HeldResponse {
  readonly #response: HeldServerResponse
  readonly #before: BeforeFirstByte
  /** The methods that were there. */
  readonly #own: Record<Sending, (...args: never[]) => unknown>
  /** The calls that are held back; made with the first. */
  #calls: HeldCall[] | undefined
  #phase: 'waiting' | 'held' | 'through' | 'failed' = 'waiting'
  #hasEnd = false
  #isDraining = false
  #freeHead: (() => void) | undefined
  /** Of another session of the same response, held before. */
  earlier: Hold | undefined

  constructor(response: ServerResponse, before: BeforeFirstByte) {
    const { writeHead, write, end, flushHeaders } = response
    this.#response = response
    this.#before = before
    this.#own = { writeHead, write, end, flushHeaders }
    const methods = response as unknown as Record<Sending, Method>
    methods.writeHead = this.#method('writeHead')
    methods.write = this.#method('write')
    methods.end = this.#method('end')
    methods.flushHeaders = this.#method('flushHeaders')
  }

  /** Whether whoever asks is to find the head sent. */
  get isSent(): boolean {
    return this.#phase === 'held' || this.#phase === 'failed'
  }
  /** Whether whoever asks is to find the response ended. */
  get isEnded(): boolean {
    return this.#hasEnd && this.isSent
  }
  release(): void {
    if (this.#phase === 'waiting') this.#phase = 'through'
  }

  /** Made here and not where it is assigned, from where V8 has all of a response live until it clears up everything, and a request cost twice as much. */
  #method(name: Sending): Method {
    return (...args) => this.#take(name, args)
  }
  /** A call of one of the methods. */
  #take(name: Sending, args: readonly unknown[]): unknown {
    if (this.#phase === 'waiting') this.#start()
    if (this.#phase === 'through') return this.#send(name, args)
    this.#calls ??= []
    const calls = this.#calls
    if (name === 'writeHead' && calls.length > 0) throw headersSent('write')
    // Only the callback: nobody listens to the event that Node has for this too, and which would end the process.
    if (this.#hasEnd && hasChunk(args)) callBack(args, writeAfterEnd())
    else if (this.#phase === 'failed') callBack(args)
    else calls.push({ name, args })
    return this.#answer(name)
  }
  /** What a call answers that is held back. */
  #answer(name: Sending): unknown {
    if (name === 'flushHeaders') return undefined
    if (name === 'end') this.#hasEnd = true
    if (name !== 'write') return this.#response
    // Who has wrapped the response before us may listen to the end of the jam elsewhere, as `compression` does: there must be none then.
    const isOwn = this.#own.write === Reflect.get(Object.getPrototypeOf(this.#response), 'write')
    this.#isDraining = this.#phase === 'held' && isOwn
    return !this.#isDraining && !this.#hasEnd
  }
  #send(name: Sending, args: readonly unknown[]): unknown {
    return Reflect.apply(this.#own[name], this.#response, args)
  }
  #start(): void {
    const saved = this.#before.commit()
    if (!(saved instanceof Promise)) {
      this.#phase = 'through'
      return
    }
    const response = this.#response
    this.#phase = 'held'
    this.#freeHead = fixHead(response)
    this.earlier = response[HOLD]
    response[HOLD] = this
    Object.defineProperties(response, TRUTHS)
    saved.then(
      (fields) => this.#flush(fields),
      (error: unknown) => this.#fail(error),
    )
  }
  #flush(fields: readonly Field[]): void {
    const response = this.#response
    this.#phase = 'through'
    this.#freeHead?.()
    try {
      const calls = this.#calls ?? []
      const [first] = calls
      if (first?.name === 'writeHead') first.args = takeHeaders(response, first.args)
      addFields(response, fields)
      let isFlowing: unknown = true
      for (const { name, args } of calls) isFlowing = this.#send(name, args)
      if (this.#isDraining && isFlowing !== false) response.emit('drain')
    } catch (error) {
      // What the server would have thrown at the handler: an invalid status or header.
      if (response.headersSent) {
        this.#before.onError(error)
        response.destroy()
      } else this.#fail(error)
    }
  }
  #fail(error: unknown): void {
    const response = this.#response
    // Not failed yet: the `end` of HTTP/2, and of some who wrap a response, writes by the response's own `write`.
    this.#phase = 'through'
    this.#freeHead?.()
    const { status, fields, body } = failureOf(error)
    // With its end a response lets go of what is piped into it.
    response.on('unpipe', (source: Readable) => letGoOf(source, response))
    try {
      clearHead(response)
      this.#send('writeHead', [status, { ...fields, 'content-length': Buffer.byteLength(body) }])
      this.#send('end', [body])
    } catch {
      // Somebody has wrapped the response and fails at this too; of the two errors the first one counts.
      response.destroy()
    }
    this.#phase = 'failed'
    for (const { args } of this.#calls ?? []) callBack(args)
    if (this.#isDraining) response.emit('drain')
    this.#before.onError(error)
  }
}

/** A property that holds when one of the sessions says so, and otherwise when the response itself does. */
function truth(name: 'headersSent' | 'writableEnded', says: (hold: Hold) => boolean): PropertyDescriptor {
  function get(this: HeldServerResponse): unknown {
    for (let hold = this[HOLD]; hold !== undefined; hold = hold.earlier) if (says(hold)) return true
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

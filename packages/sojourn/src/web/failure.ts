// What does the browser see when a session cannot be read or saved, and who else hears of it?
import { refuseUnknown } from '../engine/check.ts'
import type { EngineCore } from '../engine/core.ts'
import { type ErrorCode, invalidOption, isSojournError, type Problem, problem } from '../engine/error.ts'

/** Told of errors. */
export type OnError = (error: unknown) => void

/** The answer to an error in the place of the handler's: problem details. Of errors that are not ours nothing at all is told. */
export function failureOf(error: unknown): Problem {
  return isSojournError(error) ? error.toProblem() : problem(500, { title: 'The server failed', status: 500 })
}

/** Has a body that does not go out end: whoever makes it would wait for ever, and it may hold a file or a connection open. */
export function letGo(body: unknown): void {
  // It refuses where somebody reads it already, who sees to its end then.
  if (body instanceof ReadableStream) body.cancel().catch(() => undefined)
}

/**
 * The error with what frameworks look for. Ours has it: Express and Fastify send its `headers`, Hono its `getResponse()`; all take its `status`. Any
 * other is a failure of the server, also where it tells what some other server answered.
 */
function forFramework(error: Error): Error {
  if (isSojournError(error)) return error
  const { status, fields, body } = failureOf(error)
  const getResponse = () => new Response(body, { status, headers: fields })
  // Defined rather than assigned, and no failure where that cannot be: an accessor of its own would throw, and a frozen error.
  for (const [name, value] of Object.entries({ status, statusCode: status, headers: {}, getResponse })) {
    Reflect.defineProperty(error, name, { value, configurable: true, enumerable: true, writable: true })
  }
  return error
}

/**
 * What a binding hands to its framework of an error that this answers: the application hears of it first. What is thrown and no error would be none
 * at all to some frameworks, or the name of a place to go on at.
 */
export function refuseBy(onError: OnError): (error: unknown) => Error {
  return (error) => {
    onError(error)
    return forFramework(error instanceof Error ? error : new Error('The session failed.', { cause: error }))
  }
}

/** Throws the error of a session that could not be read or saved, once its event was told. */
export function rethrow({ events, clock }: Pick<EngineCore, 'events' | 'clock'>, step: 'load' | 'commit', error: unknown): never {
  const facts = isSojournError(error) ? { code: error.code, fix: error.fix } : {}
  events.emit({ type: 'web.failed', at: clock(), step, ...facts })
  throw error
}

/** Reads the option of that name. Where it fails itself, at once or later, the answer goes out all the same: only the console is told. */
export function readOnError(onError: OnError | undefined): OnError {
  if (onError === undefined) return warnOnce('a request', ': give `onError` to see it.')
  if (typeof onError !== 'function') throw invalidOption('onError', 'must be a function')
  const warn = warnOnce('`onError`', '.')
  return (error) => {
    new Promise((done) => done(onError(error))).catch(warn)
  }
}

/** Reads the options of a handler. */
export function readHandleOptions(options: { readonly onError?: OnError | undefined }): OnError {
  refuseUnknown('options', options, ['onError'])
  return readOnError(options.onError)
}

/**
 * Who is told where the application names nobody: the console, which every runtime has, of failures of the server, once for each code, with the
 * fix. Of an error that is not Sojourn's only its kind is told, as nobody knows what its text holds.
 */
function warnOnce(who: string, advice: string): OnError {
  const told = new Set<ErrorCode | undefined>()
  return (error) => {
    const ours = isSojournError(error) ? error : undefined
    if ((ours !== undefined && ours.status < 500) || told.has(ours?.code)) return
    told.add(ours?.code)
    const kind = error instanceof Error ? error.name : typeof error
    const what = ours === undefined ? kind + advice : `${ours.code}: ${ours.message} ${ours.fix}`
    console.warn(`Sojourn: ${who} failed with ${what}`)
  }
}

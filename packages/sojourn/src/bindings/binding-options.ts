// What can an application choose about the sessions of its framework?
import { refuseUnknown } from '../engine/check.ts'
import { invalidOption } from '../engine/error.ts'
import { type OnError, readOnError } from '../web/failure.ts'

/** How a binding reads and saves sessions. */
export interface BindingOptions<Carrier> {
  /** `true`: nothing is read until the handler calls `await session.load()`. Default: `false`. */
  readonly lazy?: boolean | undefined
  /** Says which requests must not keep the session alive, such as polling. Default: none. */
  readonly passive?: ((request: Carrier) => boolean) | undefined
  /**
   * Told why a session could not be read or saved; the browser gets an error in the place of the response. Default: failures of the
   * server go to the console (`console.warn`), once for each code.
   */
  readonly onError?: ((error: unknown) => void) | undefined
}

/** The options as they are in force. */
export interface BindingSettings<Carrier> {
  readonly lazy: boolean
  readonly passive: (request: Carrier) => boolean
  readonly onError: OnError
}

export function readBindingOptions<Carrier>(options: BindingOptions<Carrier>): BindingSettings<Carrier> {
  refuseUnknown('options', options, ['lazy', 'passive', 'onError'])
  const { lazy = false, passive = () => false } = options
  if (typeof lazy !== 'boolean') throw invalidOption('lazy', 'must be true or false')
  if (typeof passive !== 'function') throw invalidOption('passive', 'must be a function of the request')
  return { lazy, passive, onError: guarded(readOnError(options.onError)) }
}

/**
 * One that fails itself: the answer must go out all the same, and nobody above would catch it. Nobody is left who could be told but the console,
 * once, and of what was thrown only its kind, as nobody knows what its text holds.
 */
function guarded(onError: OnError): OnError {
  let told = false
  return (error) => {
    try {
      onError(error)
    } catch (failure) {
      if (!told) console.warn(`Sojourn: \`onError\` failed with ${failure instanceof Error ? failure.name : typeof failure}.`)
      told = true
    }
  }
}

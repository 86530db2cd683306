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
   * Told why a session could not be read or saved, and by `sojourn/node` what a handler threw; the browser gets an error in the place of the
   * response. Default: failures of the server go to the console (`console.warn`), once for each code.
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
  return { lazy, passive, onError: readOnError(options.onError) }
}

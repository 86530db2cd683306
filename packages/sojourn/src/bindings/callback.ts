// How does a promise answer a caller that gave a callback?

/** A callback of that kind. */
export type Callback<Args extends unknown[] = []> = (error?: unknown, ...args: Args) => void

/** Calls back outside of the promise, so that what the callback throws is an error of the process, as with any store. */
export function answer<T>(result: Promise<T>, callback: ((error?: unknown, value?: T) => void) | undefined): void {
  result.then(
    (value) => process.nextTick(() => callback?.(null, value)),
    (error: unknown) => process.nextTick(() => callback?.(error)),
  )
}

// How far may a walk through a value go, and how does an error say where it was?
import { SojournError } from '../error.ts'

/** What JSON carries. */
export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json }

/** Deeper values are refused: not every reader of JSON goes deeper. */
const MOST_LEVELS = 500

/** More parts than this do not fit into the largest value; also the end of structures that share parts so often that they explode. */
const MOST_PARTS = 262_144

/** Longer paths are cut in errors. */
const MOST_PATH_CHARACTERS = 200

/** Where a walk is. */
export interface Walk {
  /** Goes one step down. */
  into<T>(key: string | number, work: () => T): T
  /** Counts one part. */
  count(): void
  /** The error that names this place. The reason must not contain a value. */
  unsupported(reason: string): SojournError
}

/** @param root how the whole value is called in errors. */
export function startWalk(root: string): Walk {
  const path: (string | number)[] = []
  let parts = 0
  const unsupported = (reason: string) => {
    const field = describe(root, path)
    return new SojournError('ERR_VALUE_UNSUPPORTED', `\`${field}\` ${reason}, which cannot be stored.`, {
      errors: [{ field, reason }],
    })
  }
  return {
    unsupported,
    into(key, work) {
      if (path.length >= MOST_LEVELS) throw unsupported(`has more than ${MOST_LEVELS} levels`)
      path.push(key)
      const result = work()
      path.pop()
      return result
    },
    count() {
      parts += 1
      if (parts > MOST_PARTS) throw new SojournError('ERR_VALUE_TOO_LARGE', `\`${root}\` has more than ${MOST_PARTS} parts.`)
    },
  }
}

function describe(root: string, path: readonly (string | number)[]): string {
  const steps = path.map((key) => {
    if (typeof key === 'number') return `[${key}]`
    return /^[A-Za-z_][\w-]*$/.test(key) ? `.${key}` : `[${JSON.stringify(key)}]`
  })
  const text = root + steps.join('')
  return text.length <= MOST_PATH_CHARACTERS ? text : `${text.slice(0, MOST_PATH_CHARACTERS)}...`
}

/** Sets an own property whatever its name is, `__proto__` included. */
export function put<T>(record: Record<string, T>, key: string, value: T): void {
  if (key === '__proto__') Object.defineProperty(record, key, { value, enumerable: true, configurable: true, writable: true })
  else record[key] = value
}

// What can be done with the named values of a session or a user?

import type { Millis, Seconds } from '../time.ts'
import type { AttributeSchema, ValueOf } from './schema.ts'

/** A named value as it is read. */
export interface Attribute<Value = unknown> {
  readonly name: string
  /** What was stored; `undefined` only for a sealed one read with `decrypt: false`. */
  readonly value: Value
  /** Epoch milliseconds. */
  readonly creationTime: Millis
  /** Epoch milliseconds. */
  readonly lastModified: Millis
  /** Epoch milliseconds; `null` for as long as its session or user. */
  readonly expirationTime: Millis | null
  readonly isEncrypted: boolean
}

/** How a value is to be kept. */
export interface AttributeOptions {
  /** How long it lives from now. Unit: seconds, positive. `null`: for ever. Omitted: what is there; for a new one its schema's default, else for ever. */
  readonly expiration?: Seconds | null | undefined
  /** Whether it is sealed. Omitted: what is there; for a new one its schema's default, else not. */
  readonly encrypt?: boolean | undefined
}

/** One value of a bulk call. Its own options go before those of the call. */
export interface AttributeItem extends AttributeOptions {
  readonly name: string
  readonly value: unknown
}

/** One expiry of a bulk call. */
export interface ExpiryItem {
  readonly name: string
  readonly expiration?: Seconds | null | undefined
}

/** How values are read. */
export interface ReadOptions {
  /** `false` leaves sealed values closed: their `value` is `undefined`. Default: `true`. */
  readonly decrypt?: boolean | undefined
}

/**
 * The verbs on named values. Each is all or nothing and one store call whatever the number of items; sealing the first value of a
 * session, a sealed value in the way of a plain one, `update` with a function, and `increment` of a declared number take a second.
 *
 * Every verb may throw `ERR_SESSION_ENDED` (`ERR_USER_MISSING` on a user), `ERR_OPTION_INVALID` and `ERR_STORE_UNAVAILABLE`;
 * verbs that take values also `ERR_VALUE_UNSUPPORTED`, `ERR_VALUE_TOO_LARGE`, and, where a value is or becomes sealed,
 * `ERR_ATTRIBUTE_SEALED` and `ERR_KEY_MISSING`. An error of a bulk call names the items at fault in `names`; nothing was changed.
 */
export interface Attributes<S extends AttributeSchema = AttributeSchema> {
  /**
   * Stores a new value.
   *
   * @throws {SojournError} `ERR_ATTRIBUTE_EXISTS`
   */
  create<N extends string>(name: N, value: ValueOf<S, N>, options?: AttributeOptions): Promise<void>
  /**
   * Stores several new values.
   *
   * @throws {SojournError} `ERR_ATTRIBUTE_EXISTS`
   */
  createMany(items: readonly AttributeItem[], options?: AttributeOptions): Promise<void>
  /** Stores a value, whether or not there is one. */
  set<N extends string>(name: N, value: ValueOf<S, N>, options?: AttributeOptions): Promise<void>
  /** Stores several values, whether or not they are there. */
  setMany(items: readonly AttributeItem[], options?: AttributeOptions): Promise<void>
  /**
   * Replaces a value that is there, by another one or by what a function makes of it.
   *
   * A function is applied as compare-and-set: calls for one attribute queue up within a process, and when another process was faster
   * the function is called again with the newer value. It must not change the same attribute itself.
   *
   * @throws {SojournError} `ERR_ATTRIBUTE_MISSING`; `ERR_ATTRIBUTE_CONFLICT` when others were faster again and again.
   */
  update<N extends string, V extends ValueOf<S, N>>(
    name: N,
    value: V | ((old: V) => V | Promise<V>),
    options?: AttributeOptions,
  ): Promise<void>
  /**
   * Replaces several values that are there.
   *
   * @throws {SojournError} `ERR_ATTRIBUTE_MISSING`
   */
  updateMany(items: readonly AttributeItem[], options?: AttributeOptions): Promise<void>
  /**
   * Adds to a number, exactly, whoever else adds at the same time; an absent one counts as 0.
   *
   * The sum of a declared number is checked by its schema first, so that it is a compare-and-set as `update` with a function is.
   *
   * @param by default 1.
   * @returns the sum.
   * @throws {SojournError} `ERR_VALUE_UNSUPPORTED` when what is there is no number, or the sum could not be exact. For a declared one
   * `ERR_OPTION_INVALID` when the sum does not fit its schema; `ERR_ATTRIBUTE_CONFLICT` when others were faster again and again.
   */
  increment(name: string, by?: number): Promise<number>
  /** Reads a value; `undefined` when there is none. */
  get<N extends string>(name: N, options?: ReadOptions): Promise<Attribute<ValueOf<S, N>> | undefined>
  /** Reads several values; the map holds every name asked for. */
  getMany(names: readonly string[], options?: ReadOptions): Promise<Map<string, Attribute | undefined>>
  exists(name: string): Promise<boolean>
  /** Whether each is there; the map holds every name asked for. */
  existsMany(names: readonly string[]): Promise<Map<string, boolean>>
  /** The names of all values there are. */
  names(): Promise<string[]>
  /** Removes a value; a missing one is no error. */
  delete(name: string): Promise<void>
  /** Removes several values; missing ones are no error. */
  deleteMany(names: readonly string[]): Promise<void>
  /**
   * Lets a value live that long from now.
   *
   * @param expiration unit: seconds; `null` for ever.
   * @throws {SojournError} `ERR_ATTRIBUTE_MISSING`
   */
  setExpiry(name: string, expiration: Seconds | null): Promise<void>
  /**
   * The same for several, each with its own `expiration` or that of the call.
   *
   * @throws {SojournError} `ERR_ATTRIBUTE_MISSING`
   */
  setExpiryMany(items: readonly ExpiryItem[], options?: { readonly expiration?: Seconds | null | undefined }): Promise<void>
  /** All values by their names. */
  toDict(options?: ReadOptions): Promise<Record<string, Attribute>>
}

/** The name of a verb, for those who authorise or record its use. */
export type AttributeVerb = keyof Attributes

// What does an opener give the suite of session stores to try?
import type { SessionStore } from '../../engine/store.ts'

/** A store that the suite was given to try, empty at first, and whatever else its kind is tried with. */
export interface OpenedStore {
  readonly store: SessionStore
  /** Opens the same data once more, as another process would. The suite closes what it opened. */
  readonly another?: (() => Promise<SessionStore>) | undefined
  /** How many round trips to its server `store` has made so far. */
  readonly countRoundTrips?: (() => number | Promise<number>) | undefined
  /** Takes the storage away and gives it back, with what was in it. */
  readonly outage?: { begin(): Promise<void>; end(): Promise<void> } | undefined
  /** Lets go of everything after the case, `store` included; it may have been closed already. */
  close(): Promise<void>
}

/** What has to be said where a promise is made, so that nobody forgets it, and cannot be where it is not. */
export type Said<Subject, Name extends keyof Subject, IsPromised extends boolean> = IsPromised extends false
  ? { readonly [Each in Name]?: undefined }
  : Required<Pick<Subject, Name>>

/**
 * What an opener gives. All of it, unless the kind of store was said to be something else: `another` goes with `shared`,
 * `countRoundTrips` with `server`, `outage` with `outages`. What is `undefined` although it was promised fails the cases that need it.
 */
export type StoreUnderTest<Shared extends boolean = true, Server extends boolean = true, Outages extends boolean = true> = Pick<
  OpenedStore,
  'store' | 'close'
> &
  Said<OpenedStore, 'another', Shared> &
  Said<OpenedStore, 'countRoundTrips', Server> &
  Said<OpenedStore, 'outage', Outages>

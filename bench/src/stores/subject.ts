// What does every store bring along to be measured?
import type { createSojourn } from 'sojourn'
import type { Contestant } from '../measure.ts'

/** What Sojourn is opened with. */
export type StoreOption = Parameters<typeof createSojourn>[0]['store']

/** An empty server, Sojourn's store on it, and what it is compared with. */
export interface Subject {
  readonly store: StoreOption
  /** The least that a program can do there, then the peers: one session read; one session written. */
  readonly reads: readonly Contestant[]
  readonly writes: readonly Contestant[]
  /** How many round trips to the server a call of Sojourn makes. */
  trips(call: () => Promise<unknown>): Promise<number>
  /** CPU time that the server has used, user and system; `undefined` where it does not tell. Unit: microseconds. */
  cpu(): Promise<number | undefined>
  /** How much room the server needs for what it keeps, once what it keeps for moments only is gone. Unit: bytes. */
  room(): Promise<number>
  /** Has done at once what a server does in the background after much was written, so that it is not done while something is measured. */
  settle(): Promise<void>
  close(): Promise<void>
}

/** A way to keep sessions, as far as their room is concerned. */
export interface Weighed {
  readonly name: string
  /** What has to be there, where it is not. */
  readonly missing: string
  /** Starts with nothing kept; `undefined` where it cannot be had. */
  open(): Promise<Pick<Subject, 'store' | 'room' | 'close'> | undefined>
}

/** A way to keep sessions, as far as it is asked whether it grows dearer. */
export interface Grown {
  readonly name: string
  /** What has to be there, where it is not. */
  readonly missing: string
  /** Starts with nothing kept; `undefined` where it cannot be had. */
  open(): Promise<Pick<Subject, 'store' | 'settle' | 'close'> | undefined>
}

/** A way to keep sessions on a server. */
export interface StoreKind extends Weighed, Grown {
  /** Starts an empty server; `undefined` where none can be had. */
  open(): Promise<Subject | undefined>
}

/** What every session of the bench holds. */
export const TEN: Readonly<Record<string, string>> = Object.fromEntries(
  Array.from({ length: 10 }, (_, n) => [`attribute-${n}`, `value ${n} of a session`]),
)

// What is compared: the same two answers, with sessions of one kind on one framework?
import type { Server } from 'node:http'

/** The frameworks that handlers run on. */
export const FRAMEWORKS = ['http', 'fastify', 'hono', 'express'] as const

export type Framework = (typeof FRAMEWORKS)[number]

/** What each request does: an entry is read, or an entry is read and another one written. Before that every client logs in. */
export type Route = '/read' | '/write'

/** One kind of sessions on one framework. */
export interface Contestant {
  readonly name: string
  readonly framework: Framework
}

/** A contestant that serves `/login`, `/read` and `/write`. */
export interface Serving {
  readonly server: Server
  close(): Promise<void>
}

/** How a contestant begins to serve; it may keep files in `folder`. */
export type Serve = (folder: string) => Promise<Serving>

/** What the session knows before anything is measured. */
export const START = { name: 'Ada', count: 0, cart: ['tea', 'milk'], language: 'en' }

/** What the session may hold. */
export type Entries = typeof START

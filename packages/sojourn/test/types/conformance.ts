// Does the compiler know what an opener has to give the conformance suites of its kind of store? Compiled, never run.
import type { SessionStore } from '../../src/engine/store.ts'
import type { Directory } from '../../src/sso/directory.ts'
import {
  directoryConformance,
  type SessionStoreConformance,
  type StoreUnderTest,
  sessionStoreConformance,
} from '../../src/testing.ts'

declare const store: SessionStore
declare const directory: Directory
const close = async () => {}
const another = async () => store
const countRoundTrips = () => 0
const outage = { begin: close, end: close }

sessionStoreConformance({ open: async () => ({ store, another, countRoundTrips, outage, close }) })
sessionStoreConformance({ shared: true, open: async () => ({ store, another, countRoundTrips, outage, close }) })
sessionStoreConformance({ server: false, open: async () => ({ store, another, outage, close }) })
sessionStoreConformance({ shared: false, server: false, outages: false, open: async () => ({ store, close }) })

// As before there were kinds: all of it is said, if only to be skipped.
const untyped: SessionStoreConformance = {
  open: async (): Promise<StoreUnderTest> => ({
    store,
    another: undefined,
    countRoundTrips: undefined,
    outage: undefined,
    close,
  }),
  skip: [{ reason: 'there is no server', tests: ['cost: makes one round trip a call'] }],
}
sessionStoreConformance(untyped)

// @ts-expect-error a shared store is opened by another
sessionStoreConformance({ open: async () => ({ store, countRoundTrips, outage, close }) })
// @ts-expect-error a store that is not shared is not
sessionStoreConformance({ shared: false, open: async () => ({ store, another, countRoundTrips, outage, close }) })
// @ts-expect-error where there is no server there are no round trips
sessionStoreConformance({ server: false, open: async () => ({ store, another, countRoundTrips, outage, close }) })
// @ts-expect-error what cannot be away has no outage
sessionStoreConformance({ outages: false, open: async () => ({ store, another, countRoundTrips, outage, close }) })

directoryConformance({ open: async () => ({ directory, another: async () => directory, close }) })
directoryConformance({ shared: false, open: async () => ({ directory, close }) })
// @ts-expect-error a shared directory is opened by another
directoryConformance({ open: async () => ({ directory, close }) })
// @ts-expect-error a directory that is not shared is not
directoryConformance({ shared: false, open: async () => ({ directory, another: async () => directory, close }) })

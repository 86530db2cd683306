// How are the servers behind a Redis store stopped and let go on, within one case?
import type { SessionStore } from 'sojourn'
import { expect } from 'vitest'
import { createDeadline, withDeadline } from '../../src/engine/deadline.ts'
import { principal } from '../../src/testing/sessions/builders.ts'
import type { Topology } from './redis-clients.ts'

/** Sooner than servers that are stopped so long take each other for dead. Unit: seconds. */
const PATIENCE = 0.1

/** A store whose servers can be stopped. Callers then wait as long as the engine lets them, which is not long here. */
export function stoppable(store: SessionStore, { signal }: Topology) {
  const hasty = withDeadline(store, createDeadline(PATIENCE))
  let isStopped = false
  const answers = () => hasty.counters(principal()).then(Boolean, () => false)
  return {
    store: new Proxy(store, { get: (_, name) => Reflect.get(isStopped ? hasty : store, name) }),
    outage: {
      async begin() {
        signal('SIGSTOP')
        isStopped = true
      },
      async end() {
        signal('SIGCONT')
        await expect.poll(answers, { timeout: 20_000 }).toBe(true)
        isStopped = false
      },
    },
  }
}

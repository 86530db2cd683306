// How do callers meet an outage of Redis within one case: servers that are stopped and let go on, or a network that is gone?
import type { SessionStore } from 'sojourn'
import { expect } from 'vitest'
import { createDeadline, withDeadline } from '../../src/engine/deadline.ts'
import { principal } from '../../src/testing/sessions/builders.ts'
import type { Topology } from './redis-clients.ts'

/** With this for each call of a case, servers that are stopped go on long before they take each other for dead. Unit: seconds. */
const PATIENCE = 0.1

interface Outage {
  begin(): Promise<void>
  end(): Promise<void>
}

/** A store that can have an outage. While it lasts callers wait as long as the engine lets them, which is not long here; else they have all the time. */
export function interruptible(store: SessionStore, { begin, end }: Outage) {
  const hasty = withDeadline(store, createDeadline(PATIENCE))
  let isAway = false
  const answers = () => hasty.counters(principal()).then(Boolean, () => false)
  return {
    store: new Proxy(store, { get: (_, name) => Reflect.get(isAway ? hasty : store, name) }),
    outage: {
      async begin() {
        await begin()
        isAway = true
      },
      async end() {
        await end()
        await expect.poll(answers).toBe(true)
        isAway = false
      },
    },
  }
}

/** A store whose servers can be stopped. */
export function stoppable(store: SessionStore, { signal }: Topology) {
  return interruptible(store, { begin: async () => signal('SIGSTOP'), end: async () => signal('SIGCONT') })
}

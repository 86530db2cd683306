// How many round trips does a store make through its Redis client?
import type { RedisClient } from 'sojourn/redis'

/**
 * The same client, of whatever library and kind, counting: what is sent in one tick travels together. Its duplicate, over which endings wait
 * for a replica where there is one, is another client: what that costs is counted in redis-replicas.test.ts.
 */
export function counted<Client extends RedisClient>(client: Client): { readonly client: Client; trips(): number } {
  let trips = 0
  let isUnderWay = false
  function note(): void {
    if (!isUnderWay) trips += 1
    isUnderWay = true
    queueMicrotask(() => {
      isUnderWay = false
    })
  }
  const counting = <Part extends object>(part: Part): Part =>
    new Proxy(part, {
      get(_, name) {
        const member: unknown = Reflect.get(part, name)
        if (typeof member !== 'function') return member
        return (...given: unknown[]) => {
          if (name === 'callBuffer' || name === 'pipeline' || name === 'sendCommand') note()
          const answer = Reflect.apply(member, part, given)
          return name === 'getNodeClientForKey' ? answer.then(counting) : answer
        }
      },
    })
  return { client: counting(client), trips: () => trips }
}

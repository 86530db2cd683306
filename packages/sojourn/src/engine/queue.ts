// How do changes of one thing wait for each other within this process?

/** Runs work under keys: what shares a key runs one after the other, in the order of the calls. */
export interface Queue {
  run<T>(keys: readonly string[], work: () => Promise<T>): Promise<T>
  /** Runs work once what is under way there is done, and has nothing wait for it: under a key, or under all of them. */
  after<T>(key: string | undefined, work: () => Promise<T>): Promise<T>
  /** Runs work as if it had every key there is. */
  alone<T>(work: () => Promise<T>): Promise<T>
}

const quietly = (work: Promise<unknown>, forget: () => void): Promise<void> => work.then(forget, forget)

export function createQueue(): Queue {
  const tails = new Map<string, Promise<void>>()
  let lonely: Promise<void> | undefined
  /** What is under way under some keys, or under all of them. */
  const under = (keys: readonly string[] | undefined): Promise<void>[] => {
    const found = keys === undefined ? [...tails.values()] : keys.flatMap((key) => tails.get(key) ?? [])
    return lonely === undefined ? found : [...found, lonely]
  }
  return {
    run(keys, work) {
      const done = Promise.all(under(keys)).then(work)
      const tail = quietly(done, () => {
        for (const key of keys) if (tails.get(key) === tail) tails.delete(key)
      })
      // All keys at once, so that two calls with keys in common never wait for each other both ways.
      for (const key of keys) tails.set(key, tail)
      return done
    },
    after(key, work) {
      const before = under(key === undefined ? undefined : [key])
      return before.length === 0 ? work() : Promise.all(before).then(work)
    },
    alone(work) {
      const done = Promise.all(under(undefined)).then(work)
      const tail = quietly(done, () => {
        if (lonely === tail) lonely = undefined
      })
      lonely = tail
      return done
    },
  }
}

// How do changes of one thing wait for each other within this process?

/** Runs work under keys: what shares a key runs one after the other, in the order of the calls. */
export interface Queue {
  run<T>(keys: readonly string[], work: () => Promise<T>): Promise<T>
  /** Runs work once what is under way there is done, and has nothing wait for it: under a key, or under all of them. */
  after<T>(key: string | undefined, work: () => Promise<T>): Promise<T>
}

export function createQueue(): Queue {
  const tails = new Map<string, Promise<void>>()
  return {
    run(keys, work) {
      if (keys.length === 0) return work()
      const done = Promise.all(keys.flatMap((key) => tails.get(key) ?? [])).then(work)
      const tail = done.then(
        () => forget(),
        () => forget(),
      )
      const forget = () => {
        for (const key of keys) if (tails.get(key) === tail) tails.delete(key)
      }
      // All keys at once, so that two calls with keys in common never wait for each other both ways.
      for (const key of keys) tails.set(key, tail)
      return done
    },
    after(key, work) {
      const before = key === undefined ? [...tails.values()] : [key].flatMap((each) => tails.get(each) ?? [])
      return before.length === 0 ? work() : Promise.all(before).then(work)
    },
  }
}

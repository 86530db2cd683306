// How are very many calls made, some at once but not all?

const AT_ONCE = 500

/** Calls `run` with 0 to `count` - 1, and answers what each answered. */
export async function inTurn<T>(count: number, run: (n: number) => Promise<T>): Promise<readonly T[]> {
  const answers: T[] = []
  for (let from = 0; from < count; from += AT_ONCE)
    answers.push(
      ...(await Promise.all(Array.from({ length: Math.min(AT_ONCE, count - from) }, (_, offset) => run(from + offset)))),
    )
  return answers
}

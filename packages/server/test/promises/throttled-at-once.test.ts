// Are many wrong passwords at once let through as seldom as many in a row?
import { setImmediate } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { anna, openApi } from '../support/api.ts'

/** A hasher whose checks wait until they are let go, so that logins are under way together whatever the machine. */
function gate() {
  let isOpen = true
  let waiting: (() => void)[] = []
  let most = 0
  return {
    hasher: {
      hash: async (password: string) => `plain:${password}`,
      async verify(password: string, encoded: string | undefined) {
        if (!isOpen) await new Promise<void>((resolve) => (most = Math.max(most, waiting.push(resolve))))
        return encoded === `plain:${password}`
      },
      isOutdated: () => false,
    },
    close() {
      isOpen = false
    },
    /** Lets everybody go who waits, again and again until the work is done. */
    async letGo(work: Promise<unknown>): Promise<void> {
      let isDone = false
      const end = () => {
        isDone = true
      }
      work.then(end, end)
      while (!isDone) {
        for (let turn = 0; turn < 50; turn += 1) await setImmediate()
        const now = waiting
        waiting = []
        for (const resolve of now) resolve()
      }
    },
    most: () => most,
  }
}

test('of 20 wrong passwords at once no more are checked than are allowed to fail, and the others are told to wait', async () => {
  const { hasher, close, letGo, most } = gate()
  await using api = await openApi({ loginFailures: 4 }, { passwordHashing: hasher })
  close()
  const calls = Promise.all(
    Array.from({ length: 20 }, () => api.call('POST /v1/login', { body: { ...anna, password: 'wrong-password' } })),
  )
  await letGo(calls)
  const answers = (await calls).map(({ status }) => status)
  expect(most()).toBe(4)
  expect(answers.filter((status) => status === 401)).toHaveLength(4)
  expect(answers.filter((status) => status === 429)).toHaveLength(16)
})

test('of 20 right passwords at once every one is let in, however few may fail', async () => {
  const { hasher, close, letGo } = gate()
  await using api = await openApi({ loginFailures: 2 }, { passwordHashing: hasher })
  close()
  const calls = Promise.all(Array.from({ length: 20 }, () => api.call('POST /v1/login', { body: anna })))
  await letGo(calls)
  expect(new Set((await calls).map(({ status }) => status))).toEqual(new Set([201]))
})

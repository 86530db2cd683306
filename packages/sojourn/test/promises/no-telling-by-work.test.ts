// Is the work of a refused login the same whoever is asked for, and are secrets compared in constant time, in one place?
import { createHook } from 'node:async_hooks'
import { readFileSync } from 'node:fs'
import { createSojourn } from 'sojourn'
import { memoryStore } from 'sojourn/memory'
import { expect, it } from 'vitest'
import { codeOf } from './world.ts'

const PASSWORD = 'marble-otters-under-ice'

/** How many passwords are hashed while a call runs: the jobs that Node begins for it. */
async function hashes(call: () => Promise<unknown>): Promise<number> {
  let count = 0
  const hook = createHook({
    init(_id, type) {
      if (type === 'ARGON2REQUEST') count += 1
    },
  }).enable()
  try {
    await call()
  } finally {
    hook.disable()
  }
  return count
}

it('every refused login costs one hash of argon2id: nobody, somebody, and whoever may not log in', async () => {
  await using sso = await createSojourn({
    store: memoryStore(),
    passwordHashing: { memory: 7168, passes: 5 },
    sweepInterval: 0,
    login: { informIfLocked: false },
  })
  const make = { requireSuperUser: false, autoApprove: true }
  const create = (data: { username: string; isLocked?: boolean }, password: string | undefined = PASSWORD) =>
    sso.user.createUser({ data: { ...data, password }, ...make })
  await create({ username: 'ada' })
  await create({ username: 'locked', isLocked: true })
  await sso.user.createUser({ data: { username: 'without' }, ...make })
  await sso.user.createUser({ data: { username: 'waiting', password: PASSWORD }, requireSuperUser: false, autoApprove: false })
  expect(await hashes(() => create({ username: 'counted' }))).toBe(1)
  for (const [username, password] of [
    ['nobody', PASSWORD],
    ['nobody', ''],
    ['ada', 'wrong'],
    ['ada', ''],
    ['locked', 'wrong'],
    ['locked', PASSWORD],
    ['without', PASSWORD],
    ['without', ''],
    ['waiting', PASSWORD],
  ] as const) {
    let code: unknown
    const count = await hashes(async () => {
      code = await codeOf(sso.user.login({ username, password }))
    })
    expect([username, code, count]).toEqual([
      username,
      username === 'locked' && password === PASSWORD ? 'ERR_USER_LOCKED' : 'ERR_CREDENTIALS_INVALID',
      1,
    ])
  }
})

it('the one function that compares secrets does so by timingSafeEqual', () => {
  const source = readFileSync(new URL('../../src/engine/token.ts', import.meta.url), 'utf8')
  const [, body = ''] = /export function sameSecret\(left: string, right: string\): boolean \{\n([\s\S]*?)\n\}/.exec(source) ?? []
  expect(body).toContain('timingSafeEqual(a, b)')
  expect(body).not.toMatch(/left ===|right ===|a === b|\.equals\(|\.compare\(/)
})

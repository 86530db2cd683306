// Are policies checked, completed and described?
import { describe, expect, it } from 'vitest'
import { createPolicy } from '../../src/engine/policy.ts'
import { type PolicyOptions, policy } from '../../src/index.ts'
import { codeOf, failure } from './open-engine.ts'

describe('a policy', () => {
  it('has the documented defaults', () => {
    expect(createPolicy()).toEqual({
      expiry: 3600,
      idleTimeout: 3600,
      absoluteTimeout: 86_400,
      touchInterval: 300,
      renewalTimeout: null,
      sessionsPerUser: null,
      renewalGrace: 30,
    })
  })

  it('never touches more seldom than ten times an idle timeout', () => {
    expect(createPolicy({ idleTimeout: 600 }).touchInterval).toBe(60)
    expect(createPolicy({ idleTimeout: 600, touchInterval: 300 }).touchInterval).toBe(60)
    expect(createPolicy({ touchInterval: 0 }).touchInterval).toBe(0)
  })

  it('keeps its defaults within the absolute timeout', () => {
    expect(createPolicy({ absoluteTimeout: 1000 })).toMatchObject({ expiry: 1000, idleTimeout: 1000, touchInterval: 100 })
  })

  it.each<[string, unknown]>([
    ['idleTimeout', { idleTimeout: 0 }],
    ['idleTimeout', { idleTimeout: -1 }],
    ['idleTimeout', { idleTimeout: Number.NaN }],
    ['idleTimeout', { idleTimeout: Number.POSITIVE_INFINITY }],
    ['idleTimeout', { idleTimeout: '60' }],
    // Of other settings `null` means that they are off.
    ['idleTimeout', { idleTimeout: null }],
    ['absoluteTimeout', { absoluteTimeout: null }],
    ['touchInterval', { touchInterval: null }],
    ['idleTimeout', { idleTimeout: 100, absoluteTimeout: 99 }],
    ['expiry', { expiry: 100_000 }],
    ['absoluteTimeout', { absoluteTimeout: 1e12 }],
    ['touchInterval', { touchInterval: -1 }],
    ['renewalTimeout', { renewalTimeout: 0 }],
    ['renewalGrace', { renewalGrace: -1 }],
    ['sessionTimeout', { sessionTimeout: 5 }],
    ['policy', []],
    ['policy', 'strict'],
  ])('names the setting at fault: %s of %o', async (setting, options) => {
    const error = await failure(() => createPolicy(options as PolicyOptions))
    expect(error.code).toBe('ERR_POLICY_INVALID')
    expect(error.message).toContain(setting)
  })

  it('has presets that can be changed', async () => {
    expect(createPolicy(policy.aal1)).toMatchObject({ absoluteTimeout: 2_592_000, touchInterval: 300 })
    expect(createPolicy(policy.aal2)).toMatchObject({ absoluteTimeout: 86_400, idleTimeout: 3600 })
    expect(createPolicy({ ...policy.aal3, renewalTimeout: 300 })).toMatchObject({
      absoluteTimeout: 43_200,
      idleTimeout: 900,
      touchInterval: 90,
      renewalTimeout: 300,
    })
    expect(await codeOf(() => createPolicy({ ...policy.aal3, idleTimeout: 50_000 }))).toBe('ERR_POLICY_INVALID')
  })

  it('is described as it is in force', () => {
    expect(policy.describe({ idleTimeout: 600 })).toContain('touchInterval: 60 s')
    expect(policy.describe()).toContain('renewalTimeout: off')
    expect(policy.describe({ renewalTimeout: 900 })).toContain('renewalTimeout: 900 s')
  })
})

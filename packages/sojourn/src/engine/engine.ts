// How do the parts of the engine come together?
import { createVerbs } from './attributes/attribute-verbs.ts'
import { createEditor } from './attributes/edit.ts'
import { ATTRIBUTE_LIMITS } from './attributes/names.ts'
import type { AttributeSchema } from './attributes/schema.ts'
import { refuseUnknown, requireClock, requirePositive } from './check.ts'
import type { EngineCore } from './core.ts'
import { createDeadline, withDeadline } from './deadline.ts'
import { invalidOption } from './error.ts'
import { createEvents, type EngineEvent, type EventType } from './events.ts'
import { createIds } from './id.ts'
import type { EngineOptions } from './options.ts'
import { createPolicy, type Policy } from './policy.ts'
import { createQueue } from './queue.ts'
import { createKeyRing } from './sealing/keyring.ts'
import { createRingHome } from './sealing/ring-home.ts'
import { createSessionKeys } from './sealing/session-keys.ts'
import { after } from './session/lifetime.ts'
import type { Sessions } from './session/session.ts'
import { createOpener } from './session/session-open.ts'
import { createStarter } from './session/session-start.ts'
import { createTouches } from './session/touches.ts'
import { createSessions } from './sessions.ts'
import { createSweeper } from './sweeper.ts'

/** An open engine. */
export interface Engine<S extends AttributeSchema = AttributeSchema> {
  readonly sessions: Sessions<S>
  /** The policy in force. */
  readonly policy: Policy
  /** Listens to one type of event; the answer stops it. */
  on<T extends EventType>(type: T, listener: (event: EngineEvent<T>) => void): () => void
  /** Internal operations for the faces. */
  readonly core: EngineCore
  /** Stops the sweep timer and lets go of the session store. */
  close(): Promise<void>
}

const OPTIONS: Record<keyof EngineOptions, true> = {
  store: true,
  installationKey: true,
  keys: true,
  sealing: true,
  policy: true,
  attributes: true,
  storeTimeout: true,
  sweepInterval: true,
  clock: true,
  onEvent: true,
}

/** Longer timers are beyond what a runtime can set. Unit: seconds (about 11 days). */
const MOST_TIMER = 1_000_000

/**
 * Opens the engine.
 *
 * @throws {SojournError} `ERR_OPTION_INVALID`, `ERR_POLICY_INVALID`
 */
export function createEngine<S extends AttributeSchema = AttributeSchema>(options: EngineOptions<S>): Engine<S> {
  refuseUnknown('options', options, Object.keys(OPTIONS))
  const { installationKey, keys: serverKeys = [], sealing = 'token', storeTimeout = 2, sweepInterval = 0 } = options
  const clock = requireClock(options.clock ?? (() => Date.now()))
  if (!(installationKey instanceof Uint8Array) || installationKey.length !== 32)
    throw invalidOption('installationKey', 'must be 32 bytes')
  if (sealing !== 'token' && sealing !== 'server') throw invalidOption('sealing', "must be 'token' or 'server'")
  if (requirePositive('storeTimeout', storeTimeout) > MOST_TIMER)
    throw invalidOption('storeTimeout', `must be at most ${MOST_TIMER}`)
  if (sweepInterval !== 0 && requirePositive('sweepInterval', sweepInterval) > MOST_TIMER) {
    throw invalidOption('sweepInterval', `must be at most ${MOST_TIMER}`)
  }

  const deadline = createDeadline(storeTimeout)
  const store = withDeadline(options.store, deadline)
  const policy = createPolicy(options.policy)
  const ring = createKeyRing(serverKeys)
  const events = createEvents(clock, options.onEvent)
  const ids = createIds(installationKey)
  const editor = createEditor({ clock, queue: createQueue() })
  const services = { store, clock, policy, events, keys: createSessionKeys(ring, sealing), touches: createTouches() }

  const end: EngineCore['end'] = async (id, { reason, principal, tombstoneUntil }) => {
    const at = clock()
    const wasAlive = await store.delete(id, at, tombstoneUntil)
    if (wasAlive) events.emit({ type: 'session.ended', at, id, reason, ...(principal !== undefined && { principal }) })
    return wasAlive
  }

  const core: EngineCore = {
    store,
    deadline,
    clock,
    after: (duration) => after(clock(), duration),
    policy,
    events,
    ring,
    limits: ATTRIBUTE_LIMITS,
    schema: options.attributes,
    principal: ids.principal,
    start: createStarter({ ...services, end }, ids),
    ...createOpener(services),
    end,
    edit: (home, edits, { limits = ATTRIBUTE_LIMITS } = {}) => editor.apply(home, edits, limits),
    attributes: (scope) => createVerbs(scope, editor, clock),
    ringHome: (home) => createRingHome(home, ring),
  }

  const sessions = createSessions(core, options.attributes)
  const sweeper = createSweeper({
    interval: sweepInterval,
    claim: store.claimSweep,
    sweep: (limit) => sessions.sweep({ limit }),
    done: (removed) => events.emit({ type: 'sweep.done', at: clock(), removed }),
    failed: (error) => events.emit({ type: 'sweep.failed', at: clock(), error }),
  })

  return {
    sessions,
    policy,
    on: events.on,
    core,
    async close() {
      sweeper.close()
      await store.close()
    },
  }
}

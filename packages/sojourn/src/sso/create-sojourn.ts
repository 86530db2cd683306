// How is Sojourn opened and closed?

import type { AttributeSchema } from '../engine/attributes/schema.ts'
import { registerCore } from '../engine/core.ts'
import { createDeadline } from '../engine/deadline.ts'
import { createEngine, type Engine } from '../engine/engine.ts'
import { registerPeople } from '../engine/people.ts'
import { randomBytes } from '../engine/random.ts'
import { auditTrail } from './audit/audit-trail.ts'
import { startBackground } from './background.ts'
import { createFace } from './create-face.ts'
import type { Directory } from './directory.ts'
import { directoryWithDeadline } from './directory-deadline.ts'
import { createEffects } from './effects.ts'
import type { Sojourn } from './face.ts'
import type { SojournOptions } from './options.ts'
import { createPeople } from './people.ts'
import { type OpenedOptions, readOptions } from './read-options.ts'
import type { Services } from './services.ts'
import { accountOf, createAccounts } from './users/account.ts'
import { emailVault } from './users/email.ts'
import type { LoadUser } from './users/load-user.ts'
import { userFields } from './users/user-entity.ts'
import { userWrites } from './users/user-writes.ts'

const INSTALLATION_KEY_BYTES = 32

/** What is shared by all calls of one installation. */
function createServices<S extends AttributeSchema, U extends AttributeSchema>(
  { settings, hasher }: OpenedOptions,
  options: SojournOptions<S, U>,
  engine: Engine<S>,
  directory: Directory,
  installationKey: Uint8Array,
) {
  const { core, sessions } = engine
  const isTogether = options.store.directory.sessions === options.store.sessions
  const effects = createEffects(core, directory, isTogether)
  const services: Services = {
    core,
    sessions,
    directory,
    settings,
    hasher,
    accounts: createAccounts(directory, options.loadUser),
    emails: emailVault(core.ring, installationKey, settings.main.encryptEmail),
    writes: userWrites(directory, effects, core),
    trail: auditTrail(directory, core),
  }
  return { services, effects }
}

/**
 * Users as applications see them: ours without what is secret or administrative, and frozen, as many requests are given the same one; yours as
 * you keep them.
 */
function loader({ directory, emails }: Services, loadUser: LoadUser | undefined) {
  return async (userId: string): Promise<unknown> => {
    const user = await directory.findUser({ userId })
    return user === undefined ? ((await loadUser?.(userId)) ?? undefined) : Object.freeze(userFields(accountOf(user), emails))
  }
}

function assemble<S extends AttributeSchema, U extends AttributeSchema>(
  opened: OpenedOptions,
  options: SojournOptions<S, U>,
  engine: Engine<S>,
  directory: Directory,
  installationKey: Uint8Array,
): Sojourn<S, U> {
  const { services, effects } = createServices(opened, options, engine, directory, installationKey)
  const { core, sessions, policy, on } = engine
  const background = startBackground(core, directory, effects, opened.sweepInterval)
  let closing: Promise<void> | undefined

  async function shut(): Promise<void> {
    background.close()
    try {
      await services.trail.close()
    } finally {
      await Promise.all([engine.close(), directory.close()])
    }
  }

  const close = () => {
    closing ??= shut()
    return closing
  }
  const sojourn = {
    ...createFace(services, { session: options.attributes, user: options.userAttributes }, {}),
    sessions,
    policy,
    on,
    close,
    [Symbol.asyncDispose]: close,
  }
  registerCore(sojourn, core)
  registerPeople(sojourn, createPeople(directory, loader(services, options.loadUser), core.clock))
  return sojourn
}

/**
 * Opens Sojourn on a store.
 *
 * The directory is asked once, for the installation key, so that a store that is not there is known at once. What a path or URL opened is
 * closed by `close()`, and here when something is wrong; a client that you pass in stays yours.
 *
 * @throws {SojournError} `ERR_OPTION_INVALID` naming the option, `ERR_POLICY_INVALID`, `ERR_STORE_UNAVAILABLE`, `ERR_SCHEMA_OUTDATED`.
 */
export async function createSojourn<
  const S extends AttributeSchema = AttributeSchema,
  const U extends AttributeSchema = AttributeSchema,
>(options: SojournOptions<S, U>): Promise<Sojourn<S, U>> {
  const opened = readOptions(options)
  const { keys, sealing, attributes, clock, onEvent, store } = options
  const { policy, storeTimeout, sweepInterval } = opened
  const directory = directoryWithDeadline(store.directory, createDeadline(storeTimeout))
  try {
    const installationKey = await directory.installationKey(randomBytes(INSTALLATION_KEY_BYTES))
    const engine = createEngine<S>({
      store: store.sessions,
      installationKey,
      keys,
      sealing,
      policy,
      attributes,
      storeTimeout,
      sweepInterval,
      clock,
      onEvent,
    })
    return assemble(opened, options, engine, directory, installationKey)
  } catch (error) {
    await Promise.allSettled([store.sessions.close(), store.directory.close()])
    throw error
  }
}

// What do the settings come to with every default, and are they sound?
import { createSojourn, readSettings } from 'sojourn'
import { memoryStore } from 'sojourn/memory'
import { openUrl } from '../stores/openers.ts'
import { shownSettings, sojournSettings } from './settings.ts'
import type { Settings } from './settings-table.ts'

/** Checks every setting by opening Sojourn in memory, before anything is made, read or written elsewhere. Answers the policy. */
export async function requireSound(settings: Settings) {
  const keys = settings.keys === undefined ? {} : { keys: settings.keys }
  await using sso = await createSojourn({ ...sojournSettings(settings), ...keys, store: memoryStore() })
  return sso.policy
}

/** All settings as they are in force, to be shown: without secrets, and with `null` for what is off or not there. */
export async function settingsInForce(settings: Settings): Promise<Readonly<Record<string, unknown>>> {
  const policy = await requireSound(settings)
  const { session, userAddressList = {}, ...given } = sojournSettings(settings)
  const { apps, login, password, signup, main } = readSettings({ ...given, session, userAddressList }, undefined)
  const { first: _, ...allApps } = apps
  const { strength: __, ...passwordRules } = password
  const stores = await storeFacts(settings)
  return {
    ...shownSettings(settings),
    keysFile: settings.keys === undefined ? (settings.keysFile ?? stores.keysFile) : null,
    sealing: settings.sealing ?? 'token',
    storeTimeout: settings.storeTimeout ?? 2,
    sweepInterval: settings.sweepInterval ?? stores.sweepInterval,
    policy,
    apps: Object.fromEntries(Object.entries(allApps).map(([name, value]) => [name, value instanceof Set ? [...value] : value])),
    login: { rejectIfNotListed: given.login?.rejectIfNotListed ?? false, ...login },
    password: passwordRules,
    session: { expiry: policy.expiry },
    signup,
    main,
    userAddressList,
  }
}

/** What depends on the kind of store. Nothing is connected for it. */
async function storeFacts({ db, sessions }: Settings) {
  const directory = await openUrl(db)
  const others = sessions === undefined ? undefined : await openUrl(sessions)
  const facts = { keysFile: directory.keysFile ?? null, sweepInterval: (others ?? directory).sessions.sweepInterval }
  await Promise.allSettled([directory.disconnect(), others?.disconnect()])
  return facts
}

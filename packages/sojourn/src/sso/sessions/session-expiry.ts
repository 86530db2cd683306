// How long does this session live from now?
import type { Seconds } from '../../engine/time.ts'
import type { Services } from '../services.ts'

/**
 * What the application's hook says; `undefined` for the policy's default where there is no hook, where it fails or takes longer than a
 * store may, and where its answer is no positive finite number. The absolute timeout holds whatever it says.
 */
export async function chosenExpiry(
  { core, settings }: Pick<Services, 'core' | 'settings'>,
  username: string,
  currentApp: string,
): Promise<Seconds | undefined> {
  const { expiryHook } = settings.session
  if (expiryHook === undefined) return undefined
  try {
    const input = { username, currentApp, defaultExpiry: core.policy.expiry }
    const chosen = await core.deadline.run('read', async () => expiryHook(input))
    return Number.isFinite(chosen) && chosen > 0 ? chosen : undefined
  } catch {
    return undefined
  }
}

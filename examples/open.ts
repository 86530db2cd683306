// On what do the examples run? An embedded store in memory, with one super-user who can log in.
import { createSojourn } from 'sojourn'
import { memoryStore } from 'sojourn/memory'

/** The data of the current user, as the programs below use it. */
export const credentials = { username: 'admin1', password: 'abxqDJpXMVXYEO8NOGx9nVZvv4xSew9' } as const

/** Opens Sojourn for an example. */
export async function open() {
  const sso = await createSojourn({ store: memoryStore(), keys: ['MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY'] })
  await sso.user.createSuperUser({ data: { ...credentials }, requireSuperUser: false, autoApprove: true })
  return sso
}

// Does the compiler know the declared attributes on the sessions and users of the SSO face? Compiled, never run.
import { type AttributeDefinition, createSojourn, type Sojourn, type StandardSchema } from '../../src/index.ts'
import { memoryStore } from '../../src/memory.ts'

type Equal<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false

function proven<T extends true>(): T | undefined {
  return undefined
}

declare function definition<Value>(schema: StandardSchema<Value>): AttributeDefinition<Value>
declare const cartSchema: StandardSchema<readonly string[]>
declare const languageSchema: StandardSchema<'en' | 'de'>

export async function typed() {
  const sso = await createSojourn({
    store: memoryStore(),
    attributes: { cart: definition(cartSchema) },
    userAttributes: { language: definition(languageSchema) },
  })
  const session = await sso.as({ currentApp: 'CRM' }).user.session.getCurrentSession()
  const cart = await session.attr.get('cart')
  proven<Equal<typeof cart extends { readonly value: infer V } | undefined ? V : never, readonly string[]>>()
  await session.attr.set('cart', ['tea'])
  await session.attr.update('cart', (old) => [...old, 'milk'])
  // @ts-expect-error a cart is a list of texts
  await session.attr.set('cart', 7)
  await session.attr.set('undeclared', 7)

  const user = await sso.user.getCurrentUser()
  await user.attr.set('language', 'de')
  // @ts-expect-error not a language
  await user.attr.set('language', 'xx')
  // @ts-expect-error told to super-users only, so it may be missing
  const isLocked: boolean = user.isLocked

  const current = await sso.user.session.requireSuperUser()
  const name: string = current.username
  const other = await sso.user.session.get({ id: current.id })
  // @ts-expect-error a guest has no name
  const otherName: string = other.username
  return [isLocked, name, otherName]
}

export async function calls(sso: Sojourn) {
  // @ts-expect-error the caller's token is called currentUst
  await sso.user.getCurrentUser({ ust: 'x' })
  // @ts-expect-error whose?
  await sso.user.lockUser({ currentUst: 'x' })
  // @ts-expect-error nothing that does not exist yet
  await sso.user.signup({})
}

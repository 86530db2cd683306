// How does a program open Sojourn on an embedded database, log somebody in, and note something about their session?
import { createSojourn } from 'sojourn'
import { sqliteStore } from 'sojourn/sqlite'

const file = process.argv[2] ?? ':memory:'
await using sso = await createSojourn({ store: sqliteStore(file) })

// Somebody has to be first. Later calls name their caller by `currentUst`.
const password = 'correct-horse-battery-staple'
await sso.user.createSuperUser({ data: { username: 'ada', password }, requireSuperUser: false, autoApprove: true })

const { ust } = await sso.user.login({ username: 'ada', password, remoteAddr: '127.0.0.1' })

// The same face with the caller bound, so that a service writes it once.
const mine = sso.as({ currentUst: ust, remoteAddr: '127.0.0.1' })
const session = await mine.user.session.getCurrentSession()
await session.attr.set('cart', ['tea', 'milk'])
await session.attr.update('cart', (cart) => [...(cart as string[]), 'bread'])
console.log('cart:', (await session.attr.get('cart'))?.value)
console.log('visits:', await session.attr.increment('visits'))

// Log out everywhere: the token is worth nothing from this instant.
await mine.user.session.endAll()
const refused = await mine.user.session.getCurrentSession().catch((error: unknown) => error)
console.log('after logout:', refused instanceof Error && 'code' in refused ? refused.code : refused)

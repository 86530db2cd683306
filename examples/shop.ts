// What do the four shops have in common: what is sold, who may log in, and what the pages show?
import { isSojournError, type Sojourn } from 'sojourn'
import type { WebSession } from 'sojourn/web'

/** What a visitor's session holds. */
export interface Entries {
  cart: string[]
  language: string
}

/** What is known of a customer who is logged in. */
export interface Customer {
  readonly username: string
}

export type ShopSession = WebSession<Entries, Customer>

const GOODS = ['tea', 'milk', 'bread']
const LANGUAGES = ['en', 'de', 'fr']

/** Makes the one customer there is, at the first start. */
export async function addCustomer(sso: Sojourn): Promise<void> {
  const data = { username: 'anna', password: 'correct-horse-battery-staple' }
  if ((await sso.user.getUserByUsername({ username: data.username })) === undefined)
    await sso.user.createUser({ data, requireSuperUser: false, autoApprove: true })
}

/** A password that was right. */
export interface Checked {
  readonly userId: string
  /** What proves it, once: the token of the session that the check has opened. */
  readonly ust: string
}

/** Whose password this is; `undefined` when it is nobody's. What a form holds is untrusted input. */
export async function check(sso: Sojourn, username: unknown, password: unknown): Promise<Checked | undefined> {
  if (typeof username !== 'string' || typeof password !== 'string') return undefined
  try {
    return await sso.user.login({ username, password })
  } catch (error) {
    if (isSojournError(error, 'ERR_CREDENTIALS_INVALID')) return undefined
    throw error
  }
}

/** Logs the customer in. The browser's session takes the place of the one that the check has opened, as long as that lives. */
export function logIn(session: ShopSession, { userId, ust }: Checked): void {
  session.login(userId, { proof: ust })
}

/** Puts something into the cart, exactly once even when two tabs do so at the same moment. */
export function addToCart(session: ShopSession, item: unknown): void {
  if (typeof item === 'string' && GOODS.includes(item)) session.change('cart', (cart = []) => [...cart, item])
}

/** Chooses the language of the pages. It survives login and logout. */
export function chooseLanguage(session: ShopSession, language: unknown): void {
  if (typeof language === 'string' && LANGUAGES.includes(language)) session.set('language', language)
}

/** Says where the shop is open. */
export function announce(address: string | { readonly port: number } | null): void {
  if (typeof address === 'object' && address !== null) console.log(`The shop is open at http://127.0.0.1:${address.port}`)
}

/** The page with everything on it. It writes nothing, so that a visit alone makes no session. */
export function shopPage(session: ShopSession): string {
  const cart = session.get('cart', [])
  const buttons = (name: string, values: readonly string[]) =>
    values.map((value) => `<button name="${name}" value="${value}">${value}</button>`).join(' ')
  return page(
    session,
    `<p>Customer: ${escapeHtml(session.user?.username ?? 'nobody')}</p>
<p>Cart: ${cart.length === 0 ? 'empty' : escapeHtml(cart.join(', '))}</p>
<form method="post" action="/cart">${buttons('item', GOODS)}</form>
<form method="post" action="/language">${buttons('language', LANGUAGES)}</form>
<p><a href="/checkout">Check out</a></p>
${session.userId === null ? LOGIN_FORM : LOGOUT_FORMS}`,
  )
}

/** The page whose form can be sent once, and from here alone. */
export function checkoutPage(session: ShopSession): string {
  return page(
    session,
    `<form method="post" action="/checkout"><input type="hidden" name="_csrf" value="${session.securityKey()}"><button>Order</button></form>`,
  )
}

/** Takes what is in the cart as an order. */
export function orderPage(session: ShopSession): string {
  return page(session, `<p>Ordered: ${escapeHtml(session.pop('cart', []).join(', '))}</p>`)
}

const LOGIN_FORM =
  '<form method="post" action="/login"><input name="username"><input name="password" type="password"><button>Log in</button></form>'
const LOGOUT_FORMS = `<form method="post" action="/logout"><button>Log out</button></form>
<form method="post" action="/logout-everywhere"><button>Log out everywhere</button></form>`

function page(session: ShopSession, content: string): string {
  return `<!doctype html><html lang="${session.get('language', 'en')}"><title>Shop</title>\n${content}\n</html>\n`
}

function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`)
}

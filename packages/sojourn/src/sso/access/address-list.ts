// From which addresses may each user come?
import type { BlockList } from 'node:net'
import { hasNames } from '../../engine/check.ts'
import { invalidOption } from '../../engine/error.ts'
import type { AddressListOptions } from '../settings.ts'
import { usernameKey } from '../users/username.ts'
import { parseAddress, type RemoteAddress } from './remote-address.ts'

/** Decides by user and address. */
export interface AddressList {
  /** Whether a user may come from there. Where addresses are restricted, every one must be allowed, and there must be one. */
  allows(username: string, addresses: readonly RemoteAddress[]): boolean
}

type Rule = 'anywhere' | BlockList

/** Adds an address or a network such as `10.0.0.0/8`; `false` when it is neither. */
function add(networks: BlockList, text: string): boolean {
  const [head = '', prefix, ...rest] = text.split('/')
  const address = head.includes('%') ? undefined : parseAddress(head)
  if (address === undefined || rest.length > 0) return false
  if (prefix === undefined) {
    networks.addAddress(address.text, address.family)
    return true
  }
  // A network of IPv4 addresses in IPv6 clothing counts its first 96 bits as well.
  const bits = Number(prefix) - (head.includes(':') && address.family === 'ipv4' ? 96 : 0)
  if (!/^\d{1,3}$/.test(prefix) || bits < 0 || bits > (address.family === 'ipv4' ? 32 : 128)) return false
  networks.addSubnet(address.text, bits, address.family)
  return true
}

function parseRule(username: string, value: unknown): Rule {
  const field = `userAddressList.${username}`
  const entries: readonly unknown[] = Array.isArray(value) ? value : value === '' ? [] : [value]
  const { BlockList } = process.getBuiltinModule('node:net') // not needed by every program that imports us
  const networks = new BlockList()
  let anywhere = false
  for (const entry of entries) {
    if (typeof entry !== 'string') throw invalidOption(field, 'must be an address, a network, `*`, or a list of these')
    if (entry === '*') anywhere = true
    else if (!add(networks, entry)) {
      throw invalidOption(
        field,
        `holds \`${entry}\`, which is neither an address, nor a network such as \`10.0.0.0/8\`, nor \`*\``,
      )
    }
  }
  return anywhere ? 'anywhere' : networks
}

/**
 * Reads the lists once.
 *
 * @param rejectIfNotListed whether users without a list are refused.
 * @throws {SojournError} `ERR_OPTION_INVALID` naming the user whose list is not valid.
 */
export function readAddressList(options: AddressListOptions, rejectIfNotListed: boolean): AddressList {
  if (!hasNames(options)) throw invalidOption('userAddressList', 'must be an object of lists by user name')
  const rules = new Map<string, Rule>()
  for (const [username, value] of Object.entries(options)) {
    const key = usernameKey(username)
    if (rules.has(key)) throw invalidOption(`userAddressList.${username}`, 'names a user who has a list already')
    rules.set(key, parseRule(username, value))
  }
  return {
    allows(username, addresses) {
      const rule = rules.get(usernameKey(username))
      if (rule === undefined) return !rejectIfNotListed
      if (rule === 'anywhere') return true
      return addresses.length > 0 && addresses.every((address) => rule.check(address.text, address.family))
    },
  }
}

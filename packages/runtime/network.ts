import { isIP } from 'node:net'

/**
 * The network of a client's address, as what is counted for each client is counted: an IPv4 address itself, however it is
 * written or translated (RFC 6052), or the first 64 bits of an IPv6 address, of which a client has all. A text that is no
 * address is returned as it is.
 */
export const networkOf = (address: string): string => {
  const bare = address
    .trim()
    .replace(/^\[(.*)\]$/, '$1')
    .replace(/%.*$/, '')
  if (isIP(bare) !== 6) return bare
  const groups = groupsOf(bare)
  const [high = 0, low = 0] = groups.slice(6)
  if (ipv4Prefixes.has(groups.slice(0, 6).join(':')))
    return [high >> 8, high & 0xff, low >> 8, low & 0xff].join('.')
  return `${groups
    .slice(0, 4)
    .map(group => group.toString(16))
    .join(':')}::/64`
}

/** The site of a network as `networkOf` gives it: the first 48 bits, of which one owner may have all; undefined without IPv6. */
export const siteOf = (network: string): string | undefined =>
  network.endsWith('::/64') ? `${network.split(':').slice(0, 3).join(':')}::/48` : undefined

/** n.b. to a server with IPv6 alone, the second is the network of everyone who has IPv4. */
const ipv4Prefixes = new Set(['0:0:0:0:0:65535', `${0x64}:${0xff9b}:0:0:0:0`])

/** n.b. a URL writes an IPv6 address in its shortest form, without dots. */
const groupsOf = (address: string): readonly number[] => {
  const [head = '', tail = ''] = new URL(`http://[${address}]`).hostname.slice(1, -1).split('::')
  const [left, right] = [head, tail].map(half => half.split(':').filter(group => group !== ''))
  const zeros = Array.from({ length: 8 - (left?.length ?? 0) - (right?.length ?? 0) }, () => '0')
  return [...(left ?? []), ...zeros, ...(right ?? [])].map(group => Number.parseInt(group, 16))
}

import { isIP } from 'node:net'

/**
 * The network of a client's address, as what is counted for each client is counted: an IPv4 address itself, however it is
 * written, or the first 64 bits of an IPv6 address, of which a client has all. A text that is no address is returned as it is.
 */
export const networkOf = (address: string): string => {
  const bare = address
    .trim()
    .replace(/^\[(.*)\]$/, '$1')
    .replace(/%.*$/, '')
  if (isIP(bare) !== 6) return bare
  const groups = groupsOf(bare)
  const [high = 0, low = 0] = groups.slice(6)
  const isMapped = groups.slice(0, 5).every(group => group === 0) && groups[5] === 0xffff
  if (isMapped) return [high >> 8, high & 0xff, low >> 8, low & 0xff].join('.')
  return `${groups
    .slice(0, 4)
    .map(group => group.toString(16))
    .join(':')}::/64`
}

/** n.b. a URL writes an IPv6 address in its shortest form, without dots. */
const groupsOf = (address: string): readonly number[] => {
  const [head = '', tail = ''] = new URL(`http://[${address}]`).hostname.slice(1, -1).split('::')
  const [left, right] = [head, tail].map(half => half.split(':').filter(group => group !== ''))
  const zeros = Array.from({ length: 8 - (left?.length ?? 0) - (right?.length ?? 0) }, () => '0')
  return [...(left ?? []), ...zeros, ...(right ?? [])].map(group => Number.parseInt(group, 16))
}

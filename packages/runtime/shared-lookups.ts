import dns, { type LookupAddress, type LookupOptions } from 'node:dns'
import { syncBuiltinESMExports } from 'node:module'
import type { LookupFunction } from 'node:net'
import { within } from './deadline.ts'
import { codeOf } from './error-text.ts'

/** Looks all addresses of a name up. */
type LookUp = (name: string) => Promise<readonly LookupAddress[]>

type Looking = { readonly startedAtMs: number; readonly found: Promise<readonly LookupAddress[]> }

// n.b. Node itself looks up two names at a time, which leaves half of its threads to signatures, passwords and files
const lateAfterMs = 1_000
const maxKnown = 1_000

/**
 * Looks names up for the connections of a process. Connections to one name share a look-up. While it is late by a second, or
 * fails because no name server answers, they get the addresses that the name had.
 */
export const createSharedLookup = (lookUp: LookUp): LookupFunction => {
  const underWay = new Map<string, Looking>()
  const known = new Map<string, readonly LookupAddress[]>()

  const begin = (name: string): Looking => {
    const found = lookUp(name)
    const looking = { startedAtMs: performance.now(), found }
    underWay.set(name, looking)
    found
      .then(addresses => {
        if (known.size < maxKnown || known.has(name)) known.set(name, addresses)
      })
      .catch(() => {})
      .finally(() => underWay.delete(name))
    return looking
  }

  const find = async (name: string): Promise<readonly LookupAddress[]> => {
    const { startedAtMs, found } = underWay.get(name) ?? begin(name)
    const before = known.get(name)
    if (before === undefined) return found
    const leftMs = Math.max(0, startedAtMs + lateAfterMs - performance.now())
    return within(leftMs, found, () => before).catch((error: unknown) => {
      if (codeOf(error) === 'EAI_AGAIN') return before
      throw error
    })
  }

  return (name, options, callback) => {
    find(name).then(
      found => {
        const addresses = found.filter(isWanted(options))
        const [first] = addresses
        if (first === undefined) callback(notFound(name), '')
        else if (options.all) callback(null, addresses)
        else callback(null, first.address, first.family)
      },
      (error: NodeJS.ErrnoException) => callback(error, ''),
    )
  }
}

const isWanted =
  ({ family = 0 }: LookupOptions) =>
  (address: LookupAddress): boolean =>
    [0, address.family, `IPv${address.family}`].includes(family)

const notFound = (hostname: string): NodeJS.ErrnoException =>
  Object.assign(new Error(`${hostname} has no address of the family that is asked for`), {
    code: 'ENOTFOUND',
    hostname,
  })

/** Lets all connections of this process, whichever library opens them, look names up so. */
export const shareLookups = (): void => {
  const { lookup } = dns
  const shared = createSharedLookup(
    name =>
      new Promise((resolve, reject) => {
        lookup(name, { all: true }, (error, found) => (error === null ? resolve(found) : reject(error)))
      }),
  )
  Object.assign(dns, {
    lookup: (name: string, ...rest: readonly [...unknown[]]) => {
      const [options, callback] = rest.length === 1 ? [{}, rest[0]] : rest
      const asked = typeof options === 'number' ? { family: options } : Object(options)
      if (typeof callback !== 'function') throw new TypeError('a look-up needs a callback')
      shared(name, asked, (...answer) => callback(...answer))
    },
  })
  syncBuiltinESMExports()
}

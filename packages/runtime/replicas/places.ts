import { type LookupAddress, lookup } from 'node:dns'
import { isIP, type LookupFunction } from 'node:net'
import type { Running } from '../lifecycle.ts'
import { fromAny } from './any-address.ts'

/** Where a replica of a service answers. */
export type Place = {
  /** What tells it from others: the URL, and the address if that is known. */
  readonly name: string
  readonly url: URL
  /** Gives the address to which a connection is made. */
  readonly lookup: LookupFunction
}

/** Looks up all addresses of a name. */
export type LookUpAll = (name: string) => Promise<readonly LookupAddress[]>

/** Looks a name up with each connection, and begins with any of its addresses. */
const lookUpAny: LookupFunction = (name, options, callback) =>
  lookup(name, options, (error, found, family) =>
    callback(error, Array.isArray(found) ? fromAny(found) : found, family),
  )

const lookUpAll: LookUpAll = name =>
  new Promise((resolve, reject) => {
    lookup(name, { all: true }, (error, addresses) => (error === null ? resolve(addresses) : reject(error)))
  })

/**
 * Tells where the replicas at a list of URLs are: at once, and whenever the names in them get other addresses, for which it
 * looks every `everyMs`. A name that can't be looked up keeps the addresses that it had; until it has any, it is looked up
 * with each connection.
 */
export const watchPlaces = (
  urls: readonly URL[],
  changed: (places: readonly Place[]) => void,
  { lookUp = lookUpAll, everyMs = 5_000 }: { readonly lookUp?: LookUpAll; readonly everyMs?: number } = {},
): Running => {
  const found = new Map<URL, readonly Place[]>(urls.map(url => [url, [placeByName(url)]]))
  let told = ''
  let hasStopped = false
  const tell = (): void => {
    const places = [...found.values()].flat()
    const names = places.map(({ name }) => name).join(' ')
    if (names === told || hasStopped) return
    told = names
    changed(places)
  }
  const lookAt = async (url: URL): Promise<void> => {
    const addresses = await lookUp(url.hostname).catch(() => [])
    if (addresses.length > 0) found.set(url, placesOf(url, addresses))
    tell()
  }

  tell()
  const timers = urls
    .filter(({ hostname }) => isIP(bare(hostname)) === 0)
    .map(url => {
      let isLooking = false
      // n.b. a name that is answered late is not asked for again meanwhile
      const look = (): void => {
        if (isLooking) return
        isLooking = true
        void lookAt(url).finally(() => {
          isLooking = false
        })
      }
      look()
      return setInterval(look, everyMs).unref()
    })
  return {
    stop: async () => {
      hasStopped = true
      for (const timer of timers) clearInterval(timer)
    },
  }
}

const placeByName = (url: URL): Place => ({ name: url.href, url, lookup: lookUpAny })

/**
 * One place for each address of the first family. n.b. a system sorts those first that it can reach; localhost has one of
 * each family, and is one place, whose connections try both
 */
const placesOf = (url: URL, addresses: readonly LookupAddress[]): readonly Place[] => {
  const first = addresses.filter(({ family }) => family === addresses[0]?.family)
  const groups = first.length > 1 ? first.map(address => [address]) : [addresses]
  return groups
    .map(group => ({ name: `${url.href} at ${group[0]?.address}`, url, lookup: lookUpIn(group) }))
    .toSorted((one, other) => (one.name < other.name ? -1 : 1))
}

const lookUpIn =
  (addresses: readonly LookupAddress[]): LookupFunction =>
  (_name, { all }, callback) => {
    const [first] = addresses
    if (all || first === undefined) callback(null, [...addresses])
    else callback(null, first.address, first.family)
  }

const bare = (hostname: string): string => hostname.replace(/^\[(.*)\]$/, '$1')

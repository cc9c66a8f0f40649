/** What is remembered of the wrong passwords under one key. */
export type Attempts = {
  readonly failures: number
  readonly lastFailedAt: Date
  /** Until then no password is checked at all; null if passwords were never blocked. */
  readonly blockedUntil: Date | null
}

/**
 * What a wrong password counts against: an account as tried from one network, a network, an account from anywhere, or
 * a user who changes their password. Nobody can block an account's owner on another network for more than 30 s at a
 * time.
 */
export type AttemptKind = 'account-from-network' | 'network' | 'account' | 'password-change'

/** For how long a failure counts, in ms. */
export const failuresCountForMs = 24 * 60 * 60 * 1_000

const firstDelayMs = 1_000
const rules = {
  'account-from-network': { freeFailures: 5, longestDelayMs: 15 * 60 * 1_000 },
  network: { freeFailures: 20, longestDelayMs: 15 * 60 * 1_000 },
  account: { freeFailures: 100, longestDelayMs: 30_000 },
  'password-change': { freeFailures: 5, longestDelayMs: 15 * 60 * 1_000 },
} satisfies Record<AttemptKind, Rule>

type Rule = { readonly freeFailures: number; readonly longestDelayMs: number }

/** What is remembered after one more failure: the first ones are free, then the delays grow from 1 s to the longest. */
export const afterFailure = (known: Attempts | undefined, kind: AttemptKind, now: Date): Attempts => {
  const recent =
    known !== undefined && now.getTime() - known.lastFailedAt.getTime() < failuresCountForMs
      ? known
      : undefined
  const failures = (recent?.failures ?? 0) + 1
  const delayMs = delayAfter(failures, rules[kind])
  const untilMs = Math.max(recent?.blockedUntil?.getTime() ?? 0, delayMs === 0 ? 0 : now.getTime() + delayMs)
  return { failures, lastFailedAt: now, blockedUntil: untilMs === 0 ? null : new Date(untilMs) }
}

/** How long to wait before the next password is checked, in ms; 0 if one may be tried now. */
export const blockedForMs = ({ blockedUntil }: Pick<Attempts, 'blockedUntil'>, now: Date): number =>
  Math.max(0, (blockedUntil?.getTime() ?? 0) - now.getTime())

/** The network of a client's address: an IPv4 address itself, or the first 64 bits of an IPv6 address. */
export const networkOf = (address: string): string => {
  const [, mapped] = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address) ?? []
  if (mapped !== undefined) return mapped
  if (!address.includes(':')) return address
  const [head = '', tail = ''] = address.toLowerCase().split('::')
  const [left, right] = [head, tail].map(half => half.split(':').filter(group => group !== ''))
  const zeros = Array.from({ length: 8 - (left?.length ?? 0) - (right?.length ?? 0) }, () => '0')
  const groups = [...(left ?? []), ...zeros, ...(right ?? [])]
  return `${groups
    .slice(0, 4)
    .map(group => group.replace(/^0+(?=.)/, ''))
    .join(':')}::/64`
}

const delayAfter = (failures: number, { freeFailures, longestDelayMs }: Rule): number => {
  const paid = failures - freeFailures
  return paid <= 0 ? 0 : Math.min(firstDelayMs * 2 ** Math.min(paid - 1, 20), longestDelayMs)
}

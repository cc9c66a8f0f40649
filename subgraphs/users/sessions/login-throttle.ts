import type { Rule } from '@supergraph/postgres/throttle/rule.ts'
import { type Counted, countedOfNetwork, type Throttle } from '@supergraph/postgres/throttle/throttle.ts'
import type { FamiliarNetworks } from '../database/familiar-networks.ts'

/** How many wrong passwords are allowed, and how many accounts. */
export type LoginLimits = {
  readonly LOGIN_LIMIT_PER_ACCOUNT_AND_NETWORK: Rule
  readonly LOGIN_LIMIT_PER_ACCOUNT: Rule
  readonly LOGIN_LIMIT_PER_NETWORK: Rule
  readonly TOTP_LIMIT_PER_ACCOUNT_AND_NETWORK: Rule
  readonly TOTP_LIMIT_PER_ACCOUNT: Rule
  readonly PASSWORD_CHANGE_LIMIT: Rule
  readonly PASSWORD_RESET_LIMIT_PER_ACCOUNT: Rule
  readonly PASSWORD_RESET_LIMIT_PER_NETWORK: Rule
  readonly EMAIL_LINK_LIMIT_PER_ACCOUNT: Rule
  readonly EMAIL_LINK_LIMIT_PER_NETWORK: Rule
  readonly EXPORT_LIMIT_PER_ACCOUNT: Rule
  readonly REGISTER_LIMIT_PER_NETWORK: Rule
  readonly REGISTER_LIMIT: Rule
}

/** What decides whether a password may be tried, and is told how the try ended. */
export type Tries = {
  /** How long to wait before the next password is checked, in ms; 0 if one may be tried now. */
  readonly waitMs: () => Promise<number>
  readonly wrong: () => Promise<void>
  readonly right: () => Promise<void>
}

/** What counts the codes that are tried. n.b. before they are checked: of many at once, none slips through. */
export type CodeTries = {
  /** Counts a code that is about to be tried; returns how long to wait first, in ms, or 0. */
  readonly takeMs: () => Promise<number>
  readonly right: () => Promise<void>
}

export type LoginThrottle = ReturnType<typeof createLoginThrottle>

/** Slows down those who guess passwords or open accounts in great numbers. */
export const createLoginThrottle = (throttle: Throttle, networks: FamiliarNetworks, limits: LoginLimits) => ({
  /** The tries to sign in to the account with this address, which need not exist, from this network. */
  login: (email: string, network: string | undefined): Tries => {
    const own: Counted = {
      kind: 'login-from-network',
      of: JSON.stringify([email, network ?? null]),
      rule: limits.LOGIN_LIMIT_PER_ACCOUNT_AND_NETWORK,
    }
    const account: Counted = { kind: 'login', of: email, rule: limits.LOGIN_LIMIT_PER_ACCOUNT }
    const others = countedOfNetwork('logins-of-network', network, limits.LOGIN_LIMIT_PER_NETWORK)
    return {
      waitMs: async () => {
        const longest = await throttle.waitMs([own, account, ...others])
        if (longest === 0 || network === undefined || !(await networks.has(email, network))) return longest
        // n.b. neither a colleague behind the same address nor a stranger elsewhere keeps the owner out
        return throttle.waitMs([own])
      },
      wrong: async () => {
        const [failures] = await throttle.count([own, account])
        // n.b. counts accounts: one person's wrong passwords are not many, the one try at each of many accounts is
        if (failures === 1) await throttle.count(others)
      },
      right: async () => {
        await throttle.forget([own, account])
        if (network !== undefined) await networks.remember(email, network)
      },
    }
  },

  /** The tries of a user to change their password. */
  passwordChange: (userId: string): Tries => {
    // n.b. not the account's count: somebody who guesses at the sign-in must not keep the owner from changing the password
    const own: Counted = { kind: 'password-change', of: userId, rule: limits.PASSWORD_CHANGE_LIMIT }
    return {
      waitMs: () => throttle.waitMs([own]),
      wrong: async () => void (await throttle.count([own])),
      right: () => throttle.forget([own]),
    }
  },

  /** The codes for the logins of the account with this address, from this network. */
  code: (email: string, network: string | undefined): CodeTries => {
    const own: Counted = {
      kind: 'totp-from-network',
      of: JSON.stringify([email, network ?? null]),
      rule: limits.TOTP_LIMIT_PER_ACCOUNT_AND_NETWORK,
    }
    const account: Counted = { kind: 'totp', of: email, rule: limits.TOTP_LIMIT_PER_ACCOUNT }
    let counted: readonly Counted[] = []
    return {
      takeMs: async () => {
        const waitMs = await throttle.take([own, account])
        if (waitMs === 0) counted = [account]
        const isFamiliar = waitMs > 0 && network !== undefined && (await networks.has(email, network))
        if (!isFamiliar) return waitMs
        // n.b. whoever knows the password and guesses elsewhere does not keep the owner out
        return throttle.take([own])
      },
      right: async () => {
        await throttle.forget([own])
        // n.b. the guesses of somebody else stay counted
        await throttle.giveBack(counted)
      },
    }
  },

  /** The codes that a signed-in user gives to change their own second factor. */
  ownCode: (userId: string): CodeTries => {
    const own: Counted = { kind: 'totp-change', of: userId, rule: limits.PASSWORD_CHANGE_LIMIT }
    return { takeMs: () => throttle.take([own]), right: () => throttle.forget([own]) }
  },

  /** Counts a request for a new password for this address, which nobody need have; returns how long to wait first, in ms, or 0. */
  passwordResetWaitMs: (email: string, network: string | undefined): Promise<number> =>
    throttle.take([
      { kind: 'password-resets', of: email, rule: limits.PASSWORD_RESET_LIMIT_PER_ACCOUNT },
      ...countedOfNetwork('password-resets-of-network', network, limits.PASSWORD_RESET_LIMIT_PER_NETWORK),
    ]),

  /** Counts a user's request for a link to an address; returns how long to wait first, in ms, or 0. */
  linkWaitMs: (userId: string, network: string | undefined): Promise<number> =>
    throttle.take([
      { kind: 'email-links', of: userId, rule: limits.EMAIL_LINK_LIMIT_PER_ACCOUNT },
      ...countedOfNetwork('email-links-of-network', network, limits.EMAIL_LINK_LIMIT_PER_NETWORK),
    ]),

  /** Counts a user's request for everything that is known of them; returns how long to wait first, in ms, or 0. */
  exportWaitMs: (userId: string): Promise<number> =>
    throttle.take([{ kind: 'exports', of: userId, rule: limits.EXPORT_LIMIT_PER_ACCOUNT }]),

  /** Counts an account that is about to be opened; returns how long to wait first, in ms, or 0. */
  registrationWaitMs: (network: string | undefined): Promise<number> =>
    throttle.take([
      { kind: 'registrations', of: 'all', rule: limits.REGISTER_LIMIT },
      ...countedOfNetwork('registrations-of-network', network, limits.REGISTER_LIMIT_PER_NETWORK),
    ]),

  /** Notes that an account was opened from this network. */
  registered: async (email: string, network: string | undefined): Promise<void> => {
    if (network !== undefined) await networks.remember(email, network)
  },
})

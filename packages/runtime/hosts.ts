import { isIP } from 'node:net'
import { z } from 'zod'
import type { RequestTarget } from './request-target.ts'

const hint = 'put host names without ports there, separated by commas, such as shop.test'

/** The setting that lists further names by which clients may call a server on loopback. */
export const hostVariables = {
  ALLOWED_HOSTS: z
    .string()
    .transform(text => text.split(',').map(name => name.trim().toLowerCase()))
    .refine(names => names.every(name => /^[a-z\d_]([a-z\d._-]*[a-z\d_])?$/.test(name)), { error: hint })
    .default([])
    .describe(
      'names by which a server on `127.0.0.1` answers beside `localhost`; other names are 421. On another address, and a gateway in production or with `TRUST_PROXY_HOPS`, answers to every name',
    ),
}

/** Whether a host of a URL can only be this machine: `localhost`, a name below it, or a loopback address. */
export const isLoopback = (host: string): boolean => {
  const name = nameOf(host)
  return name === 'localhost' || name.endsWith('.localhost') || isLoopbackAddress(name)
}

/** Says why a request is refused, or nothing. */
export type HostRule = (target: Pick<RequestTarget, 'host'>) => string | undefined

/**
 * Lets a server on loopback answer only to the names of loopback, to IP addresses and to `allowed`: a page that points a
 * name of its own at 127.0.0.1 (DNS rebinding) is refused. A server on another address answers to every name.
 */
export const createHostRule = (listensOn: string, allowed: readonly string[]): HostRule => {
  if (!isLoopback(listensOn)) return answerToAll
  const names = new Set(allowed)
  return ({ host }) => {
    if (host === undefined || isLoopback(host)) return undefined
    const name = nameOf(host)
    if (isIP(name) !== 0 || names.has(name)) return undefined
    return `This server does not answer to the name ${JSON.stringify(name.slice(0, 253))}: add it to ALLOWED_HOSTS.`
  }
}

/** Answers to every name: the rule of a server behind a proxy, which knows its names. */
export const answerToAll: HostRule = () => undefined

const isLoopbackAddress = (name: string): boolean =>
  name === '::1' || (isIP(name) === 4 && name.startsWith('127.'))

// n.b. [::1]:4000, LOCALHOST:4000 and localhost.:4000 are names of loopback too
const nameOf = (host: string): string => {
  const bare = isIP(host) === 0 ? host.replace(/:\d*$/, '') : host
  return bare
    .toLowerCase()
    .replace(/^\[(.*)\]$/, '$1')
    .replace(/\.$/, '')
}

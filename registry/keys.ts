import { createHash, randomBytes } from 'node:crypto'

/** What the holder of a key may do: each role may also do what the one before it may. */
export const roles = ['check', 'publish', 'admin'] as const

export type Role = (typeof roles)[number]

/** Whether a role may do what needs another. */
export const mayAct = (role: Role, needed: Role): boolean => roles.indexOf(role) >= roles.indexOf(needed)

/** Makes a key to a graph, in the form that rover wants: `service:<graph>:<secret>`. */
export const createKey = (graph: string, secret = randomBytes(32).toString('base64url')): string =>
  `service:${graph}:${secret}`

/** What is kept of a key. n.b. its secret is 256 random bits, so that a slow hash would protect nothing. */
export const hashOf = (key: string): Buffer => createHash('sha256').update(key).digest()

import type { GraphQLSchema } from 'graphql'
import type { ClientOperation } from '../authorization/selections.ts'
import { type NamedClient, unnamedClient } from '../named-clients.ts'
import { signatureOf } from './signature.ts'

/** How often each client ran an operation. */
export type OperationUse = {
  /** The name of the operation; empty if it has none. */
  readonly name: string
  /** Its text without literals. */
  readonly signature: string
  readonly clients: readonly ClientUse[]
}

export type ClientUse = Pick<NamedClient, 'name' | 'version'> & { readonly requests: number }

/** What was counted; `otherRequests` ran operations that are not told apart. */
export type UseReport = { readonly operations: readonly OperationUse[]; readonly otherRequests: number }

/** Counts a run of an operation. */
export type CountUse = (operation: ClientOperation, client: NamedClient | undefined) => void

/** Counts which operations clients run. */
export type UseCounts = ReturnType<typeof createUseCounts>

const defaultLimits = {
  maxOperations: 2_000,
  /** Of all operations together. */
  maxClients: 10_000,
  maxSignatureLength: 32 * 1024,
  /** Of all signatures together. */
  maxSignatures: 4 * 1024 * 1024,
}
/** n.b. no client can call itself so. */
const otherClients: NamedClient = { name: '(other)', version: '', listedName: undefined }

/**
 * Counts by operation and client, until `take` gives the counts and begins anew. What is beyond the limits is counted as of
 * other clients or, if it is an operation, among `otherRequests`.
 */
export const createUseCounts = (limits: Partial<typeof defaultLimits> = {}) => {
  const { maxOperations, maxClients, maxSignatureLength, maxSignatures } = { ...defaultLimits, ...limits }
  let counted = new Counted(0)

  const entryOf = (signature: string, name: string): Entry => {
    const known = counted.entries.get(signature)
    if (known !== undefined) return known
    const isFull =
      signature === '' ||
      counted.entries.size >= maxOperations ||
      signature.length > maxSignatureLength ||
      counted.signatureLength + signature.length > maxSignatures
    if (isFull) return counted.other
    const entry = new Entry(counted.turn, signature, name)
    counted.entries.set(signature, entry)
    counted.signatureLength += signature.length
    return entry
  }

  const add = (entry: Entry, client: NamedClient, requests: number): void => {
    const known = entry.clients.get(client)
    if (known !== undefined) {
      known.requests += requests
      return
    }
    const isFull = client !== otherClients && counted.clients >= maxClients
    if (isFull) add(entry, otherClients, requests)
    else {
      counted.clients += 1
      entry.clients.set(client, { requests })
    }
  }

  return {
    /** Counts the operations of documents that were validated against this schema. */
    countFor: (schema: GraphQLSchema): CountUse => {
      const entries = new WeakMap<ClientOperation, Entry>()
      return (operation, client = unnamedClient) => {
        let entry = entries.get(operation)
        if (entry?.turn !== counted.turn) {
          const signature = entry?.signature || signatureIfAny(schema, operation)
          entry = entryOf(signature, operation.operation.name?.value ?? '')
          entries.set(operation, entry)
        }
        const known = entry.clients.get(client)
        if (known === undefined) add(entry, client, 1)
        else known.requests += 1
      }
    },

    /** What was counted since it was called last. */
    take: (): UseReport => {
      const { entries, other, turn } = counted
      counted = new Counted(turn + 1)
      return {
        operations: [...entries.values()].map(({ name, signature, clients }) => ({
          name,
          signature,
          clients: mergedByName(clients),
        })),
        otherRequests: [...other.clients.values()].reduce((sum, { requests }) => sum + requests, 0),
      }
    },

    /** Adds what could not be reported to what is counted now. */
    restore: ({ operations, otherRequests }: UseReport): void => {
      for (const { name, signature, clients } of operations) {
        const entry = entryOf(signature, name)
        for (const { name, version, requests } of clients) {
          const isOther = name === otherClients.name
          add(entry, isOther ? otherClients : { name, version, listedName: undefined }, requests)
        }
      }
      if (otherRequests > 0) add(counted.other, unnamedClient, otherRequests)
    },
  }
}

/** Empty if there can be none. n.b. no request may fail for it, and fragments that spread each other may be too many levels */
const signatureIfAny = (schema: GraphQLSchema, operation: ClientOperation): string => {
  try {
    return signatureOf(schema, operation)
  } catch (error) {
    if (error instanceof RangeError) return ''
    throw error
  }
}

/** What is counted between two reports. */
class Counted {
  readonly turn: number
  readonly entries = new Map<string, Entry>()
  /** Operations that are not told apart. */
  readonly other: Entry
  signatureLength = 0
  clients = 0

  constructor(turn: number) {
    this.turn = turn
    this.other = new Entry(turn, '', '')
  }
}

/** An operation while it is counted. n.b. it outlives the report, as long as the document is known */
class Entry {
  readonly turn: number
  readonly signature: string
  readonly name: string
  readonly clients = new Map<NamedClient, { requests: number }>()

  constructor(turn: number, signature: string, name: string) {
    this.turn = turn
    this.signature = signature
    this.name = name
  }
}

/** n.b. a client that was forgotten and came back is another object. */
const mergedByName = (clients: Entry['clients']): readonly ClientUse[] => {
  const merged = new Map<string, ClientUse>()
  for (const [{ name, version }, { requests }] of clients) {
    const key = JSON.stringify([name, version])
    merged.set(key, { name, version, requests: requests + (merged.get(key)?.requests ?? 0) })
  }
  return [...merged.values()]
}

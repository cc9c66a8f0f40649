import { calculateJwkThumbprint, exportJWK, generateKeyPair } from 'jose'
import type { DataSource, EntityManager } from 'typeorm'
import { type SigningKeyRow, SigningKeyTable } from './tables.ts'

/** The algorithm of every signing key. */
export const signingAlgorithm = 'ES256'

const creationKey = 4_001_001

/** The key that signs now, the newest; the first process to ask creates it, and all processes of a database agree. */
export const currentSigningKey = (database: DataSource): Promise<SigningKeyRow> =>
  database.transaction(async manager => {
    await manager.query('select pg_advisory_xact_lock($1)', [creationKey])
    const [newest] = await newestFirst(manager)
    return newest ?? createSigningKey(manager)
  })

/** Every key, newest first; a token of any of them is valid. */
export const signingKeys = (database: DataSource): Promise<readonly SigningKeyRow[]> =>
  newestFirst(database.manager)

const newestFirst = (manager: EntityManager): Promise<SigningKeyRow[]> =>
  manager.find(SigningKeyTable, { order: { createdAt: 'desc', kid: 'asc' } })

const createSigningKey = async (manager: EntityManager): Promise<SigningKeyRow> => {
  const { privateKey, publicKey } = await generateKeyPair(signingAlgorithm, { extractable: true })
  const publicJwk = await exportJWK(publicKey)
  const key = {
    kid: await calculateJwkThumbprint(publicJwk),
    privateJwk: await exportJWK(privateKey),
    publicJwk,
    createdAt: new Date(),
  }
  await manager.insert(SigningKeyTable, key)
  return key
}

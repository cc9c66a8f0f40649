import { calculateJwkThumbprint, exportJWK, generateKeyPair } from 'jose'
import { type DataSource, type EntityManager, In } from 'typeorm'
import { isRotationDue, livingKeys, signingKeyAt, signsFrom } from '../domain/key-rotation.ts'
import { oneAtATime } from './one-at-a-time.ts'
import { type SigningKeyRow, signingKeyTable } from './tables.ts'

/** The algorithm of every signing key. */
export const signingAlgorithm = 'ES256'

const creationKey = 4_001_001

/**
 * The key that signs now; all processes of a database agree on it. Makes the first key, and the next one when the
 * newest is 30 days old.
 */
export const currentSigningKey = async (database: DataSource): Promise<SigningKeyRow> => {
  const known = await newestFirst(database.manager)
  const keys = isRotationDue(known, new Date()) ? await makeDueKey(database) : known
  const key = signingKeyAt(keys, new Date())
  if (key === undefined) throw new Error('the table signing_keys was emptied just now: try again')
  return key
}

/** Makes the next key now, whatever the age of the newest; returns its id and when it begins to sign. */
export const rotateSigningKey = (
  database: DataSource,
): Promise<{ readonly kid: string; readonly signsFrom: Date }> =>
  oneAtATime(database, creationKey, async manager => {
    const isFirst = (await newestFirst(manager)).length === 0
    const key = await createSigningKey(manager)
    return { kid: key.kid, signsFrom: isFirst ? key.createdAt : signsFrom(key) }
  })

/** Every key that a token may still be signed with, newest first. */
export const signingKeys = async (database: DataSource): Promise<readonly SigningKeyRow[]> =>
  livingKeys(await newestFirst(database.manager), new Date())

/** Deletes the keys whose last token has expired. */
export const deleteExpiredSigningKeys = (database: DataSource): Promise<void> =>
  oneAtATime(database, creationKey, async manager => {
    const keys = await newestFirst(manager)
    const living = new Set(livingKeys(keys, new Date()))
    const expired = keys.filter(key => !living.has(key)).map(({ kid }) => kid)
    if (expired.length > 0) await manager.delete(signingKeyTable, { kid: In(expired) })
  })

const makeDueKey = (database: DataSource): Promise<readonly SigningKeyRow[]> =>
  oneAtATime(database, creationKey, async manager => {
    const keys = await newestFirst(manager)
    return isRotationDue(keys, new Date()) ? [await createSigningKey(manager), ...keys] : keys
  })

const newestFirst = (manager: EntityManager): Promise<SigningKeyRow[]> =>
  manager.find(signingKeyTable, { order: { createdAt: 'desc', kid: 'asc' } })

const createSigningKey = async (manager: EntityManager): Promise<SigningKeyRow> => {
  const { privateKey, publicKey } = await generateKeyPair(signingAlgorithm, { extractable: true })
  const publicJwk = await exportJWK(publicKey)
  const key = {
    kid: await calculateJwkThumbprint(publicJwk),
    privateJwk: await exportJWK(privateKey),
    publicJwk,
    createdAt: new Date(),
  }
  await manager.insert(signingKeyTable, key)
  return key
}

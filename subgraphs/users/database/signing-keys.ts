import { calculateJwkThumbprint, exportJWK, generateKeyPair } from 'jose'
import { type DataSource, type EntityManager, In } from 'typeorm'
import { isRotationDue, livingKeys, signingKeyAt, signsFrom } from '../domain/key-rotation.ts'
import { type SigningKeyRow, SigningKeyTable } from './tables.ts'

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

/** Makes the next key now, whatever the age of the newest; answers its id and from when on it signs. */
export const rotateSigningKey = (
  database: DataSource,
): Promise<{ readonly kid: string; readonly signsFrom: Date }> =>
  inTurn(database, async manager => {
    const isFirst = (await newestFirst(manager)).length === 0
    const key = await createSigningKey(manager)
    return { kid: key.kid, signsFrom: isFirst ? key.createdAt : signsFrom(key) }
  })

/** Every key that a token may still be signed with, newest first. */
export const signingKeys = async (database: DataSource): Promise<readonly SigningKeyRow[]> =>
  livingKeys(await newestFirst(database.manager), new Date())

/** Deletes the keys whose last token has died. */
export const deleteDeadSigningKeys = (database: DataSource): Promise<void> =>
  inTurn(database, async manager => {
    const keys = await newestFirst(manager)
    const living = new Set(livingKeys(keys, new Date()))
    const dead = keys.filter(key => !living.has(key)).map(({ kid }) => kid)
    if (dead.length > 0) await manager.delete(SigningKeyTable, { kid: In(dead) })
  })

const makeDueKey = (database: DataSource): Promise<readonly SigningKeyRow[]> =>
  inTurn(database, async manager => {
    const keys = await newestFirst(manager)
    return isRotationDue(keys, new Date()) ? [await createSigningKey(manager), ...keys] : keys
  })

const inTurn = <Result>(database: DataSource, work: (manager: EntityManager) => Promise<Result>) =>
  database.transaction(async manager => {
    await manager.query('select pg_advisory_xact_lock($1)', [creationKey])
    return work(manager)
  })

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

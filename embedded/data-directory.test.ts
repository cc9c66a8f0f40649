import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Client } from 'pg'
import { expect, it, onTestFinished, vi } from 'vitest'
import { embeddedDatabaseUrl, readSecrets } from './data-directory.ts'

const newDirectory = () => {
  const directory = mkdtempSync(join(tmpdir(), 'supergraph-secrets-'))
  onTestFinished(() => rmSync(directory, { recursive: true }))
  return directory
}

it('makes secrets once, and different ones in each installation', async () => {
  const directory = newDirectory()
  const [made, twin] = await Promise.all([readSecrets(directory), readSecrets(directory)])
  expect(twin).toEqual(made)
  expect(await readSecrets(directory)).toEqual(made)
  const other = await readSecrets(newDirectory())
  expect(other.paymentSimulatorKey).not.toBe(made.paymentSimulatorKey)
  expect(made.paymentSimulatorKey).toMatch(/^sk_test_[0-9a-f]{64}$/)
  const passwords = [made.postgresPassword, ...Object.values(made.databasePasswords)]
  expect(new Set(passwords).size).toBe(passwords.length)
})

it('gives analytics and the payment simulator their secrets in an installation that is older than these services', async () => {
  const directory = newDirectory()
  const file = join(directory, 'secrets.json')
  const old = JSON.stringify({
    postgresPassword: 'a password',
    databasePasswords: { USERS: 'u', PRODUCTS: 'p', ORDERS: 'o', NOTIFICATIONS: 'n' },
    identityKeys: { gateway: 'a key', orders: 'another' },
    identityIssuers: 'issuers',
  })
  writeFileSync(file, old)
  const { databasePasswords, paymentSimulatorKey } = await readSecrets(directory)
  expect(databasePasswords).toMatchObject({
    ORDERS: 'o',
    ANALYTICS: expect.stringMatching(/^[0-9a-f]{64}$/),
    PAYMENT_SIMULATOR: expect.stringMatching(/^[0-9a-f]{64}$/),
  })
  expect((await readSecrets(directory)).paymentSimulatorKey).toBe(paymentSimulatorKey)
  expect(readFileSync(file, 'utf8')).toBe(old)
})

it('says that damaged secrets are damaged, and how to go on', async () => {
  const directory = newDirectory()
  writeFileSync(join(directory, 'secrets.json'), '{}')
  await expect(readSecrets(directory)).rejects.toThrow('npm run reset')
})

it('says that a directory can not be used, and which setting names another one', async () => {
  const file = join(newDirectory(), 'file')
  writeFileSync(file, '')
  for (const directory of [file, join(file, 'below')])
    await expect(readSecrets(directory)).rejects.toThrow(/can't be used \(E[A-Z]+\).* DATA_DIR/)
})

it('lets a command reach the embedded databases whatever PGSSLMODE and PGOPTIONS say of another server', async () => {
  vi.stubEnv('PGSSLMODE', 'require')
  vi.stubEnv('PGOPTIONS', '-c search_path=elsewhere')
  onTestFinished(() => void vi.unstubAllEnvs())
  const directory = newDirectory()
  mkdirSync(join(directory, 'postgres'))
  writeFileSync(join(directory, 'postgres', 'postmaster.pid'), '7\n\n\n5433\n')
  const url = await embeddedDatabaseUrl(directory, 'payment-simulator')
  const { databasePasswords } = await readSecrets(directory)
  expect(new Client(url)).toMatchObject({
    ...{ host: '127.0.0.1', port: 5433, user: 'payment_simulator', database: 'payment_simulator' },
    ...{ password: databasePasswords.PAYMENT_SIMULATOR, ssl: false },
    connectionParameters: { options: ' ' },
  })
})

import { spawnSync } from 'node:child_process'
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createIdentityKeys, identityIssuers, identityKey } from '@supergraph/runtime/identity-keys.ts'
import { expect, it, onTestFinished } from 'vitest'

const command = join(import.meta.dirname, 'keys.ts')

it('leaves a file that only its owner can read, also over an older one that everybody could', () => {
  const folder = mkdtempSync(join(tmpdir(), 'keys-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  const file = join(folder, '.env')
  const output = openSync(file, 'w', 0o644)
  expect(spawnSync(process.execPath, [command], { stdio: ['ignore', output, 'inherit'] }).status).toBe(0)
  closeSync(output)
  expect(statSync(file).mode & 0o777).toBe(0o600)
  expect(readFileSync(file, 'utf8')).toMatch(/^GATEWAY_IDENTITY_KEY=\S+$/m)
})

it('prints to a pipe as well', () => {
  expect(spawnSync(process.execPath, [command], { encoding: 'utf8' }).stdout).toMatch(/^IDENTITY_ISSUERS=/m)
})

it('prints the next key of a process, and the public keys of each step', async () => {
  const now = await createIdentityKeys(['gateway', 'orders'])
  const run = (setting: string | undefined, name: string) =>
    spawnSync(process.execPath, [command, '--next', name], {
      encoding: 'utf8',
      env: { ...process.env, IDENTITY_ISSUERS: setting },
    })
  const lines = run(now.issuers, 'gateway').stdout.split('\n')
  const [both, alone] = lines
    .filter(line => line.startsWith('IDENTITY_ISSUERS='))
    .map(line => identityIssuers.parse(line.slice('IDENTITY_ISSUERS='.length)))
  const known = identityIssuers.parse(now.issuers)
  const { x } = identityKey.parse(
    lines.find(line => line.startsWith('GATEWAY_IDENTITY_KEY='))?.slice('GATEWAY_IDENTITY_KEY='.length),
  )
  expect(both).toEqual({ ...known, gateway: [...(known.gateway ?? []), expect.objectContaining({ x })] })
  expect(alone).toEqual({ ...known, gateway: [expect.objectContaining({ x })] })
  expect(run(undefined, 'gateway').stderr).toMatch(
    /^IDENTITY_ISSUERS is not set: put the public keys of now there/,
  )
  expect(run('nonsense', 'gateway').stderr).toMatch(
    /^IDENTITY_ISSUERS is not usable: put the public keys there/,
  )
  expect(run(now.issuers, 'users')).toMatchObject({
    status: 2,
    stderr: expect.stringMatching(/^--next must be/),
  })
})

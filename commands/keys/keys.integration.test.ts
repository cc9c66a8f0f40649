import { spawnSync } from 'node:child_process'
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
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

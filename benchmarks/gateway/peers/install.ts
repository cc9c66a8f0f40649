import { spawnSync } from 'node:child_process'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { ExpectedError } from '@supergraph/runtime/expected-error.ts'

const folder = import.meta.dirname
const lockFile = join(folder, 'package-lock.json')
const installedLock = join(folder, 'node_modules', '.installed-lock.json')

/** Installs the other gateways, unless they are there as the lock file says. They are no part of the project's packages. */
export const installPeers = (): void => {
  const lock = readFileSync(lockFile, 'utf8')
  if (existsSync(installedLock) && readFileSync(installedLock, 'utf8') === lock) return
  console.log('installing the other gateways, once, which takes half a minute')
  const { status, stderr } = spawnSync('npm', ['ci', '--ignore-scripts', '--no-audit', '--no-fund'], {
    cwd: folder,
    encoding: 'utf8',
  })
  if (status !== 0)
    throw new ExpectedError(
      `the other gateways can not be installed: measure with --only ours,stock,floor\n${stderr}`,
    )
  writeFileSync(installedLock, lock)
}

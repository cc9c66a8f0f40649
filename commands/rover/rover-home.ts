import { chmodSync, mkdirSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { federationVersion } from '@supergraph/registry/federation-version.ts'
import { ExpectedError } from '@supergraph/runtime/expected-error.ts'

/** rover's plugins can't be replaced here. */
class NoPlugins extends ExpectedError {
  override readonly name = 'NoPlugins'
}

const root = join(import.meta.dirname, '..', '..')

/**
 * Makes a home of rover's own in `folder`, whose plugins are this project's: composition, and the gateway in the router's
 * place. Returns the settings by which rover takes them, asks nobody for newer ones, and leaves the user's home alone.
 */
export const makeRoverHome = (
  folder = join(root, 'node_modules', '.cache', 'rover-home'),
): Readonly<Record<string, string>> => {
  if (process.platform === 'win32')
    throw new NoPlugins('rover runs only programs of the form .exe on Windows: use WSL for this')
  const plugins = join(folder, '.rover', 'bin')
  mkdirSync(plugins, { recursive: true })
  for (const name of ['supergraph', 'router']) {
    const program = join(import.meta.dirname, 'plugins', `${name}.ts`)
    writeProgram(join(plugins, `${name}-v${federationVersion}`), program)
  }
  return {
    APOLLO_HOME: folder,
    APOLLO_CONFIG_HOME: join(folder, 'config'),
    APOLLO_ROVER_SKIP_UPDATE: '1',
    // n.b. rover asks before it runs any plugin; it runs none of Apollo's
    APOLLO_ELV2_LICENSE: 'accept',
    APOLLO_TELEMETRY_DISABLED: '1',
  }
}

const writeProgram = (path: string, program: string): void => {
  // n.b. another rover may be about to run it
  const draft = `${path}.${process.pid}`
  writeFileSync(draft, `#!/bin/sh\nexec ${shellWord(process.execPath)} ${shellWord(program)} "$@"\n`)
  chmodSync(draft, 0o755)
  renameSync(draft, path)
}

/** A word as a shell takes it. */
export const shellWord = (word: string): string =>
  /^[\w./:@=-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`

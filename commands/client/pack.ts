import { execFile } from 'node:child_process'
import { mkdir, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { promisify } from 'node:util'
import { messageOf } from '@supergraph/runtime/error-text.ts'
import { parseArguments, runCommand, UsageError } from '../command-line.ts'
import { type Publication, stagePackage } from './staged-package.ts'

const help = `npm run client:pack [-- OPTIONS]

Packs the client as a package for any project: JavaScript, type declarations, its README and licence in one .tgz, which
npm install takes, and npm publish takes as it is. Prints the path of the .tgz.

  --to FOLDER        where the .tgz is written (this folder)
  --name NAME        the package's name, such as @your-scope/shop-client (that in client/package.json)
  --version VERSION  its version (that in client/package.json)
  --help             this text`

const pack = async (destination: string, publication: Publication): Promise<string> => {
  const staging = await mkdtemp(join(tmpdir(), 'client-package-'))
  try {
    await mkdir(destination, { recursive: true }).catch((error: unknown) => {
      throw new UsageError(`--to ${destination} is no folder to write to: ${messageOf(error)}`)
    })
    await stagePackage(staging, publication)
    const npm = process.platform === 'win32' ? 'npm.cmd' : 'npm'
    const args = ['pack', '--silent', '--ignore-scripts', '--pack-destination', destination]
    const { stdout } = await promisify(execFile)(npm, args, {
      cwd: staging,
      shell: process.platform === 'win32',
    })
    return join(destination, stdout.trim())
  } finally {
    await rm(staging, { recursive: true, force: true })
  }
}

const packageName = /^(@[a-z0-9~-][a-z0-9._~-]*\/)?[a-z0-9~-][a-z0-9._~-]*$/
const packageVersion = /^\d+\.\d+\.\d+(-[0-9A-Za-z.-]+)?$/

await runCommand(help, async () => {
  const { values } = parseArguments({
    options: { to: { type: 'string', default: '.' }, name: { type: 'string' }, version: { type: 'string' } },
  })
  const { to, name, version } = values
  if (name !== undefined && !packageName.test(name))
    throw new UsageError(`--name must be the name of a package, not "${name}".`)
  if (version !== undefined && !packageVersion.test(version))
    throw new UsageError(`--version must be a version such as 1.2.0, not "${version}".`)
  console.log(await pack(resolve(to), { name, version }))
})

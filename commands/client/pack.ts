import { execFile } from 'node:child_process'
import { mkdir, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { promisify } from 'node:util'
import { parseArguments, runCommand } from '../command-line.ts'
import { stagePackage } from './staged-package.ts'

const help = `npm run client:pack [-- --to FOLDER]

Packs the client as a package for any project: JavaScript, type declarations, its README and licence in one .tgz, which
npm install takes, and npm publish takes as it is. Name and version are those of client/package.json. Prints the path.

  --to FOLDER  where the .tgz is written (this folder)
  --help       this text`

const pack = async (destination: string): Promise<string> => {
  const staging = await mkdtemp(join(tmpdir(), 'client-package-'))
  try {
    await stagePackage(staging)
    await mkdir(destination, { recursive: true })
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

await runCommand(help, async () => {
  const { values } = parseArguments({ options: { to: { type: 'string', default: '.' } } })
  console.log(await pack(resolve(values.to)))
})

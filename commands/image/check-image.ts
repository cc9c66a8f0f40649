import { execFileSync, spawnSync } from 'node:child_process'
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { ExpectedError } from '@supergraph/runtime/expected-error.ts'
import { z } from 'zod'
import { serviceNames, services } from '../../services.ts'
import { parseArguments, runCommand } from '../command-line.ts'
import { filesOfImage } from './image-files.ts'

const help = `npm run image:check

Makes what the Dockerfile would put into the image, in an empty folder and without a container engine: the files that
.dockerignore lets through, with the packages that the RUN lines of the Dockerfile install. Then it starts every process
there, until it has loaded everything and refuses a setting, and every command, with --help. It fails if one of them
misses a file or a package, or if a package is there that only developers need.

  --help   this text`

const root = join(import.meta.dirname, '../..')

/** The commands that operators run in a container. */
const commands = [
  'commands/accounts/create-admin.ts',
  'commands/keys/rotate-keys.ts',
  'commands/registry/registry.ts',
  'commands/data/migrate.ts',
]

const copyFiles = (folder: string): number => {
  const listed = execFileSync('git', ['ls-files', '--cached', '--others', '--exclude-standard'], {
    cwd: root,
    encoding: 'utf8',
  })
  const dockerignore = readFileSync(join(root, '.dockerignore'), 'utf8')
  const files = filesOfImage(listed.trim().split('\n'), dockerignore).filter(file =>
    existsSync(join(root, file)),
  )
  for (const file of files) {
    mkdirSync(dirname(join(folder, file)), { recursive: true })
    cpSync(join(root, file), join(folder, file))
  }
  return files.length
}

/** Runs the commands of the Dockerfile that make the layer of packages, in a folder that has the files. */
const installPackages = (folder: string): void => {
  const text = readFileSync(join(root, 'Dockerfile'), 'utf8').replaceAll(/\\\n\s*/g, '')
  const [strip, install, ...others] = [...text.matchAll(/^RUN (.*)$/gm)].map(([, command]) => command ?? '')
  if (strip === undefined || install === undefined || others.length > 0)
    throw new ExpectedError('the Dockerfile has other RUN lines than this command knows: mend it here too')
  const run = (command: string) => execFileSync('sh', ['-c', command], { cwd: folder, stdio: 'inherit' })
  run(strip)
  run(install.replace('npm ci', 'npm ci --prefer-offline'))
}

const lockfile = z.object({
  packages: z.record(z.string(), z.object({ dev: z.boolean().optional(), link: z.boolean().optional() })),
})

const packagesOfDevelopers = (folder: string): readonly string[] => {
  const { packages } = lockfile.parse(JSON.parse(readFileSync(join(folder, 'package-lock.json'), 'utf8')))
  return Object.keys(packages).filter(path => packages[path]?.dev === true && existsSync(join(folder, path)))
}

/** What a program in the folder says, started without any setting but one that is wrong. */
const sayingOf = (folder: string, ...args: readonly string[]): string => {
  const { stdout, stderr } = spawnSync(process.execPath, [...args], {
    cwd: folder,
    encoding: 'utf8',
    env: { PATH: process.env.PATH, NODE_ENV: 'production', LOG_LEVEL: 'wrong' },
    timeout: 60_000,
  })
  return `${stdout}${stderr}`
}

const mistakesIn = (folder: string): readonly string[] => [
  ...packagesOfDevelopers(folder).map(path => `${path} is there, which only developers need`),
  ...serviceNames
    .map(name => ({ name, saying: sayingOf(folder, `${services[name].folder}/main.ts`) }))
    .filter(({ saying }) => !saying.includes('LOG_LEVEL is not usable'))
    .map(({ name, saying }) => `${name} did not come to its settings:\n${saying}`),
  ...commands
    .map(file => ({ file, saying: sayingOf(folder, file, '--help') }))
    .filter(({ saying }) => !saying.startsWith('npm run '))
    .map(({ file, saying }) => `${file} did not print its help:\n${saying}`),
]

await runCommand(help, async () => {
  parseArguments()
  const folder = mkdtempSync(join(tmpdir(), 'supergraph-image-'))
  try {
    const layers = { packages: join(folder, 'packages'), image: join(folder, 'image') }
    copyFiles(layers.packages)
    installPackages(layers.packages)
    const count = copyFiles(layers.image)
    renameSync(join(layers.packages, 'node_modules'), join(layers.image, 'node_modules'))
    const mistakes = mistakesIn(layers.image)
    if (mistakes.length > 0) throw new ExpectedError(mistakes.join('\n'))
    console.log(`${serviceNames.length} processes and ${commands.length} commands run from ${count} files`)
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
})

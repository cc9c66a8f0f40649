import { cp, mkdir, mkdtemp, readFile, realpath, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { z } from 'zod'
import { type ProgramRun, runProgram } from './run-program.ts'

const root = join(import.meta.dirname, '..')
const names = z.record(z.string(), z.unknown()).default({}).transform(Object.keys)
const manifestSchema = z.object({
  name: z.string(),
  exports: z.record(z.string(), z.unknown()),
  dependencies: names,
  peerDependencies: names,
})

/** A project outside of this repository that has installed the packed client. */
export type ClientProject = {
  readonly folder: string
  /** Where the client is installed. */
  readonly client: string
  readonly manifest: z.infer<typeof manifestSchema>
  readonly write: (files: Readonly<Record<string, string>>) => Promise<void>
  /** Type-checks these files strictly, with settings that `options` adds; the output is empty if they are right. */
  readonly checkTypes: (files: readonly string[], options: object) => Promise<ProgramRun>
  readonly remove: () => Promise<void>
}

/**
 * Packs the client and makes a project of it. n.b. The client comes out of its .tgz; what it declares, and the other packages, are
 * linked from this repository, so that nothing is downloaded.
 */
export const createClientProject = async (...packages: readonly string[]): Promise<ClientProject> => {
  const folder = await realpath(await mkdtemp(join(tmpdir(), 'client-project-')))
  const packed = await runProgram(process.execPath, ['commands/client/pack.ts', '--to', folder], process.env)
  if (packed.status !== 0) throw new Error(packed.output)
  const unpacked = await runProgram('tar', ['-xzf', packed.output.trim(), '-C', folder], process.env)
  if (unpacked.status !== 0) throw new Error(unpacked.output)
  const text = await readFile(join(folder, 'package', 'package.json'), 'utf8')
  const manifest = manifestSchema.parse(JSON.parse(text))
  const client = join(folder, 'node_modules', manifest.name)
  await cp(join(folder, 'package'), client, { recursive: true })
  await rm(join(folder, 'package'), { recursive: true })
  for (const name of new Set([...manifest.dependencies, ...manifest.peerDependencies, ...packages])) {
    const link = join(folder, 'node_modules', name)
    await mkdir(dirname(link), { recursive: true })
    await symlink(join(root, 'node_modules', name), link, 'junction')
  }
  const write: ClientProject['write'] = async files => {
    for (const [name, content] of Object.entries(files)) await writeFile(join(folder, name), content)
  }
  await write({ 'package.json': JSON.stringify({ private: true, type: 'module' }) })

  const checkTypes: ClientProject['checkTypes'] = async (files, options) => {
    const compilerOptions = { ...strict, ...options }
    const project = join(folder, `tsconfig.${crypto.randomUUID()}.json`)
    await writeFile(project, JSON.stringify({ compilerOptions, files }))
    return runProgram(
      process.execPath,
      [join(root, 'node_modules/typescript/bin/tsc'), '-p', project],
      process.env,
    )
  }
  return {
    folder,
    client,
    manifest,
    write,
    checkTypes,
    remove: () => rm(folder, { recursive: true, force: true }),
  }
}

const strict = {
  target: 'es2022',
  lib: ['es2023', 'dom', 'dom.iterable'],
  types: [],
  strict: true,
  noUncheckedIndexedAccess: true,
  verbatimModuleSyntax: true,
  skipLibCheck: false,
  noEmit: true,
}

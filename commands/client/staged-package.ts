import { execFile } from 'node:child_process'
import { cp, readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { ExpectedError } from '@supergraph/runtime/expected-error.ts'
import { z } from 'zod'

const run = promisify(execFile)
const root = join(import.meta.dirname, '..', '..')
const client = join(root, 'client')

/** The client does not compile. */
class NotCompiled extends ExpectedError {
  override readonly name = 'NotCompiled'
}

/** The name and version to publish under; those of the workspace if they are not given. */
export type Publication = { readonly name?: string | undefined; readonly version?: string | undefined }

/** Writes the client into a folder as it is published: JavaScript and type declarations beside their package.json. */
export const stagePackage = async (folder: string, publication: Publication): Promise<void> => {
  await compile(folder)
  const declarations = (await readdir(folder, { recursive: true })).filter(name => name.endsWith('.d.ts'))
  await Promise.all(declarations.map(name => rewrite(join(folder, name), importJavaScript)))
  const manifest = manifestSchema.parse(JSON.parse(await readFile(join(client, 'package.json'), 'utf8')))
  const { name = manifest.name, version = manifest.version } = publication
  const published = toPublish({ ...manifest, name, version })
  await writeFile(join(folder, 'package.json'), `${JSON.stringify(published, null, 2)}\n`)
  await cp(join(root, 'LICENSE'), join(folder, 'LICENSE'))
  await cp(join(client, 'README.md'), join(folder, 'README.md'))
  await rewrite(join(folder, 'README.md'), text => keepLinksInside(text.replaceAll(manifest.name, name)))
}

const compile = async (folder: string): Promise<void> => {
  const project = join(client, 'tsconfig.build.json')
  const compiler = join(root, 'node_modules', 'typescript', 'bin', 'tsc')
  try {
    await run(process.execPath, [compiler, '-p', project, '--noEmit', 'false', '--outDir', folder])
  } catch (error) {
    const { stdout } = z.object({ stdout: z.string() }).parse(error)
    throw new NotCompiled(`The client does not compile for browsers:\n${stdout}`)
  }
}

const rewrite = async (path: string, change: (text: string) => string): Promise<void> =>
  writeFile(path, change(await readFile(path, 'utf8')))

/** n.b. TypeScript rewrites the imports of JavaScript alone; not every reader of declarations follows `.ts`. */
const importJavaScript = (text: string): string =>
  text.replaceAll(/\b(from |import\()(['"])(\.{1,2}\/[^'"]+)\.ts\2/g, '$1$2$3.js$2')

/** Leaves the words of links to what is not in the package. */
const keepLinksInside = (text: string): string => text.replaceAll(/\[([^\]]+)\]\(\.\.\/[^)]*\)/g, '$1')

const texts = z.record(z.string(), z.string())
const manifestSchema = z.object({
  name: z.string(),
  version: z.string(),
  description: z.string(),
  license: z.string(),
  exports: texts,
  dependencies: texts,
  peerDependencies: texts,
  peerDependenciesMeta: z.record(z.string(), z.object({ optional: z.boolean() })),
})

/**
 * The package.json to publish. Each entry lies where its path says, since React Native's bundler and other readers may pass over
 * `exports`.
 */
const toPublish = ({
  exports,
  dependencies,
  peerDependencies,
  peerDependenciesMeta,
  ...manifest
}: z.infer<typeof manifestSchema>) => {
  const entries = Object.entries(exports).filter(([path]) => !path.includes('*'))
  return {
    ...manifest,
    type: 'module',
    sideEffects: false,
    main: './index.js',
    module: './index.js',
    types: './index.d.ts',
    exports: {
      ...Object.fromEntries(entries.map(([path, file]) => [path, compiled(file)])),
      './package.json': './package.json',
    },
    files: ['*.js', '*.d.ts', 'generated'],
    dependencies: Object.fromEntries(
      Object.entries(dependencies).map(([name, version]) => [name, `^${version}`]),
    ),
    peerDependencies,
    peerDependenciesMeta,
  }
}

const compiled = (file: string) => ({
  types: file.replace(/\.ts$/, '.d.ts'),
  default: file.replace(/\.ts$/, '.js'),
})

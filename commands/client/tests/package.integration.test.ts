import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { build } from 'vite'
import { afterAll, beforeAll, expect, it, onTestFinished } from 'vitest'
import { type ClientProject, createClientProject } from '../../../testbed/client-project.ts'
import { runProgram } from '../../../testbed/run-program.ts'
import { stagePackage } from '../staged-package.ts'

let project: ClientProject

beforeAll(async () => {
  project = await createClientProject('@urql/core', 'rxjs')
  const names = ['front-end.ts', 'apollo-front-end.ts']
  const texts = await Promise.all(names.map(name => readFile(join(import.meta.dirname, name), 'utf8')))
  await project.write(Object.fromEntries(names.map((name, index) => [name, texts[index] ?? ''])))
})
afterAll(() => project?.remove())

const read = (name: string): Promise<string> => readFile(join(project.client, name), 'utf8')

it('has each entry where its name says, for who reads `exports` and who does not', async () => {
  const { exports } = project.manifest
  expect(Object.keys(exports)).toEqual(['.', './apollo', './documents', './operations', './package.json'])
  for (const [name, entry] of Object.entries(exports)) {
    if (name === './package.json') continue
    const path = name === '.' ? './index' : name
    expect(entry).toEqual({ types: `${path}.d.ts`, default: `${path}.js` })
    await Promise.all([read(`${path}.d.ts`), read(`${path}.js`)])
  }
  expect(JSON.parse(await read('package.json'))).toMatchObject({
    main: './index.js',
    types: './index.d.ts',
    type: 'module',
    sideEffects: false,
  })
})

const specifier = /(?:^(?:import|export)\b[^'";]*\bfrom |\bimport\()['"]([^'"\n]+)['"]/gm

/** The packages that a file imports, itself or by the files that it imports. */
const packagesOf = async (
  file: string,
  extension = '.js',
  seen = new Set<string>(),
): Promise<readonly string[]> => {
  if (seen.has(file)) return []
  seen.add(file)
  const imported = [...(await read(file)).matchAll(specifier)].map(([, from = '']) => from)
  const [files, packages] = [imported.filter(isRelative), imported.filter(from => !isRelative(from))]
  const below = await Promise.all(
    files.map(from => packagesOf(join(file, '..', from).replace(/\.js$/, extension), extension, seen)),
  )
  return [...new Set([...packages, ...below.flat()])].sort()
}
const isRelative = (from: string): boolean => from.startsWith('.')

it.each([
  ['operations', [], []],
  ['documents', [], ['graphql']],
  ['index', ['graphql', 'graphql-ws'], ['graphql']],
  ['apollo', ['@apollo/client', 'graphql'], ['@apollo/client', 'graphql']],
])('needs for %s no other packages than %j, and for its types %j', async (entry, run, types) => {
  const { dependencies, peerDependencies } = project.manifest
  // n.b. by their names alone: a path into a package is found by `exports` alone
  expect([...dependencies, ...peerDependencies]).toEqual(expect.arrayContaining([...run, ...types]))
  expect(await packagesOf(`${entry}.js`)).toEqual(run)
  expect(await packagesOf(`${entry}.d.ts`, '.d.ts')).toEqual(types)
})

it('has no tests, and no `any` in its types', async () => {
  const files = await readdir(project.client, { recursive: true })
  expect(files).toContain(join('generated', 'texts.d.ts'))
  expect(files.filter(name => /test|fixture/.test(name))).toEqual([])
  for (const file of files.filter(name => name.endsWith('.d.ts')))
    expect((await read(file)).replaceAll(/\/\*.*?\*\//gs, '')).not.toMatch(/\bany\b/)
})

it("types operations under a bundler's rules and under Node's, libraries checked", async () => {
  const all = ['front-end.ts', 'apollo-front-end.ts']
  const node = { module: 'nodenext' }
  const checks = await Promise.all([
    project.checkTypes(all, { module: 'esnext', moduleResolution: 'bundler' }),
    project.checkTypes(all.slice(0, 1), { ...node, exactOptionalPropertyTypes: true }),
    // n.b. under Node's rules, the types of what Apollo Client depends on are wrong
    project.checkTypes(all, { ...node, skipLibCheck: true }),
  ])
  for (const check of checks) expect(check).toEqual({ status: 0, output: '' })
})

it.each([
  ['operations', 'CatalogueText', 'query Catalogue(', 1_000],
  ['documents', 'CatalogueDocument', '`Catalogue`', 4_000],
  ['', 'formatMoney', 'NumberFormat', 1_000],
  ['', 'createShopClient', 'mutation Login(', 50_000],
])("gives a page built by Vite of '%s' nothing but %s", async (entry, name, part, most) => {
  const specifier = join(project.manifest.name, entry)
  const page = `${name}-page.js`
  await project.write({ [page]: `import { ${name} } from '${specifier}'\nconsole.log(${name})` })
  const built = await build({
    root: project.folder,
    configFile: false,
    logLevel: 'error',
    build: {
      write: false,
      modulePreload: false,
      rollupOptions: { input: join(project.folder, page) },
    },
  })
  if (!('output' in built)) throw new Error('Vite built no page')
  const [file, ...others] = built.output
  expect(others).toEqual([])
  expect(file.type === 'chunk' && file.code).toContain(part)
  expect(file.type === 'chunk' && file.code).not.toContain('PlaceOrder')
  expect(file.type === 'chunk' && file.code.length).toBeLessThan(most)
})

it('takes the name and version of whoever publishes it, in its README too', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'client-package-'))
  onTestFinished(() => rm(folder, { recursive: true, force: true }))
  await stagePackage(folder, { name: '@acme/shop', version: '2.0.0' })
  const manifest = JSON.parse(await readFile(join(folder, 'package.json'), 'utf8'))
  expect(manifest).toMatchObject({ name: '@acme/shop', version: '2.0.0', license: 'MIT' })
  const readme = await readFile(join(folder, 'README.md'), 'utf8')
  expect(readme).toContain("from '@acme/shop/documents'")
  expect(readme).not.toMatch(/@supergraph|\]\(\.\.\//)
})

it.each([
  [['--name', 'Acme/shop'], '--name must be the name of a package, not "Acme/shop".'],
  [['--version', 'latest'], '--version must be a version such as 1.2.0, not "latest".'],
])('exits with 2 for %j', async (args, message) => {
  const { status, output } = await runProgram(
    process.execPath,
    ['commands/client/pack.ts', ...args],
    process.env,
  )
  expect([status, output.split('\n')[0]]).toEqual([2, message])
})

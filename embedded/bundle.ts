import { mkdir, rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'

/**
 * Joins packages of many files into few, after each installation. A service loads 1,200 to 1,500 files without that, which
 * takes 0.25 s of processor time more at each start. Without a bundle, as where only what runs is installed, packages
 * are loaded as they come.
 */

const packages = [
  '@apollo/composition',
  '@apollo/federation-internals',
  '@apollo/gateway',
  '@apollo/query-planner',
  '@apollo/server',
  '@apollo/server/plugin/disabled',
  '@apollo/subgraph',
  'graphql',
  'graphql-scalars',
  'graphql-ws',
  'graphql-ws/use/ws',
  'graphql/execution/collectFields.js',
  'graphql/jsutils/inspect.js',
  'jose',
  'nodemailer',
  'pg',
  'prom-client',
  'rabbitmq-client',
  'stripe',
  'typeorm',
  'undici',
  'ws',
  'zod',
]

// n.b. a package that finds no `require` in its module hashes with JavaScript, which takes 100 ms for 256 KiB
const ownHash = `module.exports = require('node:crypto').createHash`

const cache = join(import.meta.dirname, '../node_modules/.cache')
const bundle = join(cache, 'bundle')

type Entry = {
  readonly specifier: string
  readonly name: string
  /** What the package exports to `import`, as Node finds it. */
  readonly exported: readonly string[]
}

const entryOf = async (specifier: string): Promise<Entry> => ({
  specifier,
  name: specifier.replaceAll(/\W+/g, '-'),
  exported: Object.keys(await import(specifier)),
})

/** Whether `require` gives the same as `import`. */
const isRequirable = ({ exported }: Entry): boolean => exported.includes('module.exports')

const textOf = (entry: Entry): string => {
  const names = entry.exported.filter(name => name !== 'module.exports')
  return [
    `export { ${names.join(', ')} } from '${entry.specifier}'`,
    ...(isRequirable(entry) ? [`export { default as 'module.exports' } from '${entry.specifier}'`] : []),
  ].join('\n')
}

const bundlePackages = async (rolldown: typeof import('rolldown').rolldown): Promise<void> => {
  const making = `${bundle}-${process.pid}`
  const entries = await Promise.all(packages.map(entryOf))
  const entryPath = ({ name }: Entry) => join(making, `${name}.entry.mjs`)
  try {
    await mkdir(making, { recursive: true })
    for (const entry of entries) await writeFile(entryPath(entry), textOf(entry))
    const hashPath = join(making, 'hash.cjs')
    await writeFile(hashPath, ownHash)
    const made = await rolldown({
      input: Object.fromEntries(entries.map(entry => [entry.name, entryPath(entry)])),
      platform: 'node',
      // n.b. as Node does it: else graphql would come twice
      resolve: { mainFields: ['main'], alias: { 'sha.js': hashPath } },
      logLevel: 'silent',
    })
    await made.write({
      dir: making,
      format: 'esm',
      entryFileNames: '[name].mjs',
      chunkFileNames: '[name]-[hash].mjs',
    })
    await made.close()
    const index = entries.map(entry => ({
      specifier: entry.specifier,
      file: `${entry.name}.mjs`,
      isRequirable: isRequirable(entry),
    }))
    await writeFile(join(making, 'index.json'), JSON.stringify(index))
    await rename(making, bundle)
  } finally {
    await rm(making, { recursive: true, force: true })
  }
}

// n.b. that of an earlier installation has the versions of then
await rm(bundle, { recursive: true, force: true })
const bundler = await import('rolldown').catch(() => undefined)
if (bundler !== undefined) {
  await bundlePackages(bundler.rolldown).catch((error: unknown) =>
    console.warn('The packages are not bundled, so that services take a little longer to start:', error),
  )
}

import { readFileSync, statSync } from 'node:fs'
import { enableCompileCache, registerHooks } from 'node:module'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'

/** Loaded before everything else: keeps modules as compiled, and takes packages from the bundle that `bundle.ts` has made. */

const installed = join(import.meta.dirname, '../node_modules')
const cache = join(installed, '.cache')
enableCompileCache(process.env.NODE_COMPILE_CACHE ?? join(cache, 'compiled'))

type Bundled = { readonly specifier: string; readonly file: string; readonly isRequirable: boolean }

const bundle = join(cache, 'bundle')
const index = join(bundle, 'index.json')
const changedAtMs = (file: string): number => statSync(file, { throwIfNoEntry: false })?.mtimeMs ?? 0
const bundledAtMs = changedAtMs(index)
// n.b. npm has written this file whenever it has changed a package, and runs bundle.ts only after a whole installation
if (bundledAtMs > 0 && bundledAtMs >= changedAtMs(join(installed, '.package-lock.json'))) {
  const all: readonly Bundled[] = JSON.parse(readFileSync(index, 'utf8'))
  const bundled = new Map(
    all.map(one => [one.specifier, { ...one, url: pathToFileURL(join(bundle, one.file)).href }]),
  )
  registerHooks({
    resolve: (specifier, context, next) => {
      const found = bundled.get(specifier)
      const isTaken = found !== undefined && (found.isRequirable || !context.conditions.includes('require'))
      return isTaken ? { url: found.url, format: 'module', shortCircuit: true } : next(specifier, context)
    },
  })
}

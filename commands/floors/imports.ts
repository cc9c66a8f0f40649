import { readdirSync, readFileSync } from 'node:fs'
import { posix } from 'node:path'
import { z } from 'zod'

/** One import of a file: what it says, and the file that is meant, unless that is a package from outside. */
export type Import = { readonly specifier: string; readonly file: string | undefined }

/** What each source file imports, by the file's path from the root folder. */
export type Imports = ReadonlyMap<string, readonly Import[]>

/** Source text by path, and the folder of each package by the package's name. */
type Sources = {
  readonly texts: ReadonlyMap<string, string>
  readonly folders: ReadonlyMap<string, string>
}

/** Reads all sources below a folder, and the names of its packages. */
export const readSources = (root: string): Sources => {
  const texts = new Map<string, string>()
  const folders = new Map<string, string>()
  const visit = (folder: string): void => {
    for (const entry of readdirSync(posix.join(root, folder), { withFileTypes: true })) {
      const path = posix.join(folder, entry.name)
      if (entry.isDirectory() && entry.name !== 'node_modules' && !entry.name.startsWith('.')) visit(path)
      else if (entry.name.endsWith('.ts')) texts.set(path, readFileSync(posix.join(root, path), 'utf8'))
      else if (entry.name === 'package.json') folders.set(nameIn(posix.join(root, path)), folder)
    }
  }
  visit('')
  return { texts, folders }
}

/** Finds the imports of all files: static ones, of types too, and dynamic ones and mocks of a literal. */
export const findImports = ({ texts, folders }: Sources): Imports =>
  new Map(
    [...texts].map(([path, text]) => {
      const specifiers = [...text.matchAll(staticImport), ...text.matchAll(dynamicImport)].flatMap(
        ([, specifier]) => specifier ?? [],
      )
      return [
        path,
        [...new Set(specifiers)].map(specifier => ({ specifier, file: resolve(path, specifier, folders) })),
      ]
    }),
  )

// n.b. between the keyword and `from` stands nothing that begins an expression, so no text that only looks like one is taken
const staticImport = /^(?:import|export)\b(?:[^'"`;=(]*?\bfrom)?\s*['"]([^'"\n]+)['"]/gm
const dynamicImport = /\b(?:import|vi\.mock|vi\.doMock)\(\s*['"]([^'"\n]+)['"]/g

const resolve = (
  importer: string,
  specifier: string,
  folders: ReadonlyMap<string, string>,
): string | undefined => {
  if (specifier.startsWith('.')) return posix.join(posix.dirname(importer), specifier)
  const [scope, name, ...path] = specifier.split('/')
  const folder = folders.get(`${scope}/${name}`)
  return folder === undefined ? undefined : posix.join(folder, ...path)
}

const nameIn = (path: string): string =>
  z.object({ name: z.string() }).parse(JSON.parse(readFileSync(path, 'utf8'))).name

import { existsSync, readFileSync } from 'node:fs'
import { createFile } from '@supergraph/runtime/files.ts'

const root = new URL('../../', import.meta.url)

/** The pages of `docs/` with the titles and in the order that the README gives them. */
export const docPages = (): readonly { readonly name: string; readonly title: string }[] => {
  const pages = [...read('README.md').matchAll(/^\| \[([^\]]+)\]\(docs\/([\w-]+\.md)\)/gm)]
  return pages.map(([, title = '', name = '']) => ({ name, title }))
}

/** What sends the page of `docs/` at an address, as it is written; undefined if there is none. */
export const docAt = (address: string): ReturnType<typeof createFile> | undefined => {
  const page = docPages().find(({ name }) => address === `/docs/${name}`)
  if (page === undefined) return undefined
  return createFile({
    type: 'text/plain; charset=utf-8',
    body: Buffer.from(read(`docs/${page.name}`)),
    headers: { 'cache-control': 'no-cache', 'x-content-type-options': 'nosniff' },
  })
}

// n.b. a container may have no docs
const read = (path: string): string => {
  const file = new URL(path, root)
  return existsSync(file) ? readFileSync(file, 'utf8') : ''
}

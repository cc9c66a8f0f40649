import { readdirSync, readFileSync } from 'node:fs'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { createFile, fingerprint } from '@supergraph/runtime/files.ts'
import { policyHash } from '@supergraph/runtime/html.ts'
import { withoutTypes } from '@supergraph/runtime/strip-types.ts'

type Send = (request: IncomingMessage, response: ServerResponse) => Promise<void>

/** The page and what it is made of, all of it from this machine. */
export type Assets = {
  /** What sends the file at an address, if there is one. */
  readonly at: (path: string) => Promise<Send | undefined>
  /** What sends the page, which is the same for all addresses. */
  readonly page: () => Promise<Send>
}

const pagesFolder = join(import.meta.dirname, '..', 'pages')

/** The packages that the pages import, and the file of each that browsers load. */
const packages = {
  preact: 'preact',
  'preact/hooks': 'preact/hooks',
  htm: 'htm',
  'htm/preact': 'htm/preact',
  uplot: 'uplot/dist/uPlot.esm.js',
  '@dagrejs/dagre': '@dagrejs/dagre',
} as const

/** What the pages share with the server. */
const sharedFiles = [
  'graph/map-layout.ts',
  'graph/plan-graph.ts',
  'graph/plan-mermaid.ts',
  ...['filters', 'nulls', 'plan', 'span', 'summary'].map(name => `traces/${name}.ts`),
]

/** In the order in which they count: the first is the chart's own. */
const stylesheets = [
  'packages/uplot.css',
  ...['base', 'top', 'lists', 'trace', 'panels', 'map', 'ways', 'live', 'faults', 'narrow'].map(
    name => `pages/styles/${name}.css`,
  ),
]

/**
 * Serves the pages' sources without their types, and the packages that they import. All addresses begin with a fingerprint of
 * everything, so that a browser loads each file once and never an old one. Nothing is read before the first request.
 */
export const createAssets = (): Assets => {
  let site: { readonly files: ReadonlyMap<string, Send>; readonly page: Send } | undefined
  const load = () => {
    site ??= createFiles()
    return site
  }
  return {
    at: async path => (path.startsWith('/assets/') ? load().files.get(path) : undefined),
    page: async () => load().page,
  }
}

const createFiles = () => {
  const texts = readTexts()
  const version = fingerprint(Buffer.from([...texts].flat().join('\n')))
  const root = `/assets/${version}`
  const files = new Map<string, Send>()
  for (const [path, text] of texts) {
    files.set(
      `${root}/${path}`,
      createFile({
        type: path.endsWith('.css') ? 'text/css; charset=utf-8' : 'text/javascript; charset=utf-8',
        body: Buffer.from(text),
        headers: { 'cache-control': 'public, max-age=31536000, immutable' },
      }),
    )
  }
  return { files, page: createPage(root) }
}

/** The text of each file by its path below the fingerprint. */
const readTexts = (): ReadonlyMap<string, string> => {
  const read = (specifier: string) => readFileSync(fileURLToPath(import.meta.resolve(specifier)), 'utf8')
  const sources = readdirSync(pagesFolder, { recursive: true, encoding: 'utf8' })
    .filter(file => /\.(ts|css)$/.test(file))
    .map(file => ({ path: `pages/${file}`, text: readFileSync(join(pagesFolder, file), 'utf8') }))
  const shared = sharedFiles.map(path => ({
    path,
    text: readFileSync(join(pagesFolder, '..', path), 'utf8'),
  }))
  return new Map([
    ...[...sources, ...shared].map(
      ({ path, text }) => [path, path.endsWith('.ts') ? withoutTypes(text) : text] as const,
    ),
    ...Object.entries({ ...packages, 'uplot.css': 'uplot/dist/uPlot.min.css' }).map(
      ([name, specifier]) => [pathOf(name), read(specifier)] as const,
    ),
  ])
}

const pathOf = (name: string): string => `packages/${name}${name.endsWith('.css') ? '' : '.js'}`

const createPage = (root: string): Send => {
  const importMap = JSON.stringify({
    imports: Object.fromEntries(Object.keys(packages).map(name => [name, `${root}/${pathOf(name)}`])),
  })
  const policy = [
    "default-src 'none'",
    `script-src 'self' ${policyHash(importMap)}`,
    "style-src 'self'",
    "connect-src 'self'",
    "img-src 'self' data:",
    "frame-src 'self'",
    "form-action 'none'",
    "base-uri 'none'",
    "frame-ancestors 'none'",
    "require-trusted-types-for 'script'",
    "trusted-types 'none'",
  ].join('; ')
  const links = stylesheets.map(path => `<link rel="stylesheet" href="${root}/${path}">`).join('')
  const body = `<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8">
    <meta name="viewport" content="width=device-width, initial-scale=1">
    <title>Console</title>
    <link rel="icon" href="data:,">
    ${links}
    <script type="importmap">${importMap}</script>
    <script type="module" src="${root}/pages/main.ts"></script>
  </head>
  <body>
    <div id="root"></div>
    <noscript>The console needs JavaScript; its data comes as JSON under the same addresses.</noscript>
  </body>
</html>
`
  return createFile({
    type: 'text/html; charset=utf-8',
    body: Buffer.from(body),
    headers: { 'cache-control': 'no-cache', 'content-security-policy': policy },
  })
}

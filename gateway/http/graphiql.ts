import { readFileSync } from 'node:fs'
import type { DemoAccount } from '@supergraph/demo/demo-accounts.ts'
import { demoVariables, newKey } from '@supergraph/demo/demo-variables.ts'
import { createFile, fingerprint } from '@supergraph/runtime/files.ts'
import { type Html, html } from '@supergraph/runtime/html.ts'
import { withoutTypes } from '@supergraph/runtime/strip-types.ts'
import { readRecordedOperations } from '@supergraph/schema/recorded-operations.ts'
import { getOperationAST, parse } from 'graphql'

type SendFile = ReturnType<typeof createFile>

/** The accounts of the demo shop, and their password. */
export type DemoShop = { readonly accounts: readonly DemoAccount[]; readonly password: string }

const path = '/graphiql'
const pageSource = new URL('../pages/graphiql.ts', import.meta.url)
const styleSource = new URL('../pages/graphiql.css', import.meta.url)
const immutable = { 'cache-control': 'public, max-age=31536000, immutable' }
const checkedEachTime = {
  'cache-control': 'no-cache',
  'x-frame-options': 'DENY',
  'content-security-policy': [
    "default-src 'none'",
    "script-src 'self'",
    // n.b. the editor writes styles as it runs, and makes its workers of its own text
    "style-src 'self' 'unsafe-inline'",
    'worker-src blob:',
    "font-src 'self' data:",
    "img-src 'self' data:",
    "connect-src 'self'",
    "form-action 'none'",
    "base-uri 'none'",
    "frame-ancestors 'none'",
  ].join('; '),
}

/**
 * Gives what sends the file at an address, if it is one of GraphiQL's, which loads nothing from anywhere else. Its 9 MB of
 * script and style have addresses that change with what is in them, so that a browser loads them once. The recorded operations
 * lie ready in it, and with a demo shop its accounts are signed in by a click.
 */
export const createGraphiql = (demo: DemoShop | undefined) => {
  let files: Promise<ReadonlyMap<string, SendFile>> | undefined
  return async (address: string): Promise<SendFile | undefined> => {
    if (address !== path && !address.startsWith(`${path}/`)) return undefined
    files ??= createFiles(demo)
    return (await files).get(address)
  }
}

const createFiles = async (demo: DemoShop | undefined): Promise<ReadonlyMap<string, SendFile>> => {
  const { style, script } = takeApart(await renderPage())
  const files = new Map<string, SendFile>()
  const add = (type: string, extension: string, text: string): string => {
    const body = Buffer.from(text)
    const address = `${path}/${fingerprint(body)}.${extension}`
    files.set(address, createFile({ type, body, headers: immutable }))
    return address
  }
  const page = createPage(demo, {
    styles: [style, readFileSync(styleSource, 'utf8')].map(text =>
      add('text/css; charset=utf-8', 'css', text),
    ),
    library: add('text/javascript; charset=utf-8', 'js', script),
    script: add('text/javascript; charset=utf-8', 'js', withoutTypes(readFileSync(pageSource, 'utf8'))),
  })
  const type = 'text/html; charset=utf-8'
  files.set(path, createFile({ type, body: Buffer.from(page), headers: checkedEachTime }))
  return files
}

const createPage = (
  demo: DemoShop | undefined,
  at: { readonly styles: readonly string[]; readonly library: string; readonly script: string },
): string => {
  const operations = readOperations()
  const ready = {
    password: demo?.password ?? '',
    newKey,
    operations: Object.fromEntries(
      operations.map(({ name, document }) => [
        name,
        { document, variables: (demo && demoVariables[name]) ?? null },
      ]),
    ),
  }
  return html`<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8">
    <meta name="viewport" content="width=device-width, initial-scale=1">
    <title>GraphiQL · Commerce Supergraph</title>
    <link rel="icon" href="data:,">
    ${at.styles.map(address => html`<link rel="stylesheet" href="${address}">`)}
  </head>
  <body class="no-focus-outline">
    <header class="shop-bar">
      <a href="/">Commerce Supergraph</a>
      ${demo === undefined ? '' : accountButtons(demo.accounts)}
      <details>
        <summary>Operations</summary>
        <nav aria-label="Recorded operations">
          ${(['query', 'mutation', 'subscription'] as const).map(
            kind => html`<h2>${titles[kind]}</h2>
          <ul>${operations.filter(operation => operation.kind === kind).map(link)}</ul>`,
          )}
        </nav>
      </details>
      <span id="status" role="status"></span>
    </header>
    <noscript>GraphiQL needs JavaScript.</noscript>
    <div id="root"></div>
    <script type="application/json" id="ready">${dataIn(ready)}</script>
    <script src="${at.library}"></script>
    <script type="module" src="${at.script}"></script>
  </body>
</html>
`.html
}

const titles = { query: 'Queries', mutation: 'Mutations', subscription: 'Subscriptions' } as const

const accountButtons = (accounts: readonly DemoAccount[]): Html => html`<div role="group" aria-label="Act as">
        <span>Act as</span>
        <button type="button" data-account="" title="Without a token">nobody</button>
        ${accounts.map(
          ({ email, name, role }) =>
            html`<button type="button" data-account="${email}" title="${name}, ${email}">${role}</button>`,
        )}
      </div>`

const link = ({ name }: { readonly name: string }): Html =>
  html`<li><a href="${path}?operation=${name}">${name}</a></li>`

/** n.b. in a script's text, only a tag could end it. */
const dataIn = (data: unknown): Html => ({ html: JSON.stringify(data).replaceAll('<', '\\u003c') })

const readOperations = () =>
  readRecordedOperations()
    .map(text => ({ document: text, operation: getOperationAST(parse(text)) }))
    .map(({ document, operation }) => ({
      document,
      name: operation?.name?.value ?? '',
      kind: operation?.operation,
    }))
    .toSorted((a, b) => a.name.localeCompare(b.name, 'en'))

// n.b. imported at the first request: the page is 9 MB of text
const renderPage = async (): Promise<string> => {
  const { renderGraphiQL } = await import('@graphql-yoga/render-graphiql')
  return renderGraphiQL()
}

/**
 * The page has one style in its head and one script at the end of its body, which at last shows GraphiQL with options that can
 * only be data. n.b. the script has such tags in its texts.
 */
const takeApart = (page: string) => {
  const [, afterHead] = cut(page, page.indexOf('<style>'), '<style>')
  const [style, body] = cut(afterHead, afterHead.indexOf('</style>'), '</style>')
  const [, text] = cut(body, body.indexOf('<script>'), '<script>')
  const [script] = cut(text, text.lastIndexOf(call), call)
  return { style, script }
}

const call = 'YogaGraphiQL.renderYogaGraphiQL('

const cut = (text: string, at: number, mark: string): readonly [string, string] => {
  if (at === -1)
    throw new Error(`GraphiQL's page has no ${mark}: look how @graphql-yoga/render-graphiql makes it now`)
  return [text.slice(0, at), text.slice(at + mark.length)]
}

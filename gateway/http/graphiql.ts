import { createFile, fingerprint } from '@supergraph/runtime/files.ts'
import { exampleQuery } from './example-query.ts'

type SendFile = ReturnType<typeof createFile>

const path = '/graphiql'
const immutable = { 'cache-control': 'public, max-age=31536000, immutable' }
const checkedEachTime = { 'cache-control': 'no-cache', 'x-frame-options': 'DENY' }

/**
 * Gives what sends the file at an address, if it is one of GraphiQL's, which loads nothing from anywhere else. Its 9 MB of
 * script and style have addresses that change with what is in them, so that a browser loads them once.
 */
export const createGraphiql = () => {
  let files: Promise<ReadonlyMap<string, SendFile>> | undefined
  return async (address: string): Promise<SendFile | undefined> => {
    if (address !== path && !address.startsWith(`${path}/`)) return undefined
    files ??= createFiles()
    return (await files).get(address)
  }
}

const createFiles = async (): Promise<ReadonlyMap<string, SendFile>> => {
  const { before, style, between, script, after } = takeApart(await renderPage())
  const files = new Map<string, SendFile>()
  const add = (type: string, extension: string, text: string): string => {
    const body = Buffer.from(text)
    const address = `${path}/${fingerprint(body)}.${extension}`
    files.set(address, createFile({ type, body, headers: immutable }))
    return address
  }
  const styleAt = add('text/css; charset=utf-8', 'css', style)
  const scriptAt = add('text/javascript; charset=utf-8', 'js', script)
  const page = `${before}<link rel="stylesheet" href="${styleAt}">${between}<script src="${scriptAt}"></script>${after}`
  files.set(
    path,
    createFile({
      type: 'text/html; charset=utf-8',
      body: Buffer.from(page.trim()),
      headers: checkedEachTime,
    }),
  )
  return files
}

// n.b. imported at the first request: the page is 9 MB of text
const renderPage = async (): Promise<string> => {
  const { renderGraphiQL } = await import('@graphql-yoga/render-graphiql')
  return renderGraphiQL({
    title: 'Commerce Supergraph',
    // n.b. its own icon has 150 KB
    favicon: 'data:,',
    endpoint: '/graphql',
    subscriptionsProtocol: 'WS',
    defaultQuery: exampleQuery,
    isHeadersEditorEnabled: true,
    defaultEditorToolsVisibility: 'headers',
  })
}

/** The page has one style in its head and one script at the end of its body; n.b. the script has such tags in its texts. */
const takeApart = (page: string) => {
  const [before, rest] = cut(page, page.indexOf('<style>'), '<style>')
  const [style, body] = cut(rest, rest.indexOf('</style>'), '</style>')
  const [between, tail] = cut(body, body.indexOf('<script>'), '<script>')
  const [script, after] = cut(tail, tail.lastIndexOf('</script>'), '</script>')
  return { before, style, between, script, after }
}

const cut = (text: string, at: number, tag: string): readonly [string, string] => {
  if (at === -1)
    throw new Error(`GraphiQL's page has no ${tag}: look how @graphql-yoga/render-graphiql makes it now`)
  return [text.slice(0, at), text.slice(at + tag.length)]
}

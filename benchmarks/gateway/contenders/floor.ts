import { once } from 'node:events'
import { createServer, type IncomingMessage } from 'node:http'
import { readSubgraphs } from '@supergraph/gateway/subgraphs/subgraphs.ts'
import { parse } from 'graphql'
import { Pool } from 'undici'
import { forEachGraph, listen, runContender } from './contender.ts'
import { type AskSubgraph, answerShop } from './floor-shop.ts'

/** What a floor does for an operation, by graph. */
const answers: Readonly<Record<string, typeof answerShop>> = { shop: answerShop }

const headers = { 'content-type': 'application/json', accept: 'application/json' }

const createAskSubgraph = (supergraphSdl: string): AskSubgraph => {
  const pools = new Map(
    readSubgraphs(parse(supergraphSdl)).map(({ name, url }) => {
      const { origin, pathname: path } = new URL(url)
      return [name, { pool: new Pool(origin, { connections: 256 }), path }]
    }),
  )
  return (subgraph, body) => {
    const target = pools.get(subgraph)
    if (target === undefined) throw new Error(`there is no subgraph ${subgraph}`)
    return post(target.pool, target.path, body)
  }
}

const post = <Answer>(pool: Pool, path: string, body: string): Promise<Answer> =>
  new Promise((resolve, reject) => {
    const chunks: Buffer[] = []
    pool.dispatch(
      { path, method: 'POST', headers, body },
      {
        onRequestStart: () => {},
        onResponseStart: () => {},
        onResponseData: (_controller, chunk) => void chunks.push(chunk),
        onResponseEnd: () => resolve(JSON.parse(Buffer.concat(chunks).toString('utf8'))),
        onResponseError: (_controller, error) => reject(error),
      },
    )
  })

const readBody = async (request: IncomingMessage): Promise<string> => {
  let text = ''
  request.setEncoding('utf8').on('data', (chunk: string) => {
    text += chunk
  })
  await once(request, 'end')
  return text
}

await runContender(settings =>
  forEachGraph(settings, async (supergraphSdl, graph) => {
    const ask = createAskSubgraph(supergraphSdl)
    const answer = answers[graph] ?? answerShop
    const server = createServer(async (request, response) => {
      const result = await answer(JSON.parse(await readBody(request)), ask)
      const text = JSON.stringify(result)
      response
        .writeHead(200, { 'content-type': 'application/json', 'content-length': Buffer.byteLength(text) })
        .end(text)
    })
    return listen(server)
  }),
)

import { readFileSync } from 'node:fs'
import { type Composition, composeSubgraphs } from '@supergraph/composition/composition.ts'
import { parse } from 'yaml'
import { z } from 'zod'

// n.b. rover has put the text of each file into what it hands over
const handedOver = z.object({
  subgraphs: z.record(
    z.string(),
    z.object({ routing_url: z.string().default(''), schema: z.object({ sdl: z.string() }) }),
  ),
})

/** What rover's plugin `supergraph` prints: the supergraph with its hints, or why there is none. */
const toBuildResult = (composition: Composition) => {
  const about = (code: string | null, message: string) => ({ code, message, nodes: [], omittedNodesCount: 0 })
  if (composition.kind === 'failed') {
    const errors = composition.errors.map(({ code, message }) => ({
      ...about(code, message),
      type: 'composition',
    }))
    return { Err: { build_errors: errors, is_config: false } }
  }
  const hints = composition.hints.map(hint => about(null, hint))
  return { Ok: { supergraphSdl: composition.supergraph, hints } }
}

const [action, file] = process.argv.slice(2)
if (action !== 'compose' || file === undefined) {
  console.error('rover runs this program: compose FILE')
  process.exit(2)
}
const { subgraphs } = handedOver.parse(parse(readFileSync(file, 'utf8')))
const composition = composeSubgraphs(
  Object.entries(subgraphs).map(([name, { routing_url, schema }]) => ({
    name,
    url: routing_url,
    sdl: schema.sdl,
  })),
)
process.stdout.write(JSON.stringify(toBuildResult(composition)))
process.exitCode = composition.kind === 'failed' ? 1 : 0

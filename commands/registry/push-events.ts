import { spawnSync } from 'node:child_process'
import { globSync, readFileSync } from 'node:fs'
import { parseGraphRef } from '@supergraph/registry/graph-ref.ts'
import { messageOf } from '@supergraph/runtime/error-text.ts'
import { ExpectedError } from '@supergraph/runtime/expected-error.ts'
import { parse } from 'yaml'
import { z } from 'zod'
import { parseArguments, runCommand, UsageError } from '../command-line.ts'
import { publishedFile, receivedFile } from '../schema/asyncapi-document.ts'

const help = `npm run events:push -- GRAPH@VARIANT [--proposal]

Gives the registry the AsyncAPI documents of this commit: schema/asyncapi.yaml, and what each service receives. A
\`rover subgraph check\` of the same commit then says what changed for the readers of events.

  --proposal   for the checks of this commit alone, as for a pull request; without it, checks compare with these
               documents from now on, as on main
  --help       this text

Takes the registry from APOLLO_REGISTRY_URL and the key from APOLLO_KEY, as rover does; the commit from APOLLO_VCS_COMMIT,
or from git. The key needs the role publish; for a proposal, check.
Exits with 0 when it is done, 1 when the registry refuses, 2 when it was called wrongly.`

/** The documents can't be pushed. */
class PushError extends ExpectedError {
  override readonly name = 'PushError'
}

const mutation = `mutation PushEvents(
  $graph: ID!, $graphVariant: String!, $commit: String!, $published: String!, $received: [String!]!, $isProposal: Boolean!
) {
  graph(id: $graph) {
    pushEvents(
      graphVariant: $graphVariant, commit: $commit, published: $published, received: $received, isProposal: $isProposal
    ) { commit }
  }
}`

const answer = z.object({
  data: z.object({ graph: z.object({ pushEvents: z.object({ commit: z.string() }) }).nullish() }).nullish(),
  errors: z.array(z.object({ message: z.string() })).optional(),
})

const push = async (reference: string, isProposal: boolean): Promise<string> => {
  const ref = parseGraphRef(reference)
  if (ref === undefined) throw new UsageError(`${reference} is no graph and variant such as shop@current`)
  const [url, key] = ['APOLLO_REGISTRY_URL', 'APOLLO_KEY'].map(demandSetting)
  const commit = process.env.APOLLO_VCS_COMMIT || readCommit()
  const variables = {
    graph: ref.graph,
    graphVariant: ref.variant,
    commit,
    published: readDocument(publishedFile),
    received: globSync(receivedFile('{*,*/*}'), { exclude: ['node_modules'] })
      .sort()
      .map(readDocument),
    isProposal,
  }
  const pushed = await send(url ?? '', key ?? '', variables)
  return `${reference} has the events of commit ${pushed.slice(0, 12)}${isProposal ? ', for its checks' : ', which checks compare with now'}`
}

const send = async (url: string, key: string, variables: object): Promise<string> => {
  const response = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'x-api-key': key },
    body: JSON.stringify({ query: mutation, variables }),
  }).catch((error: unknown) => {
    throw new PushError(`the registry at ${url} does not answer: ${messageOf(error)}`, { cause: error })
  })
  const text = await response.text()
  const read = answer.safeParse(parseJson(text))
  const pushed = read.data?.data?.graph?.pushEvents.commit
  if (pushed !== undefined) return pushed
  throw new PushError(
    read.data?.errors?.map(({ message }) => message).join('\n') ?? `${url} answers with ${response.status}`,
  )
}

const parseJson = (text: string): unknown => {
  try {
    return JSON.parse(text)
  } catch {
    // n.b. not a registry, or something before it: the status says what there is to say
    return undefined
  }
}

const readDocument = (file: string): string => JSON.stringify(parse(readFileSync(file, 'utf8')))

const demandSetting = (name: string): string => {
  const value = process.env[name]
  if (!value) throw new UsageError(`set ${name}, as for rover`)
  return value
}

const readCommit = (): string => {
  const { status, stdout } = spawnSync('git', ['rev-parse', 'HEAD'], { encoding: 'utf8' })
  if (status !== 0) throw new UsageError('git knows no commit here: set APOLLO_VCS_COMMIT')
  return stdout.trim()
}

await runCommand(help, async () => {
  const { values, positionals } = parseArguments({
    allowPositionals: true,
    options: { proposal: { type: 'boolean' } },
  })
  const [reference, ...further] = positionals
  if (reference === undefined || further.length > 0)
    throw new UsageError('to which graph and variant, such as shop@current?')
  console.log(await push(reference, values.proposal ?? false))
})

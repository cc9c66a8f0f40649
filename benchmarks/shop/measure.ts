import { requestGraphQL } from '../../testbed/graphql-client.ts'
import type { Sample } from '../gateway/arena.ts'
import type { Child } from '../gateway/child.ts'
import type { LoadOrder } from '../gateway/load/load.ts'
import { loadResult } from '../gateway/load/result.ts'
import { type QueryName, queries } from './queries.ts'
import type { Contender } from './systems.ts'

/** Measures one system. */
export type Measure = (connections: number, seconds: number) => Promise<Sample>

/** Finds out what a system answers to each customer, and checks every answer of the clients against that. */
export const prepare = async (
  clients: Child,
  { url, accessTokens, cpuMs }: Omit<Contender, 'name'>,
  name: QueryName,
): Promise<Measure> => {
  const { query, variables, answer } = queries[name]
  const expected: string[] = []
  for (const accessToken of accessTokens) {
    for (const values of variables) {
      const answered = await requestGraphQL(url, { query, variables: values }, { accessToken })
      answer.parse(answered)
      expected.push(JSON.stringify(answered))
    }
  }
  return async (connections, seconds) => {
    const order: LoadOrder = {
      url,
      tokens: [...accessTokens],
      bodies: variables.map(values => JSON.stringify({ query, variables: values })),
      expected,
      connections,
      seconds,
      atLeast: 0,
    }
    const beforeMs = await cpuMs()
    const result = loadResult.parse(await clients.ask(order))
    return { ...result, cpuMs: (await cpuMs()) - beforeMs }
  }
}

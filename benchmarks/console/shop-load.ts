import { requestGraphQL } from '../../testbed/graphql-client.ts'
import { queries } from '../shop/queries.ts'

const { query, variables, answer } = queries.products

/** Asks a shop for pages of products at a pace, and returns how long each took. n.b. what is late began when it was due */
export const askShop = async (
  url: string,
  perSecond: number,
  seconds: number,
): Promise<readonly number[]> => {
  const startedAtMs = performance.now()
  const asked: Promise<number>[] = []
  for (let index = 0; index < perSecond * seconds; index += 1) {
    const dueAtMs = startedAtMs + (index / perSecond) * 1_000
    const waitMs = dueAtMs - performance.now()
    if (waitMs > 0) await new Promise(resolve => setTimeout(resolve, waitMs))
    asked.push(ask(url, index).then(() => performance.now() - dueAtMs))
  }
  return Promise.all(asked)
}

const ask = async (url: string, index: number): Promise<void> => {
  answer.parse(await requestGraphQL(url, { query, variables: variables[index % variables.length] ?? {} }))
}

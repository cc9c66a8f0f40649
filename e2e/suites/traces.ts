import { describe, it } from 'vitest'
import { createGraphQLClient } from '../../testbed/graphql-client.ts'
import { expectNoCanary, type TracedShop } from './canaries.ts'
import { expectForgotten } from './forgotten.ts'
import { expectWholeTrace } from './order-trace.ts'

const search = '{ products(first: 1, filter: { search: "mug", inStock: true }) { edges { node { id } } } }'

export const describeTraces = (traced: () => TracedShop): void => {
  describe('what is seen of a shop', () => {
    const findProduct = async ({ system }: TracedShop): Promise<string> => {
      const { data } = await createGraphQLClient(system.urlOf('gateway')).ask(search)
      return data.products.edges[0].node.id
    }

    it('is one trace from an order to the frames of its subscribers, without a gap that no span explains', async () => {
      await expectWholeTrace(traced(), await findProduct(traced()))
    })

    it('holds no token, password, address or card that came in through any door', async () => {
      await expectNoCanary(traced(), await findProduct(traced()))
    })

    it('has nothing of a person whose account was deleted but what docs/privacy.md says', async () => {
      await expectForgotten(traced(), await findProduct(traced()))
    })
  })
}

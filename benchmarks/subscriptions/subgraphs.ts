import { z } from 'zod'
import { startMemoServer } from '../gateway/memo-server.ts'
import { serveParent } from '../gateway/parent.ts'
import { startPublisher } from './events.ts'
import { startSubscribers } from './subscribers.ts'

const asked = z.object({
  variables: z.object({ representations: z.array(z.object({ id: z.string() })) }),
})

/** A subgraph that knows one field of products. */
const startFields = (fields: (id: string) => object): Promise<string> =>
  startMemoServer(
    async body => {
      const { representations } = asked.parse(JSON.parse(body)).variables
      const entities = representations.map(({ id }) => ({ __typename: 'Product', ...fields(id) }))
      return JSON.stringify({ data: { _entities: entities } })
    },
    () => 0,
  )

const changes = await startSubscribers()
const publishUrl = await startPublisher(({ n, at, productId }) => {
  const changed = { n, at, product: { __typename: 'Product', id: productId } }
  changes.sendAll(JSON.stringify({ data: { changed } }))
})

serveParent(
  {
    publishUrl,
    urls: {
      changes: changes.url,
      catalogue: await startFields(id => ({ name: `Product ${id}` })),
      pricing: await startFields(() => ({ price: { amountMinor: 1_250, currency: 'EUR' } })),
    },
  },
  () => undefined,
)

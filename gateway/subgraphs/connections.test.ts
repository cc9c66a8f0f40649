import { createIdentitySigner } from '@supergraph/runtime/identity.ts'
import { createIdentityKeys, identityKey } from '@supergraph/runtime/identity-keys.ts'
import { LoadLimit } from '@supergraph/runtime/load/load-limit.ts'
import { createLogger } from '@supergraph/runtime/logger.ts'
import { expect, it } from 'vitest'
import { createChanges } from './changes.ts'
import { createSubgraphConnections } from './connections.ts'

const { keys } = await createIdentityKeys(['gateway'])
const subgraph = {
  service: 'orders',
  url: 'http://127.0.0.1:1/graphql',
  told: { mutations: [], reads: [] },
  timeoutMs: 100,
  signer: createIdentitySigner('gateway', identityKey.parse(keys.gateway)),
  changes: createChanges(),
  load: new LoadLimit({ targetMs: 50, loweredMs: 50, windowMs: 100, samples: 10 }),
  logger: createLogger('gateway', 'silent'),
}

it('shares the connections of the same subgraph until the last of those who have them stops', async () => {
  const { connect } = createSubgraphConnections()
  const [first, second] = [connect(subgraph), connect({ ...subgraph })]
  expect(second.client).toBe(first.client)
  expect(second.upstream).toBe(first.upstream)
  await first.stop()
  const third = connect(subgraph)
  expect(third.client).toBe(second.client)
  await second.stop()
  await third.stop()
  expect(connect(subgraph).client).not.toBe(first.client)
})

it.each([
  { service: 'users' },
  { url: 'http://127.0.0.1:2/graphql' },
  { told: { mutations: ['client-address' as const], reads: [] } },
])('makes new connections for a subgraph with %o', async different => {
  const { connect } = createSubgraphConnections()
  const [one, other] = [connect(subgraph), connect({ ...subgraph, ...different })]
  expect(other.client).not.toBe(one.client)
  expect(other.upstream).not.toBe(one.upstream)
})

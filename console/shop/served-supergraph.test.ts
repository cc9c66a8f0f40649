import { startHttp } from '@supergraph/runtime/http.ts'
import { expect, it, onTestFinished } from 'vitest'
import { createReadServedSupergraph } from './served-supergraph.ts'

const gatewayThatSays = async (text: string) => {
  const gateway = await startHttp(
    ({ url }, response) =>
      void response.writeHead(url === '/health/ready' ? 503 : 404).end(url === '/health/ready' ? text : '{}'),
    { host: '127.0.0.1', port: 0 },
  )
  onTestFinished(gateway.stop)
  return `http://127.0.0.1:${gateway.port}/graphql`
}

it.each([
  [
    'a version of the registry',
    { supergraph: 'a1b2', registryVersion: '7' },
    { supergraph: 'a1b2', registryVersion: '7' },
  ],
  [
    'a supergraph that was kept',
    { supergraph: 'a1b2', registryVersion: 'kept' },
    { supergraph: 'a1b2', registryVersion: 'kept' },
  ],
  ['a supergraph from a file', { supergraph: 'a1b2' }, { supergraph: 'a1b2', registryVersion: null }],
  ['nothing', {}, null],
])('tells that the gateway serves %s, ready or not', async (_title, said, served) => {
  expect(await createReadServedSupergraph(await gatewayThatSays(JSON.stringify(said)))()).toEqual(served)
})

it('tells nothing of a gateway that says nonsense, or is away', async () => {
  expect(await createReadServedSupergraph(await gatewayThatSays('<html>'))()).toBeNull()
  // n.b. nothing listens on port 1
  expect(await createReadServedSupergraph('http://127.0.0.1:1/graphql')()).toBeNull()
})

import { expect, it } from 'vitest'
import { startGatewayUnderTest } from './gateway-under-test.ts'

it('answers all who ask the same at the same time, each as who they are', async () => {
  const { post, tokens } = await startGatewayUnderTest()
  const query = '{ whoAsksProducts whoAsksOrders }'
  const known = await Promise.all(['ada', 'grace'].map(name => tokens.customer(name)))
  const bearers = known.map(token => ({ authorization: `Bearer ${token}` }))
  const callers: readonly Readonly<Record<string, string>>[] = [{}, ...bearers]
  // n.b. only known documents are run without Apollo Server, and shared
  const alone = await Promise.all(callers.map(headers => post(query, headers)))
  const names = alone.map(({ body }) => body.data?.whoAsksProducts)
  expect(names).toEqual(['anonymous', expect.stringContaining('ada'), expect.stringContaining('grace')])
  for (let round = 0; round < 5; round += 1) {
    const answers = await Promise.all(
      callers.flatMap((headers, index) =>
        Array.from({ length: 5 }, async () => [index, (await post(query, headers)).body] as const),
      ),
    )
    for (const [index, { data }] of answers)
      expect(data).toEqual({ whoAsksProducts: names[index], whoAsksOrders: names[index] })
  }
})

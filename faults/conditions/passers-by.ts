import { setTimeout as pause } from 'node:timers/promises'
import type { Running } from '@supergraph/runtime/lifecycle.ts'
import { requestGraphQL } from '../../testbed/graphql-client.ts'
import type { ConditionContext } from './under-condition.ts'

const withinMs = 1_000
const everyMs = 50

/**
 * Asks the gateways, until stopped, for what they answer alone, each time with another access token, whose signature has to be
 * verified. Of a hundred at most one may wait for more than a second, as on a busy machine.
 */
export const startPassersBy = ({
  system,
  shop,
  expect,
  tell,
}: Pick<ConditionContext, 'system' | 'shop' | 'expect' | 'tell'>): Running => {
  let isOver = false
  let asked = 0
  let late = 0
  let slowestMs = 0
  const pass = async (): Promise<void> => {
    const [customer] = shop.customers
    while (!isOver) {
      const accessToken = await system.accessToken(customer.kind === 'user' ? customer.id : '')
      const url = system.urlOf(asked % 2 === 0 ? 'gateway-1' : 'gateway-2')
      const startedAtMs = performance.now()
      const { data } = await requestGraphQL(url, { query: '{ __typename }' }, { accessToken })
      if (data?.__typename !== 'Query') expect(false, 'a gateway did not answer for itself')
      const tookMs = performance.now() - startedAtMs
      slowestMs = Math.max(slowestMs, tookMs)
      if (tookMs > withinMs) late += 1
      asked += 1
      await pause(everyMs)
    }
  }
  const passing = pass()
  // n.b. whoever stops them is told
  passing.catch(() => {})
  return {
    stop: async () => {
      isOver = true
      await passing
      tell([`${asked} passers-by, slowest`, `${(slowestMs / 1_000).toFixed(1)} s`, '', '', '', '', '', ''])
      expect(late * 100 <= asked, `${late} of ${asked} who needed no name waited for more than a second`)
    },
  }
}

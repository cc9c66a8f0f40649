import type { Fault, HeldFault } from '@supergraph/runtime/faults/fault.ts'
import { allowFaults } from '@supergraph/runtime/faults/switch.ts'
import { expect, it, onTestFinished } from 'vitest'
import { withCallFaults } from './faulty-ask.ts'
import type { AskInProcess } from './in-process.ts'

const answer = { status: 200, data: { a: 1 }, errors: undefined, bytes: 7 }
const request = (own: Partial<Parameters<AskInProcess>[0]> = {}): Parameters<AskInProcess>[0] => ({
  document: { query: '{ a }', operationName: undefined },
  variables: {},
  viewer: { kind: 'anonymous' },
  clientAddress: undefined,
  deadlineAtMs: Date.now() + 60_000,
  gone: undefined,
  ...own,
})

const open = () => {
  const faults = allowFaults('test')
  if (faults === undefined) throw new Error('there is no switch')
  onTestFinished(faults.stop)
  const asked: unknown[] = []
  const ask = withCallFaults('orders', async each => {
    asked.push(each)
    return answer
  })
  const hold = (...wanted: readonly Fault[]) =>
    faults.replace(
      wanted.map(
        (each): HeldFault => ({
          ...each,
          reason: 'to see',
          endsAt: new Date(Date.now() + 600_000).toISOString(),
        }),
      ),
    )
  return { ask, asked, hold }
}

it('asks as always while nothing is to go wrong', async () => {
  const { ask, hold } = open()
  expect(await ask(request())).toBe(answer)
  hold({ kind: 'outage', on: 'products' })
  expect(await ask(request())).toBe(answer)
})

it('answers nothing while the subgraph is away, and 500 if all fails, and asks in neither case', async () => {
  const { ask, asked, hold } = open()
  hold({ kind: 'outage', on: 'orders' })
  await expect(ask(request())).rejects.toThrow('orders is away')
  hold({ kind: 'errors', on: 'orders', percent: 100 })
  expect(await ask(request())).toMatchObject({ status: 500, data: null })
  expect(asked).toEqual([])
})

it('waits before it asks, and does not ask for who has gone meanwhile', async () => {
  const { ask, asked, hold } = open()
  hold({ kind: 'latency', on: 'orders', ms: 50 })
  const begunMs = performance.now()
  expect(await ask(request())).toBe(answer)
  expect(performance.now() - begunMs).toBeGreaterThanOrEqual(49)
  await expect(ask(request({ gone: { aborted: true } }))).rejects.toThrow('nobody waits')
  await expect(ask(request({ deadlineAtMs: Date.now() + 10 }))).rejects.toThrow('nobody waits')
  expect(asked).toHaveLength(1)
})

it('is the same way in a process that has no switch, as in production', () => {
  allowFaults('production')
  const ask: AskInProcess = async () => answer
  expect(withCallFaults('orders', ask)).toBe(ask)
})

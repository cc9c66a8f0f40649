import { expect, it, onTestFinished, vi } from 'vitest'
import { createHealth, type Dependency, dependencyOnBroker } from './health.ts'
import { originOf, startHttp } from './http.ts'
import { leave } from './leaving.ts'

const serve = async (dependencies: readonly Dependency[], withinMs?: number) => {
  const health = createHealth(() => dependencies, { withinMs })
  const http = await startHttp(
    (request, response) => void health.at(request.url ?? '')?.(request, response),
    { host: '127.0.0.1', port: 0 },
  )
  onTestFinished(http.stop)
  const ask = async (path: string) => {
    const response = await fetch(`${originOf('127.0.0.1', http.port)}${path}`)
    return { status: response.status, body: await response.json() }
  }
  return { health, ask }
}

const away = () => {
  throw new Error('connect ECONNREFUSED 10.1.2.3:5432')
}
const required = { name: 'database', isRequired: true }
const optional = { name: 'users', isRequired: false }

it('is live whatever it depends on, and not ready without what it requires', async () => {
  const { ask } = await serve([{ ...required, check: away }])
  expect(await ask('/health/live')).toEqual({ status: 200, body: { status: 'live' } })
  const ready = await ask('/health/ready')
  expect(ready).toEqual({
    status: 503,
    body: { status: 'unavailable', dependencies: { database: { usable: false, since: expect.any(String) } } },
  })
  expect(JSON.stringify(ready)).not.toContain('10.1.2.3')
})

it('is ready without what it does not require, and says what is away', async () => {
  const { ask } = await serve([
    { ...required, check: () => undefined },
    { ...optional, check: away },
  ])
  expect(await ask('/health/ready')).toMatchObject({
    status: 200,
    body: { status: 'ready', dependencies: { database: { usable: true }, users: { usable: false } } },
  })
})

it('is ready while its broker is away, and names none if there is none', async () => {
  const { ask } = await serve(dependencyOnBroker({ isUsable: () => false }))
  expect(await ask('/health/ready')).toMatchObject({
    status: 200,
    body: { dependencies: { broker: { usable: false } } },
  })
  expect(dependencyOnBroker(undefined)).toEqual([])
})

it('is not ready while the process leaves, and still live', async () => {
  const { ask } = await serve([{ ...required, check: () => undefined }])
  expect(await ask('/health/ready')).toMatchObject({ status: 200 })
  leave()
  onTestFinished(() => leave(false))
  expect(await ask('/health/ready')).toMatchObject({ status: 503, body: { status: 'stopping' } })
  expect(await ask('/health/live')).toMatchObject({ status: 200 })
})

it('asks once a second at most, and says since when a dependency is away', async () => {
  vi.useFakeTimers({ toFake: ['Date', 'performance'], now: 1_000_000 })
  onTestFinished(() => void vi.useRealTimers())
  let isAway = true
  const check = vi.fn(() => (isAway ? away() : undefined))
  const { ask } = await serve([{ ...required, check }])
  const first = await ask('/health/ready')
  await ask('/health/ready')
  expect(check).toHaveBeenCalledTimes(1)
  vi.advanceTimersByTime(1_000)
  expect(await ask('/health/ready')).toEqual(first)
  expect(check).toHaveBeenCalledTimes(2)
  isAway = false
  vi.advanceTimersByTime(1_000)
  const since = new Date(1_002_000).toISOString()
  expect(await ask('/health/ready')).toMatchObject({
    status: 200,
    body: { dependencies: { database: { since } } },
  })
})

it('asks anew after a second though the clock is set back by an hour', async () => {
  vi.useFakeTimers({ toFake: ['Date', 'performance'] })
  onTestFinished(() => void vi.useRealTimers())
  const check = vi.fn()
  const { ask } = await serve([{ ...required, check }])
  await ask('/health/ready')
  vi.setSystemTime(Date.now() - 3_600_000)
  vi.advanceTimersByTime(1_000)
  await ask('/health/ready')
  expect(check).toHaveBeenCalledTimes(2)
})

it('does not wait for a dependency that never answers', async () => {
  const { ask } = await serve([{ ...required, check: () => new Promise(() => {}) }], 20)
  expect(await ask('/health/ready')).toMatchObject({ status: 503 })
})

it('is not ready any more once it stops, and still live', async () => {
  const { health, ask } = await serve([])
  expect(await ask('/health/ready')).toMatchObject({ status: 200 })
  await health.stop()
  expect(await ask('/health/ready')).toMatchObject({ status: 503, body: { status: 'stopping' } })
  expect(await ask('/health/live')).toMatchObject({ status: 200 })
})

import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { parse } from 'yaml'
import { type Service, serviceNames, services, subgraphNames } from './services.ts'

const root = import.meta.dirname

it('has a row for each subgraph of rover.yaml, which says of it the same', () => {
  const { subgraphs } = parse(readFileSync(join(root, 'rover.yaml'), 'utf8'))
  const expected = subgraphNames().map(name => [
    name,
    {
      routing_url: `http://127.0.0.1:${services[name].port}/graphql`,
      schema: { file: `${services[name].folder}/schema.graphql` },
    },
  ])
  expect(subgraphs).toEqual(Object.fromEntries(expected))
})

it('gives each process a program and ports of its own', () => {
  expect(Object.keys(services)).toEqual(serviceNames)
  for (const { folder } of Object.values(services)) {
    expect(existsSync(join(root, folder, 'main.ts')), folder).toBe(true)
  }
  const ports = Object.values<Service>(services).flatMap(({ port, smtpPort }) =>
    [port, smtpPort ?? []].flat(),
  )
  expect(new Set(ports).size).toBe(ports.length)
})

it('names the queues of a service after the service', async () => {
  for (const [name, service] of Object.entries<Service>(services)) {
    const { queues = {} } = (await service.queues?.()) ?? {}
    for (const { queue } of Object.values(queues)) expect(queue).toMatch(new RegExp(`^${name}\\.on-`))
  }
})

import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { deadQueueOf, retryQueueOf } from '@supergraph/messaging/rabbitmq/topology.ts'
import { describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import { z } from 'zod'
import { receivers } from '../../queues.ts'
import { databaseNameOf, services, statefulNames } from '../../services.ts'
import { isDeployed } from '../deployed.ts'
import { readOverlay } from './overlay.ts'
import { render } from './render.ts'

const root = join(import.meta.dirname, '../..')
const read = (path: string) => readFileSync(join(root, path), 'utf8')
const stateful = statefulNames().filter(isDeployed)
const small = readOverlay('small')
const large = readOverlay('large')
const names = (manifests: readonly { readonly metadata: { readonly name: string } }[]) =>
  manifests.map(({ metadata }) => metadata.name).toSorted()

describe('how many there are', () => {
  const counted = z.object({
    spec: z.object({ instances: z.int().optional(), replicas: z.int().optional() }),
  })
  const countOf = (manifest: unknown) => {
    const { instances, replicas } = counted.parse(manifest).spec
    return instances ?? replicas
  }
  const scaled = z.object({
    spec: z.object({
      scaleTargetRef: z.object({ name: z.string() }),
      minReplicas: z.int().optional(),
      minReplicaCount: z.int().optional(),
    }),
  })
  const least = new Map(
    [...large.ofKind('ScaledObject'), ...large.ofKind('HorizontalPodAutoscaler')].map(one => {
      const { scaleTargetRef, minReplicas, minReplicaCount } = scaled.parse(one).spec
      return [scaleTargetRef.name, minReplicas ?? minReplicaCount ?? 1]
    }),
  )

  it('is one of each in small, and two or more of each in large', () => {
    for (const { spec } of small.deployments) expect(spec.replicas).toBeUndefined()
    for (const one of [...small.ofKind('Cluster'), ...small.ofKind('RabbitmqCluster')])
      expect(countOf(one)).toBe(1)
    // n.b. a number of replicas beside what scales them would be put back by each release
    for (const { metadata, spec } of large.deployments)
      expect([spec.replicas, least.get(metadata.name)], metadata.name).toEqual(
        least.has(metadata.name) ? [undefined, 2] : [2, undefined],
      )
    for (const one of large.ofKind('Pooler')) expect(countOf(one)).toBe(2)
    // n.b. two of three agree while the third is away
    for (const one of [...large.ofKind('Cluster'), ...large.ofKind('RabbitmqCluster')])
      expect(countOf(one)).toBe(3)
    for (const name of least.keys()) expect(names(large.deployments)).toContain(name)
  })
})

describe('what scales the workers', () => {
  const scaledObject = z.object({
    metadata: z.object({ name: z.string() }),
    spec: z.object({
      triggers: z.array(z.object({ type: z.string(), metadata: z.record(z.string(), z.string()) })),
    }),
  })
  const triggers = new Map(
    large.ofKind('ScaledObject').map(one => {
      const { metadata, spec } = scaledObject.parse(one)
      return [metadata.name, spec.triggers]
    }),
  )
  const found = (service: string, type: string) =>
    triggers.get(service)?.find(trigger => trigger.type === type)?.metadata

  it.each(
    receivers.filter(({ service, queues }) => queues.length > 0 && isDeployed(service)),
  )('$service: messages of its queues, those that are being handled too', ({ service, queues }) => {
    const trigger = found(service, 'rabbitmq')
    expect(trigger).toMatchObject({ protocol: 'http', excludeUnacknowledged: 'false', operation: 'sum' })
    const counts = new RegExp(trigger?.queueName ?? '')
    for (const other of receivers)
      for (const { queue } of other.queues) {
        expect(counts.test(queue), queue).toBe(other.service === service)
        for (const beside of [deadQueueOf(queue), retryQueueOf(queue, 1)])
          expect(counts.test(beside), beside).toBe(false)
      }
    expect(queues.length).toBeGreaterThan(0)
  })

  it('the age of what waits in an outbox, by the metric that processes serve', () => {
    const asking = [...triggers.keys()].filter(name => found(name, 'prometheus') !== undefined)
    expect(asking.toSorted()).toEqual(['notifications', 'orders', 'products', 'users'])
    for (const name of stateful.filter(each => asking.includes(each))) {
      const query = found(name, 'prometheus')?.query ?? ''
      const [, metric = '', outbox] = /^max\((\w+)\{outbox="(\w+)",/.exec(query) ?? []
      expect(outbox).toBe(databaseNameOf(name))
      expect(read('docs/observability.md')).toContain(`| \`${metric}\` | Age of`)
      expect(read('packages/messaging/outbox/outbox-metrics.ts')).toContain(`name: '${metric}'`)
    }
  })
})

describe('metrics and alerts', () => {
  it('are asked from all processes, under the names that the alerts know', () => {
    const [own] = large.ofKind('PodMonitor')
    expect(own).toMatchObject({
      spec: {
        podMetricsEndpoints: [
          { port: 'metrics', relabelings: [{ targetLabel: 'job', replacement: 'commerce-supergraph' }, {}] },
        ],
      },
    })
    expect(read('deploy/observability/alerts.yml')).toContain('up{job="commerce-supergraph"}')
  })

  it('come to Prometheus as deploy/README.md says', () => {
    const [, header = ''] = /printf '(apiVersion: monitoring[^']*)'/.exec(read('deploy/README.md')) ?? []
    const rule = `${header.replaceAll('\\n', '\n')}${read('deploy/observability/alerts.yml').replaceAll(/^/gm, '  ')}`
    expect(parse(rule)).toMatchObject({
      kind: 'PrometheusRule',
      spec: parse(read('deploy/observability/alerts.yml')),
    })
  })
})

describe('databases', () => {
  it('are there for every service, under the names that its settings have', () => {
    const inLarge = stateful.filter(name => services[name].kind !== 'stand-in')
    expect(names(small.ofKind('Cluster'))).toEqual(stateful.map(name => `${name}-db`).toSorted())
    expect(names(large.ofKind('Cluster'))).toEqual(inLarge.map(name => `${name}-db`).toSorted())
    for (const name of stateful)
      expect(small.named('Cluster', `${name}-db`)).toMatchObject({
        spec: { bootstrap: { initdb: { database: databaseNameOf(name), owner: databaseNameOf(name) } } },
      })
  })

  it('are all backed up, each at another time', () => {
    const backups = large.ofKind('ScheduledBackup')
    const shape = z.object({
      spec: z.object({ schedule: z.string(), cluster: z.object({ name: z.string() }) }),
    })
    const parsed = backups.map(one => shape.parse(one).spec)
    expect(parsed.map(({ cluster }) => cluster.name).toSorted()).toEqual(names(large.ofKind('Cluster')))
    expect(new Set(parsed.map(({ schedule }) => schedule)).size).toBe(parsed.length)
    for (const one of large.ofKind('Cluster'))
      expect(one).toMatchObject({
        spec: {
          plugins: [
            { isWALArchiver: true, parameters: { barmanObjectName: names(large.ofKind('ObjectStore'))[0] } },
          ],
        },
      })
  })

  it('are brought up to date by a job each, with a command of the image', () => {
    const jobs = render(join(import.meta.dirname, 'migrations'))
    const inLarge = stateful.filter(name => services[name].kind !== 'stand-in')
    expect(names(jobs)).toEqual(inLarge.map(name => `migrate-${name}`).toSorted())
    for (const name of inLarge) {
      const job = jobs.find(({ metadata }) => metadata.name === `migrate-${name}`)
      const container = {
        command: ['node', 'commands/data/migrate.ts', name],
        env: [{ name: 'DATABASE_URL', valueFrom: { secretKeyRef: { name: `${name}-db-app`, key: 'uri' } } }],
      }
      expect(job).toMatchObject({ spec: { template: { spec: { containers: [container] } } } })
    }
    expect(existsSync(join(root, 'commands/data/migrate.ts'))).toBe(true)
    expect(read('.dockerignore').split('\n')).toContain('!commands/data/migrate.ts')
  })
})

describe('the doors', () => {
  const route = z.object({
    metadata: z.object({ name: z.string() }),
    spec: z.object({
      rules: z.tuple([
        z.object({
          matches: z.tuple([z.object({ path: z.object({ type: z.string(), value: z.string() }) })]),
          backendRefs: z.tuple([z.object({ name: z.string(), port: z.int() })]),
          timeouts: z.object({ request: z.string() }),
        }),
      ]),
    }),
  })
  const routes = large.ofKind('HTTPRoute').map(one => route.parse(one))

  it('lead to one path of each subgraph, and let sockets of the gateway last', () => {
    const found = routes.map(
      ({
        spec: {
          rules: [rule],
        },
      }) => [rule.backendRefs[0].name, rule.matches[0].path, rule.timeouts.request],
    )
    expect(found).toEqual([
      ['gateway', { type: 'Exact', value: '/graphql' }, '0s'],
      ['users', { type: 'Exact', value: '/my-data' }, '120s'],
      ['orders', { type: 'Exact', value: '/webhooks/stripe' }, '30s'],
      ['registry', { type: 'PathPrefix', value: '/' }, '120s'],
    ])
    for (const { spec } of routes)
      for (const { name, port } of spec.rules[0].backendRefs)
        expect(large.named('Service', name)).toMatchObject({ spec: { ports: [{ port }] } })
  })
})

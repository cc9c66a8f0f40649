import { describe, expect, it } from 'vitest'
import { type ServiceName, serviceNames, services, subgraphNames } from '../../services.ts'
import { createNetwork, type Pod } from './network.ts'
import { readOverlay } from './overlay.ts'
import { createSecrets, printedSecrets } from './secrets.ts'

const namespace = 'commerce-supergraph'
const secretOf = createSecrets(printedSecrets())
const elsewhere = (name: string): Pod => ({ namespace: name, labels: {} })
const database = (name: string, role = 'instance'): Pod => ({
  namespace,
  labels: { 'cnpg.io/cluster': `${name}-db`, 'cnpg.io/podRole': role },
})
const rabbitmq: Pod = {
  namespace,
  labels: { 'app.kubernetes.io/name': 'rabbitmq', 'app.kubernetes.io/component': 'rabbitmq' },
}

describe.each(['small', 'large'])('the network of %s', overlay => {
  const { manifests, deployments, environmentOf } = readOverlay(overlay)
  const { passes } = createNetwork(manifests, namespace)
  const podOf = (name: string): Pod => {
    const found = deployments.find(({ metadata }) => metadata.name === name)
    if (found === undefined) throw new Error(`${name} does not run`)
    return { namespace, labels: found.spec.template.metadata.labels }
  }
  const running = serviceNames.filter(name => deployments.some(({ metadata }) => metadata.name === name))
  /** Who is told where another one is: `orders → products:4002`. */
  const told = new Set(
    deployments.flatMap(one =>
      Object.entries(environmentOf(one, secretOf)).flatMap(([setting, value]) => {
        const { hostname = '', port = '' } = URL.parse(value) ?? {}
        const to = running.find(name => hostname === name || hostname === `${name}-metrics`)
        // n.b. the shared settings tell everybody where the console takes spans, and not all send some
        const ignores = setting.startsWith('OTEL_') && ['console', 'registry'].includes(one.metadata.name)
        const isStandIn = services[running.find(name => name === one.metadata.name) ?? 'gateway'].kind
        return to === undefined || ignores || (setting.startsWith('OTEL_') && isStandIn === 'stand-in')
          ? []
          : [`${one.metadata.name} → ${to}:${port}`]
      }),
    ),
  )

  it('lets each process reach what its settings name, and no other process', () => {
    const ports = (name: ServiceName) =>
      deployments
        .find(({ metadata }) => metadata.name === name)
        ?.spec.template.spec.containers[0].ports.map(({ containerPort }) => containerPort) ?? []
    const open = running.flatMap(from =>
      running
        .filter(to => to !== from)
        .flatMap(to =>
          ports(to)
            .filter(port => passes(podOf(from), podOf(to), port))
            .map(port => `${from} → ${to}:${port}`),
        ),
    )
    // n.b. a gateway with SUPERGRAPH_URL gets its supergraph from the registry
    expect(open.toSorted()).toEqual([...told, 'gateway → registry:4008'].toSorted())
    const deployed = subgraphNames().filter(name => running.includes(name))
    const asking = deployed.map(name => [
      name,
      running.filter(from => open.includes(`${from} → ${name}:${services[name].port}`)),
    ])
    expect(Object.fromEntries(asking)).toEqual({
      users: ['gateway'],
      products: ['orders', 'gateway'],
      orders: overlay === 'small' ? ['payment-simulator', 'gateway'] : ['gateway'],
      notifications: ['gateway'],
      analytics: ['gateway'],
    })
  })

  it('lets each database be reached by its own service, and by no other', () => {
    const stateful = running.filter(name => 'hasDatabase' in services[name])
    expect(stateful.length).toBeGreaterThan(6)
    for (const owner of stateful)
      for (const role of ['instance', 'pooler']) {
        const asking = running.filter(name => passes(podOf(name), database(owner, role), 5432))
        expect(asking, owner).toEqual([owner])
        for (const other of stateful)
          expect(passes(database(other), database(owner, role), 5432)).toBe(other === owner)
        expect(passes(elsewhere('default'), database(owner, role), 5432)).toBe(false)
      }
  })

  it('lets a migration reach the database of its service', () => {
    const labels = { 'app.kubernetes.io/name': 'orders', 'app.kubernetes.io/component': 'migration' }
    expect(passes({ namespace, labels }, database('orders'), 5432)).toBe(true)
    expect(passes({ namespace, labels }, database('users'), 5432)).toBe(false)
  })

  it('lets the broker be reached by those that have its address', () => {
    const knowing = deployments.filter(one => 'RABBITMQ_URL' in environmentOf(one, secretOf))
    const asking = running.filter(name => passes(podOf(name), rabbitmq, 5672))
    expect(asking.toSorted()).toEqual(knowing.map(({ metadata }) => metadata.name).toSorted())
    expect(passes(rabbitmq, rabbitmq, 25672)).toBe(true)
    for (const name of running) expect(passes(podOf(name), rabbitmq, 15672)).toBe(false)
    expect(passes(elsewhere('keda'), rabbitmq, 15672)).toBe(true)
  })

  it('lets metrics be read by what watches, and the doors be reached from outside', () => {
    const doors = running.filter(name => passes(elsewhere('ingress'), podOf(name), services[name].port))
    expect(doors).toEqual(['users', 'orders', 'gateway', 'registry'])
    for (const name of running) {
      expect(passes(elsewhere('monitoring'), podOf(name), 9464)).toBe(true)
      expect(passes(elsewhere('monitoring'), podOf(name), services[name].port)).toBe(false)
      expect(passes(elsewhere('ingress'), podOf(name), 9464)).toBe(false)
      expect(passes(elsewhere('default'), podOf(name), services[name].port)).toBe(false)
    }
  })
})

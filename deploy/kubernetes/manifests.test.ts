import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { stopWithinMs } from '@supergraph/runtime/lifecycle.ts'
import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import {
  databaseNameOf,
  prefixOf,
  type ServiceName,
  type Surroundings,
  serviceNames,
  services,
  settingsOf,
} from '../../services.ts'
import { deployedNames } from '../deployed.ts'
import { knownSettings, measured, readSettings } from '../process-settings.ts'
import { coreKinds, mistakesOf } from './core-kinds.ts'
import { operatorKinds } from './operator-kinds.ts'
import { type Deployment, partsOf, readOverlay } from './overlay.ts'
import { createSecrets, printedSecrets } from './secrets.ts'

const root = join(import.meta.dirname, '../..')
const printed = printedSecrets()
const secretOf = createSecrets(printed)
const standIns: readonly ServiceName[] = serviceNames.filter(name => services[name].kind === 'stand-in')
const overlays = [
  { overlay: 'small', processes: deployedNames, ...readOverlay('small') },
  {
    overlay: 'large',
    processes: deployedNames.filter(name => !standIns.includes(name)),
    ...readOverlay('large'),
  },
]

const nameOf = ({ metadata }: Deployment): ServiceName => {
  const name = serviceNames.find(each => each === metadata.name)
  if (name === undefined) throw new Error(`${metadata.name} is no service`)
  return name
}

const service = z.object({
  metadata: z.object({ name: z.string() }),
  spec: z.object({
    clusterIP: z.string().optional(),
    selector: z.record(z.string(), z.string()),
    ports: z.array(z.object({ name: z.string(), port: z.int(), targetPort: z.string() })),
  }),
})

it('are as Kubernetes describes its API, with no field that it would refuse', () => {
  const ofCore = overlays.flatMap(({ manifests }) => manifests).filter(({ kind }) => kind in coreKinds)
  expect(ofCore.length).toBeGreaterThan(50)
  expect(mistakesOf(ofCore)).toBe('')
  const [first, ...others] = overlays[0]?.ofKind('Service') ?? []
  const misspelt = { ...first, spec: { ports: [{ port: 1, targetport: 'http' }] } }
  expect(
    mistakesOf(
      [misspelt, ...others].map(one => ({
        apiVersion: 'v1',
        kind: 'Service',
        metadata: { name: 'a' },
        ...one,
      })),
    ),
  ).toContain('targetport')
})

describe.each(overlays)('$overlay', ({
  overlay,
  processes,
  manifests,
  ofKind,
  deployments,
  settings,
  environmentOf,
}) => {
  it('has of operators what their definitions know', () => {
    for (const one of manifests.filter(({ kind }) => !(kind in coreKinds))) {
      const schema = z.keyof(z.object(operatorKinds)).parse(one.kind)
      expect(
        operatorKinds[schema].safeParse(one).error?.message,
        `${one.kind} ${one.metadata.name}`,
      ).toBeUndefined()
    }
  })

  it('names each object once, in one namespace', () => {
    const keys = manifests.map(({ kind, metadata }) => `${kind} ${metadata.name}`)
    expect(keys.filter((key, index) => keys.indexOf(key) !== index)).toEqual([])
    for (const { kind, metadata } of manifests)
      expect(metadata.namespace).toBe(kind === 'Namespace' ? undefined : 'commerce-supergraph')
  })

  it('runs every process, from one image', () => {
    expect(deployments.map(nameOf).toSorted()).toEqual(processes.toSorted())
    for (const one of deployments) {
      const [container] = one.spec.template.spec.containers
      const file = `${services[nameOf(one)].folder}/main.ts`
      expect(container.command).toEqual(['node', file])
      expect(existsSync(join(root, file)), file).toBe(true)
      expect(container.image).toBe('registry.example.com/commerce-supergraph:0.1.0')
    }
  })

  it('gives no process a setting that none knows', async () => {
    const known = await Promise.all(deployments.map(one => knownSettings(nameOf(one))))
    expect([...new Set(known.flat())]).toEqual(expect.arrayContaining(Object.keys(settings)))
  })

  describe.each(deployments.map(one => ({ name: nameOf(one), one })))('$name', ({ name, one }) => {
    const { spec, metadata } = one.spec.template
    const [container] = spec.containers
    const environment = environmentOf(one, secretOf)

    it('gets settings that its own code accepts, and none of its own that it does not know', async () => {
      expect(await readSettings(name, environment)).toMatchObject({
        HOST: '0.0.0.0',
        NODE_ENV: 'production',
        ...(measured.includes(name) && { METRICS_HOST: '0.0.0.0', METRICS_PORT: 9464 }),
      })
      const own = container.env.map(each => each.name).filter(each => !partsOf(one).includes(each))
      expect(await knownSettings(name)).toEqual(expect.arrayContaining(own))
      expect(new Set(own).size).toBe(own.length)
    })

    it('gets the settings that follow from the table of services', () => {
      const originOf = (other: ServiceName) =>
        processes.includes(other) ? `http://${other}:${services[other].port}` : undefined
      const inside: Surroundings = {
        originOf,
        portOf: other => services[other].port,
        databaseUrlOf: other => {
          const database = databaseNameOf(other)
          return environment.DATABASE_DIRECT_URL === undefined
            ? `postgresql://${database}:password@${other}-db-rw.commerce-supergraph:5432/${database}`
            : `postgres://${database}:password@${other}-pooler:5432/${database}`
        },
        identityIssuers: printed.IDENTITY_ISSUERS ?? '',
        identityKeyOf: other => printed[`${prefixOf(other)}_IDENTITY_KEY`],
        linkKeys: printed.LINK_KEYS ?? '',
        totpKeys: printed.TOTP_KEYS ?? '',
        paymentSimulatorKey: printed.STRIPE_API_KEY ?? '',
        webhookSecret: printed.STRIPE_WEBHOOK_SECRETS ?? '',
        smtpUrl: overlay === 'small' ? 'smtp://mailbox:4025' : 'smtp://user:password@mail.example.com:587',
        smtpPort: 4025,
        mailDirectory: undefined,
      }
      const { PORT, ...others } = settingsOf(name, inside)
      // n.b. the mailbox has two ports, each with a setting of its own
      expect(environment).toMatchObject(name === 'mailbox' ? others : { PORT, ...others })
    })

    it('is asked for its health where it listens', () => {
      const ports = Object.fromEntries(container.ports.map(each => [each.name, each.containerPort]))
      expect(ports.http).toBe(Number(environment.PORT ?? environment.MAILBOX_PORT))
      expect(ports.metrics).toBe(measured.includes(name) ? Number(environment.METRICS_PORT) : undefined)
      expect(container.startupProbe.httpGet).toEqual({ path: '/health/live', port: 'http' })
      expect(container.livenessProbe.httpGet).toEqual({ path: '/health/live', port: 'http' })
      expect(container.readinessProbe.httpGet).toEqual({ path: '/health/ready', port: 'http' })
    })

    it('has the time to serve on, and then to stop, before it is killed', () => {
      const neededMs = Number(settings.STOP_DELAY_MS) + stopWithinMs
      expect(spec.terminationGracePeriodSeconds * 1_000).toBeGreaterThan(neededMs)
      // n.b. a pod that is told to stop has to be seen as not ready before it stops serving
      const { periodSeconds, failureThreshold } = container.readinessProbe
      expect(Number(settings.STOP_DELAY_MS)).toBeGreaterThanOrEqual(periodSeconds * failureThreshold * 1_000)
    })

    it('may do nothing but run', () => {
      expect(spec).toMatchObject({
        automountServiceAccountToken: false,
        // n.b. a Service named mailbox would set MAILBOX_PORT to tcp://… in every pod
        enableServiceLinks: false,
        securityContext: { runAsNonRoot: true },
      })
      expect(container.securityContext).toEqual({
        allowPrivilegeEscalation: false,
        readOnlyRootFilesystem: true,
        capabilities: { drop: ['ALL'] },
      })
    })

    it('is found by its Service, its budget and its policy', () => {
      const found = service.parse(ofKind('Service').find(each => each.metadata.name === name))
      expect(metadata.labels).toMatchObject(found.spec.selector)
      expect(found.spec.ports.map(({ port, targetPort }) => [targetPort, port])).toEqual(
        container.ports.filter(each => each.name !== 'metrics').map(each => [each.name, each.containerPort]),
      )
      expect(one.spec.selector.matchLabels).toEqual(found.spec.selector)
      // n.b. whoever calls a subgraph looks up the addresses of all its pods
      const isSubgraph = services[name].kind === 'subgraph'
      expect(found.spec.clusterIP).toBe(isSubgraph ? 'None' : undefined)
      const budget = ofKind('PodDisruptionBudget').find(each => each.metadata.name === name)
      expect(budget).toMatchObject({
        spec: { maxUnavailable: 1, selector: { matchLabels: found.spec.selector } },
      })
    })
  })
})

import { join } from 'node:path'
import { z } from 'zod'
import { type Manifest, render } from './render.ts'

const keyOf = z.strictObject({ name: z.string(), key: z.string() })
const probe = z.strictObject({
  httpGet: z.strictObject({ path: z.string(), port: z.string() }),
  periodSeconds: z.int(),
  timeoutSeconds: z.int(),
  failureThreshold: z.int(),
})
const labels = z.record(z.string(), z.string())
const deployment = z.object({
  metadata: z.object({ name: z.string() }),
  spec: z.object({
    replicas: z.int().optional(),
    selector: z.object({ matchLabels: labels }),
    template: z.object({
      metadata: z.object({ labels }),
      spec: z.object({
        terminationGracePeriodSeconds: z.int(),
        enableServiceLinks: z.boolean(),
        automountServiceAccountToken: z.boolean(),
        securityContext: z.object({ runAsNonRoot: z.boolean() }),
        containers: z.tuple([
          z.object({
            image: z.string(),
            command: z.tuple([z.literal('node'), z.string()]),
            ports: z.array(z.object({ name: z.string(), containerPort: z.int() })),
            env: z.array(
              z.strictObject({
                name: z.string(),
                value: z.string().optional(),
                valueFrom: z.strictObject({ secretKeyRef: keyOf }).optional(),
              }),
            ),
            envFrom: z.tuple([
              z.strictObject({ configMapRef: z.strictObject({ name: z.literal('settings') }) }),
            ]),
            resources: z.object({ requests: z.record(z.string(), z.string()) }),
            securityContext: z.object({
              readOnlyRootFilesystem: z.boolean(),
              allowPrivilegeEscalation: z.boolean(),
              capabilities: z.object({ drop: z.array(z.string()) }),
            }),
            startupProbe: probe,
            livenessProbe: probe,
            readinessProbe: probe,
          }),
        ]),
      }),
    }),
  }),
})

/** A Deployment of a process of the image. */
export type Deployment = z.output<typeof deployment>

const settings = z.object({ data: z.record(z.string(), z.string()) })

/** What a Secret has under a key; throws for one that nobody makes. */
export type SecretOf = (name: string, key: string) => string

/** An overlay as it would be applied. */
export const readOverlay = (name: string) => {
  const manifests = render(join(import.meta.dirname, 'overlays', name))
  const ofKind = (kind: string): readonly Manifest[] => manifests.filter(one => one.kind === kind)
  const named = (kind: string, name: string): Manifest => {
    const found = ofKind(kind).find(({ metadata }) => metadata.name === name)
    if (found === undefined) throw new Error(`there is no ${kind} ${name}`)
    return found
  }
  const deployments = ofKind('Deployment').map(one => deployment.parse(one))
  const shared = settings.parse(named('ConfigMap', 'settings')).data
  return {
    manifests,
    ofKind,
    named,
    deployments,
    /** The settings that all processes get. */
    settings: shared,
    /** The environment of a process, as Kubernetes makes it. */
    environmentOf: (one: Deployment, secretOf: SecretOf): Readonly<Record<string, string>> => {
      const environment = new Map(Object.entries(shared))
      for (const { name, value, valueFrom } of one.spec.template.spec.containers[0].env) {
        const text = valueFrom
          ? secretOf(valueFrom.secretKeyRef.name, valueFrom.secretKeyRef.key)
          : (value ?? '').replaceAll(/\$\((\w+)\)/g, (whole, known) => environment.get(known) ?? whole)
        environment.set(name, text)
      }
      return Object.fromEntries(environment)
    },
  }
}

/** The variables that others of a container are put together from: no process knows them. */
export const partsOf = (one: Deployment): readonly string[] =>
  one.spec.template.spec.containers[0].env.flatMap(({ value = '' }) =>
    [...value.matchAll(/\$\((\w+)\)/g)].flatMap(([, name]) => name ?? []),
  )

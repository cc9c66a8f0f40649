import { z } from 'zod'
import type { Manifest } from './render.ts'

/** A pod as policies see it. */
export type Pod = { readonly namespace: string; readonly labels: Readonly<Record<string, string>> }

const selector = z.strictObject({
  matchLabels: z.record(z.string(), z.string()).default({}),
  matchExpressions: z.array(z.strictObject({ key: z.string(), operator: z.literal('Exists') })).default([]),
})
const peer = z.strictObject({
  podSelector: selector.optional(),
  namespaceSelector: selector.optional(),
  ipBlock: z.strictObject({ cidr: z.string(), except: z.array(z.string()) }).optional(),
})
const ports = z.array(z.strictObject({ port: z.int(), protocol: z.string().optional() }))
const policy = z.strictObject({
  podSelector: selector,
  policyTypes: z.array(z.enum(['Ingress', 'Egress'])),
  ingress: z.array(z.strictObject({ from: z.array(peer), ports })).default([]),
  egress: z.array(z.strictObject({ to: z.array(peer).optional(), ports })).default([]),
})

/** Tells whether a connection from one pod to a port of another one passes the policies, both when it leaves and when it comes. */
export const createNetwork = (manifests: readonly Manifest[], namespace: string) => {
  const policies = manifests
    .filter(({ kind }) => kind === 'NetworkPolicy')
    .map(({ spec }) => policy.parse(spec))
  const applying = (pod: Pod, type: 'Ingress' | 'Egress') =>
    pod.namespace === namespace
      ? policies.filter(
          ({ podSelector, policyTypes }) => policyTypes.includes(type) && selects(podSelector, pod.labels),
        )
      : []
  const isPeer = (one: z.output<typeof peer>, pod: Pod): boolean =>
    one.ipBlock === undefined &&
    (one.namespaceSelector === undefined
      ? pod.namespace === namespace
      : selects(one.namespaceSelector, { 'kubernetes.io/metadata.name': pod.namespace })) &&
    (one.podSelector === undefined || selects(one.podSelector, pod.labels))
  const mayLeave = (from: Pod, to: Pod, port: number): boolean => {
    const found = applying(from, 'Egress')
    const rules = found.flatMap(({ egress }) => egress)
    return (
      found.length === 0 ||
      rules.some(
        rule =>
          rule.ports.some(each => each.port === port) &&
          (rule.to === undefined || rule.to.some(one => isPeer(one, to))),
      )
    )
  }
  const mayCome = (from: Pod, to: Pod, port: number): boolean => {
    const found = applying(to, 'Ingress')
    const rules = found.flatMap(({ ingress }) => ingress)
    return (
      found.length === 0 ||
      rules.some(
        rule => rule.ports.some(each => each.port === port) && rule.from.some(one => isPeer(one, from)),
      )
    )
  }
  return {
    passes: (from: Pod, to: Pod, port: number): boolean =>
      mayLeave(from, to, port) && mayCome(from, to, port),
  }
}

const selects = (
  { matchLabels, matchExpressions }: z.output<typeof selector>,
  labels: Readonly<Record<string, string>>,
): boolean =>
  Object.entries(matchLabels).every(([key, value]) => labels[key] === value) &&
  matchExpressions.every(({ key }) => key in labels)

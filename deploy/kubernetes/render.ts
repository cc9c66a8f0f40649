import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parse, parseAllDocuments } from 'yaml'
import { z } from 'zod'
import { applyJsonPatch, jsonPatch } from './json-patch.ts'

const metadata = z.looseObject({
  name: z.string(),
  namespace: z.string().optional(),
  labels: z.record(z.string(), z.string()).optional(),
})

const manifest = z.looseObject({ apiVersion: z.string(), kind: z.string(), metadata })

/** An object of Kubernetes; beside these fields it has those of its kind. */
export type Manifest = z.output<typeof manifest>

const target = z.strictObject({
  group: z.string().optional(),
  kind: z.string(),
  name: z.string().optional(),
  labelSelector: z
    .string()
    .regex(/^[\w./-]+=[\w.-]+$/)
    .optional(),
})

const layer = {
  resources: z.array(z.string()).default([]),
  components: z.array(z.string()).default([]),
  patches: z
    .array(
      z.union([z.strictObject({ target, patch: z.string() }), z.strictObject({ target, path: z.string() })]),
    )
    .default([]),
}

const kustomization = z.discriminatedUnion('kind', [
  z.strictObject({
    ...layer,
    apiVersion: z.literal('kustomize.config.k8s.io/v1beta1'),
    kind: z.literal('Kustomization'),
    namespace: z.string().optional(),
    images: z
      .array(z.strictObject({ name: z.string(), newName: z.string(), newTag: z.string() }))
      .default([]),
    replicas: z.array(z.strictObject({ name: z.string(), count: z.int() })).default([]),
  }),
  z.strictObject({
    ...layer,
    apiVersion: z.literal('kustomize.config.k8s.io/v1alpha1'),
    kind: z.literal('Component'),
  }),
])

/**
 * Renders a kustomization as Kustomize does. It knows the few features that the manifests use, and throws for every
 * other one, and for a patch that has no target.
 */
export const render = (folder: string, before: readonly Manifest[] = []): readonly Manifest[] => {
  const read = (file: string) => readFileSync(join(folder, file), 'utf8')
  const found = kustomization.parse(parse(read('kustomization.yaml')))
  const own = found.resources.flatMap(path =>
    path.endsWith('.yaml') ? readManifests(read(path)) : render(join(folder, path)),
  )
  const withComponents = found.components.reduce<readonly Manifest[]>(
    (sofar, path) => render(join(folder, path), sofar),
    [...before, ...own],
  )
  const patched = found.patches.reduce<readonly Manifest[]>((sofar, each) => {
    const operations = jsonPatch.parse(parse('path' in each ? read(each.path) : each.patch))
    return change(sofar, isTarget(each.target), old => manifest.parse(applyJsonPatch(old, operations)))
  }, withComponents)
  return found.kind === 'Component' ? patched : finish(patched, found)
}

const readManifests = (text: string): readonly Manifest[] =>
  parseAllDocuments(text).map(document => {
    const [problem] = document.errors
    if (problem !== undefined) throw problem
    return manifest.parse(document.toJS())
  })

const change = (
  manifests: readonly Manifest[],
  isMeant: (one: Manifest) => boolean,
  into: (one: Manifest) => Manifest,
): readonly Manifest[] => {
  if (!manifests.some(isMeant)) throw new Error('a patch, an image or a number of replicas has no target')
  return manifests.map(one => (isMeant(one) ? into(one) : one))
}

const isTarget =
  ({ group, kind, name, labelSelector }: z.output<typeof target>) =>
  (one: Manifest): boolean => {
    const [label = '', value] = labelSelector?.split('=') ?? []
    return (
      one.kind === kind &&
      (group === undefined || one.apiVersion.startsWith(`${group}/`)) &&
      (name === undefined || one.metadata.name === name) &&
      (labelSelector === undefined || one.metadata.labels?.[label] === value)
    )
  }

const finish = (
  manifests: readonly Manifest[],
  { namespace, images, replicas }: Extract<z.output<typeof kustomization>, { kind: 'Kustomization' }>,
): readonly Manifest[] => {
  const counted = replicas.reduce<readonly Manifest[]>(
    (sofar, { name, count }) =>
      change(
        sofar,
        one => one.kind === 'Deployment' && one.metadata.name === name,
        one => manifest.parse(applyJsonPatch(one, [{ op: 'add', path: '/spec/replicas', value: count }])),
      ),
    manifests,
  )
  const tagged = images.reduce<readonly Manifest[]>(
    (sofar, { name, newName, newTag }) =>
      change(
        sofar,
        one => imageOf(one) === name,
        one =>
          manifest.parse(
            applyJsonPatch(one, [{ op: 'replace', path: imagePath, value: `${newName}:${newTag}` }]),
          ),
      ),
    counted,
  )
  if (namespace === undefined) return tagged
  return tagged.map(one =>
    one.kind === 'Namespace' ? one : { ...one, metadata: { ...one.metadata, namespace } },
  )
}

const imagePath = '/spec/template/spec/containers/0/image'

const pod = z.object({
  template: z.object({ spec: z.object({ containers: z.array(z.object({ image: z.string() })) }) }),
})

const imageOf = ({ spec }: Manifest): string | undefined =>
  pod.safeParse(spec).data?.template.spec.containers[0]?.image

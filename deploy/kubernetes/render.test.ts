import { execFileSync, spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { parseAllDocuments } from 'yaml'
import { applyJsonPatch } from './json-patch.ts'
import { type Manifest, render } from './render.ts'

const write = (files: Readonly<Record<string, string>>): string => {
  const folder = mkdtempSync(join(tmpdir(), 'supergraph-render-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(join(folder, path, '..'), { recursive: true })
    writeFileSync(join(folder, path), text)
  }
  return folder
}

const head = 'apiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization\n'
const service = 'apiVersion: v1\nkind: Service\nmetadata: { name: a }\nspec: { ports: [{ port: 1 }] }\n'
const patchOf = (kind: string) =>
  `patches:\n  - target: { kind: ${kind} }\n    patch: '[{ op: replace, path: /spec/ports/0/port, value: 2 }]'\n`

describe('the renderer', () => {
  it('applies a component to what is beside it, and then its own patches', () => {
    const folder = write({
      'a.yaml': service,
      'kustomization.yaml': `${head}namespace: shop\nresources: [a.yaml]\ncomponents: [more]\n`,
      'more/kustomization.yaml': `apiVersion: kustomize.config.k8s.io/v1alpha1\nkind: Component\n${patchOf('Service')}`,
    })
    expect(render(folder)).toEqual([
      {
        apiVersion: 'v1',
        kind: 'Service',
        metadata: { name: 'a', namespace: 'shop' },
        spec: { ports: [{ port: 2 }] },
      },
    ])
  })

  it.each([
    ['a feature that it does not know', `${head}resources: [a.yaml]\nnamePrefix: x-\n`, 'namePrefix'],
    ['a patch for nothing', `${head}resources: [a.yaml]\n${patchOf('Job')}`, 'has no target'],
    [
      'a patch of another kind',
      `${head}resources: [a.yaml]\npatches: [{ path: a.yaml, target: { kind: Service } }]\n`,
      'array',
    ],
  ])('refuses %s', (_, text, message) => {
    expect(() => render(write({ 'a.yaml': service, 'kustomization.yaml': text }))).toThrow(message)
  })
})

it.each([
  [{ a: [1, 2] }, 'add', '/a/-', { a: [1, 2, 9] }],
  [{ a: [1, 2] }, 'add', '/a/0', { a: [9, 1, 2] }],
  [{ a: [1, 2] }, 'replace', '/a/1', { a: [1, 9] }],
  [{ a: {} }, 'add', '/a/x~1y', { a: { 'x/y': 9 } }],
  [{ a: {} }, 'replace', '/a/b', 'there is nothing'],
  [{ a: {} }, 'add', '/b/c', 'there is nothing'],
  [{ a: 9 }, 'test', '/a', { a: 9 }],
  [{ a: 8 }, 'test', '/a', 'found 8'],
] as const)('a patch of %j by %s %s leaves %j', (before, op, path, after) => {
  const apply = () => applyJsonPatch(before, [{ op, path, value: 9 }])
  if (typeof after === 'string') expect(apply).toThrow(after)
  else expect(apply()).toEqual(after)
})

const hasKubectl = spawnSync('kubectl', ['kustomize', '--help']).status === 0
if (!hasKubectl) console.warn('kubectl is not installed: what it renders is not compared')

describe.runIf(hasKubectl)('kubectl', () => {
  const keyOf = ({ kind, metadata }: Manifest) => `${kind} ${metadata.name}`
  const byKey = (manifests: readonly Manifest[]) =>
    Object.fromEntries(manifests.map(one => [keyOf(one), one]))

  it.each(['overlays/small', 'overlays/large', 'migrations'])('renders %s as the tests do', name => {
    const folder = join(import.meta.dirname, name)
    const text = execFileSync('kubectl', ['kustomize', folder], { encoding: 'utf8' })
    const theirs: readonly Manifest[] = parseAllDocuments(text).map(document => document.toJS())
    expect(byKey(render(folder))).toEqual(byKey(theirs))
  })
})

import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import type { Manifest } from './render.ts'

/** The kinds of Kubernetes itself, and the module of `kubernetes-types` that describes each. */
export const coreKinds = {
  ConfigMap: 'core/v1',
  Namespace: 'core/v1',
  Service: 'core/v1',
  Deployment: 'apps/v1',
  HorizontalPodAutoscaler: 'autoscaling/v2',
  Job: 'batch/v1',
  NetworkPolicy: 'networking/v1',
  PodDisruptionBudget: 'policy/v1',
} as const

const types = dirname(createRequire(import.meta.url).resolve('kubernetes-types/package.json'))

/**
 * What Kubernetes' own description of its API, as types, says against these objects: unknown and missing fields, and
 * values of other types. n.b. an object literal may have no field that its type lacks, so the compiler finds misspelt ones.
 */
export const mistakesOf = (manifests: readonly Manifest[]): string => {
  const folder = mkdtempSync(join(tmpdir(), 'supergraph-manifests-'))
  try {
    const imports = Object.entries(coreKinds).map(
      ([kind, module]) => `import type { ${kind} } from '${join(types, module)}'\n`,
    )
    const values = manifests.map(
      (one, index) => `export const of${index}: ${one.kind} = ${JSON.stringify(one, undefined, 1)}\n`,
    )
    writeFileSync(join(folder, 'manifests.ts'), [...imports, ...values].join(''))
    const compiler = createRequire(import.meta.url).resolve('typescript/package.json')
    const options = [
      '--ignoreConfig',
      '--noEmit',
      '--strict',
      '--skipLibCheck',
      '--lib',
      'es5',
      '--types',
      '',
      '--module',
      'nodenext',
    ]
    const { stdout, error } = spawnSync(
      process.execPath,
      [join(dirname(compiler), 'bin/tsc'), ...options, join(folder, 'manifests.ts')],
      { encoding: 'utf8' },
    )
    if (error !== undefined) throw error
    return stdout
  } finally {
    rmSync(folder, { recursive: true })
  }
}

import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { type ServiceName, serviceNames } from '../services.ts'

/**
 * The services that have a file in `kubernetes/`. One that is added to the shop runs in Kubernetes, and behind another
 * router, once somebody writes that file.
 */
export const deployedNames: readonly ServiceName[] = serviceNames.filter(name =>
  ['base', 'components/stand-ins'].some(folder =>
    existsSync(join(import.meta.dirname, 'kubernetes', folder, `${name}.yaml`)),
  ),
)

/** Whether a service has a file in `kubernetes/`. */
export const isDeployed = (name: string): boolean => deployedNames.some(each => each === name)

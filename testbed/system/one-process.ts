import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Variables } from '@supergraph/runtime/environment.ts'
import { startAll } from '@supergraph/runtime/lifecycle.ts'
import { embeddedDatabaseUrl, readSecrets } from '../../embedded/data-directory.ts'
import { recordOf } from '../../embedded/records.ts'
import { type PortSetting, portSettingOf } from '../../embedded/settings.ts'
import { type ServiceName, serviceNames, statefulNames } from '../../services.ts'
import { highLimits, patience } from '../limits.ts'
import { freePorts } from '../ports.ts'
import { type StartOptions, startProcess, type TestProcess } from '../processes.ts'
import type { System } from './system.ts'

const portSettings: readonly PortSetting[] = [...serviceNames.map(portSettingOf), 'MAILBOX_SMTP_PORT']

/** What `npm start` must be told to run beside others: a data directory, free ports, and patience on a busy machine. */
export const embeddedVariables = async (directory: string) => {
  const ports = await freePorts(portSettings.length)
  return {
    ...patience,
    DATA_DIR: directory,
    ...recordOf(
      portSettings,
      setting => setting,
      setting => String(ports[portSettings.indexOf(setting)]),
    ),
  }
}

/** Starts everything in one process, embedded, as `npm start` does, on a data directory of its own. */
export const startOneProcess = (
  settings: Variables = {},
  options: StartOptions = {},
): Promise<System & Pick<TestProcess, 'askUsage'>> =>
  startAll(async use => {
    const directory = await mkdtemp(join(tmpdir(), 'supergraph-one-process-'))
    use({ stop: () => rm(directory, { recursive: true, force: true }) })
    const variables = await embeddedVariables(directory)
    const environment = { ...variables, ...highLimits, REGISTRY: 'false', ...settings }
    const supergraph = startProcess(['start.ts'], environment, options)
    use({ stop: async () => void (await supergraph.end('SIGTERM')) })
    await supergraph.waitFor(/Ctrl-C/)
    const originOf = (service: ServiceName) => `http://127.0.0.1:${variables[portSettingOf(service)]}`
    const names = statefulNames()
    const urls = await Promise.all(names.map(name => embeddedDatabaseUrl(directory, name)))
    const { identityKeys, paymentSimulatorKey } = await readSecrets(directory)
    return {
      originOf,
      urlOf: service => `${originOf(service)}/graphql`,
      databaseUrls: recordOf(
        names,
        name => name,
        name => urls[names.indexOf(name)] ?? '',
      ),
      identityKeys,
      paymentSimulatorKey,
      output: supergraph.output,
      askUsage: supergraph.askUsage,
    } satisfies Omit<System, 'stop'> & Pick<TestProcess, 'askUsage'>
  })

import { databaseUrl, parseEnvironment, type Variables } from '@supergraph/runtime/environment.ts'
import { z } from 'zod'
import { findDatabaseUrl } from '../embedded/data-directory.ts'
import { recordOf } from '../embedded/records.ts'
import { databaseSettingOf, readSettings } from '../embedded/settings.ts'
import { databaseNameOf, type StatefulName } from '../services.ts'

/**
 * The URLs of the databases of some services: those that the settings name, else those of the running `npm start`. Throws an
 * EnvironmentError that names the command and each missing setting.
 */
export const readDatabaseUrls = async <Name extends StatefulName>(
  command: string,
  names: readonly Name[],
  variables: Variables,
): Promise<Readonly<Record<Name, string>>> => {
  const settings = readSettings(variables)
  const found = await Promise.all(
    names.map(async name => [databaseSettingOf(name), await findDatabaseUrl(settings, name)] as const),
  )
  const isComplete = found.every(([, url]) => url !== undefined)
  const urls = parseEnvironment(
    isComplete ? command : `without a running npm start, ${command}`,
    z.object(recordOf(names, databaseSettingOf, name => databaseUrl(databaseNameOf(name)))),
    Object.fromEntries(found),
  )
  return recordOf(
    names,
    name => name,
    name => urls[databaseSettingOf(name)],
  )
}

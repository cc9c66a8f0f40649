import type { DatabasePrivacy, TablePrivacy } from '@supergraph/postgres/privacy.ts'
import { type ServiceName, serviceNames, services } from '../../services.ts'

/** What a service with a database declares of its columns, in its `database/privacy.ts`. */
export type Declaration = { readonly service: ServiceName; readonly privacy: DatabasePrivacy }

/** Reads the declarations of all services that have a database. */
export const readDeclarations = (): Promise<readonly Declaration[]> =>
  Promise.all(
    serviceNames
      .filter(service => 'hasDatabase' in services[service])
      .map(async service => {
        const path = new URL(`../../${services[service].folder}/database/privacy.ts`, import.meta.url)
        const { privacy }: { readonly privacy: DatabasePrivacy } = await import(path.href)
        return { service, privacy }
      }),
  )

/** The names of the columns that a table declares, in alphabetical order; a column that is declared twice is there twice. */
export const declaredColumns = ({ personal = {}, accountIds = '', notPersonal }: TablePrivacy) =>
  [...Object.keys(personal), ...namesIn(accountIds), ...namesIn(notPersonal)].toSorted()

/** The names in a text, separated by blanks. */
export const namesIn = (text: string): readonly string[] => text.split(' ').filter(name => name !== '')

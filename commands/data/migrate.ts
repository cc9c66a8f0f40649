import type { Running } from '@supergraph/runtime/lifecycle.ts'
import { type StatefulName, services, statefulNames } from '../../services.ts'
import { parseArguments, runCommand, UsageError } from '../command-line.ts'
import { readOwnDatabaseUrl } from '../own-database.ts'

const help = `npm run migrate -- SERVICE

Brings the database of a service up to date, as the service itself does when it starts, and ends: a release whose
migration fails is then known before a process of it starts. It can be called again, and while processes start.

  SERVICE  ${statefulNames().join(', ')}
  --help   this text

DATABASE_URL names the database; without it, that of the running npm start is used.`

/** Brings a database up to date as its service does: by the one function that `database/open.ts` exports for that. */
const migrate = async (name: StatefulName, url: string): Promise<void> => {
  const path = `../../${services[name].folder}/database/open.ts`
  const exported: Readonly<Record<string, unknown>> = await import(path)
  const [open] = Object.keys(exported).filter(key => /^open\w+Database$/.test(key))
  const start = exported[open ?? '']
  if (typeof start !== 'function') throw new Error(`${path} exports no function that opens the database`)
  const database: Running = await start(url)
  await database.stop()
}

await runCommand(help, async () => {
  const { positionals } = parseArguments({ allowPositionals: true })
  const name = statefulNames().find(each => each === positionals[0])
  if (name === undefined || positionals.length !== 1)
    throw new UsageError('name one service that has a database')
  await migrate(name, await readOwnDatabaseUrl('migrate', name, process.env))
  console.log(`the database of ${name} is up to date`)
})

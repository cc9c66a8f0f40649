import { type Statement, statementsIn } from './statements.ts'

/**
 * The statements of a file of migrations that processes of the last release may not survive, as they take away what it
 * reads or refuse what it writes. Left out are migrations with these names, statements before which a comment,
 * `contracts: ` and why, says that no release which needs it runs any more, and those about tables that the migration
 * itself creates.
 */
export const findContractions = (source: string, released: ReadonlySet<string>): readonly string[] =>
  source.split(/^(?=export class )/m).flatMap(migration => {
    const [, name = ''] = /^export class (\w+)/.exec(migration) ?? []
    return released.has(name) ? [] : contractionsIn(statementsIn(migration))
  })

const contractionsIn = (statements: readonly Statement[]): readonly string[] => {
  const created = new Set(statements.flatMap(({ sql }) => createTable.exec(sql)?.[1] ?? []))
  return statements.filter(statement => isContraction(statement, created)).map(({ sql }) => sql)
}

const createTable = /^create (?:unlogged |temporary |temp )?table (?:if not exists )?([\w.]+)/
const alterTable = /^alter table (?:if exists )?(?:only )?([\w.]+) (.*)$/
const uniqueIndex = /^create unique index .*?\bon (?:only )?([\w.]+)/
const drop =
  /^drop (?:table|view|materialized view|function|procedure|routine|aggregate|type|domain|sequence|schema|extension) (?:if exists )?([\w.]+)/
const otherChange =
  /^alter (?:view|materialized view|function|procedure|type|domain|sequence|schema) .*\b(?:rename|set schema|drop|set not null|add constraint)\b/

const isContraction = ({ sql, contracts }: Statement, created: ReadonlySet<string>): boolean => {
  if (contracts) return false
  const [, table = '', actions] = alterTable.exec(sql) ?? []
  if (actions !== undefined) return !created.has(table) && actionsOf(actions).some(isContractingAction)
  const [, about] = uniqueIndex.exec(sql) ?? drop.exec(sql) ?? []
  return about === undefined ? otherChange.test(sql) : !created.has(about)
}

const contractingActions: readonly RegExp[] = [
  /^drop (?!constraint\b)/,
  /^rename /,
  /^set schema /,
  /^alter (?:column )?\w+ (?:drop (?:default|identity|expression)|set not null|(?:set data )?type)\b/,
  // n.b. a rule that is not valid is not asked of old rows, but of every new one
  /^add (?:constraint \w+ )?(?:check|unique|primary key|foreign key|exclude)\b/,
]
const columnThatMustBeGiven =
  /^add (?:column )?(?:if not exists )?(?!.*\b(?:default|generated|serial|bigserial|smallserial)\b).*\b(?:not null|primary key)\b/

const isContractingAction = (action: string): boolean =>
  contractingActions.some(pattern => pattern.test(action)) || columnThatMustBeGiven.test(action)

/** The actions of an `alter table`, without what stands in brackets: a comma there parts no actions. */
const actionsOf = (actions: string): readonly string[] => {
  let flat = actions
  for (let before = ''; before !== flat; ) {
    before = flat
    flat = flat.replace(/\([^()]*\)/g, ' ')
  }
  return flat.split(',').map(action => action.trim().replace(/\s+/g, ' '))
}

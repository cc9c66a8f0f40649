import { type Filter, readDurationUs } from '../traces/filters.ts'

/** Gives a value a parameter of a statement, and returns the parameter's name. */
export type Parameter = (value: unknown) => string

/** A filter that means nothing, such as `duration>long`. */
export class UnusableFilter extends Error {
  override readonly name = 'UnusableFilter'
}

/** What a filter asks of a row of `traces`, in SQL. */
export const conditionOf = (filter: Filter, parameter: Parameter): string => {
  const { key, operator, value } = filter
  const text = texts[key]
  if (text !== undefined) return textCondition(text, filter, parameter)
  const number = numbers[key]
  if (number !== undefined) return `${number} ${comparison(operator)} ${parameter(numberIn(value))}`
  if (key === 'duration') return `duration_us ${comparison(operator)} ${parameter(durationIn(value))}`
  if (key === 'age') return ageCondition(filter, parameter)
  if (key === 'time') return `started_at ${comparison(operator)} ${parameter(timeIn(value))}`
  if (key === 'trace') return textCondition('trace_id', filter, parameter)
  if (key === 'any') return anyCondition(value, parameter)
  return tagCondition(filter, parameter)
}

const texts: Readonly<Record<string, string>> = {
  operation: 'name',
  client: "coalesce(client, '')",
  kind: "coalesce(kind, 'part')",
  from: "coalesce(service, '')",
  status: "case when is_failed then 'error' else 'ok' end",
  plan: "case is_plan_cached when true then 'cached' when false then 'new' else '' end",
}

const numbers: Readonly<Record<string, string>> = {
  sql: 'statements',
  calls: 'calls',
  spans: 'spans',
  errors: 'errors',
}

const textCondition = (column: string, { operator, value }: Filter, parameter: Parameter): string => {
  if (operator === '=') return `lower(${column}) = lower(${parameter(value)})`
  if (operator === '!=') return `lower(${column}) is distinct from lower(${parameter(value)})`
  if (operator === '~') return `${column} ilike ${parameter(containing(value))}`
  throw new UnusableFilter(`a text can't be ${operator} another: write =, != or ~`)
}

const tagCondition = ({ key, operator, value }: Filter, parameter: Parameter): string => {
  if (operator === '=') return `tags @> array[${parameter(`${key}=${value}`)}::text]`
  if (operator === '!=') return `not tags @> array[${parameter(`${key}=${value}`)}::text]`
  const valueOfTag = `substr(tag, ${parameter(key.length + 2)}::int)`
  const ofKey = `starts_with(tag, ${parameter(`${key}=`)})`
  const test =
    operator === '~'
      ? `${valueOfTag} ilike ${parameter(containing(value))}`
      : `case when ${valueOfTag} ~ '^-?[0-9.]{1,18}$' then ${valueOfTag}::numeric ${operator} ${parameter(numberIn(value))}::numeric end`
  return `exists (select from unnest(tags) as tag where ${ofKey} and ${test})`
}

const anyCondition = (value: string, parameter: Parameter): string => {
  const pattern = parameter(containing(value))
  return `(name ilike ${pattern} or client ilike ${pattern} or trace_id ilike ${pattern}
    or exists (select from unnest(tags) as tag where tag ilike ${pattern}))`
}

/** `age<5m`: not longer ago than that. */
const ageCondition = ({ operator, value }: Filter, parameter: Parameter): string => {
  if (operator !== '<' && operator !== '>')
    throw new UnusableFilter('an age is < or > than 5m, such as age<5m')
  const since = `now() - make_interval(secs => ${parameter(durationIn(value) / 1_000_000)}::float8)`
  return `started_at ${operator === '<' ? '>' : '<'} ${since}`
}

const comparison = (operator: Filter['operator']): string => {
  if (operator === '~') throw new UnusableFilter('a number does not contain another: write =, !=, < or >')
  return operator === '!=' ? 'is distinct from' : operator
}

const containing = (value: string): string => `%${value.replaceAll(/[\\%_]/g, '\\$&')}%`

const numberIn = (value: string): number => {
  const number = Number(value)
  if (value !== '' && Number.isFinite(number)) return number
  throw new UnusableFilter(`${value} is no number`)
}

const durationIn = (value: string): number => {
  const durationUs = readDurationUs(value)
  if (durationUs !== undefined) return durationUs
  throw new UnusableFilter(`${value} is no duration: write 250us, 100ms or 1.5s`)
}

const timeIn = (value: string): string => {
  const time = new Date(value)
  if (!Number.isNaN(time.getTime())) return time.toISOString()
  throw new UnusableFilter(`${value} is no time: write 2026-01-31T12:00:00Z`)
}

/** Which of the first two numbers of a date such as 3/4/2011 is the month. */
export type DateOrder = 'month-first' | 'day-first'

const numeric =
  /^(\d{1,2})([/.-])(\d{1,2})\2(\d{4}|\d\d)(?:[ T]+(\d{1,2}):(\d\d)(?::(\d\d)(?:[.,]\d+)?)?(?: *([AaPp])\.?[Mm]\.?)?)?$/
const yearFirst =
  /^(\d{4})([/.-])(\d{1,2})\2(\d{1,2})(?:[ T]+(\d{1,2}):(\d\d)(?::(\d\d)(?:[.,]\d+)?)?)? *(Z|UTC|[+-]\d\d:?\d\d)?$/

/**
 * Which number of a date is the month, as the dates of one file show it: `either` if it makes no difference to any of them,
 * `unknown` if it does and none shows it, `mixed` if they disagree. Dates with points have the day first by themselves.
 */
export const dateOrderOf = (texts: Iterable<string>): DateOrder | 'either' | 'unknown' | 'mixed' => {
  const seen = { isMonthFirst: false, isDayFirst: false, isOpen: false }
  for (const text of texts) {
    const [, first, separator, second] = numeric.exec(text) ?? []
    if (separator === undefined || separator === '.') continue
    if (Number(first) > 12) seen.isDayFirst = true
    else if (Number(second) > 12) seen.isMonthFirst = true
    else if (Number(first) !== Number(second)) seen.isOpen = true
  }
  if (seen.isMonthFirst && seen.isDayFirst) return 'mixed'
  if (seen.isMonthFirst) return 'month-first'
  if (seen.isDayFirst) return 'day-first'
  return seen.isOpen ? 'unknown' : 'either'
}

/** Reads a date, with a time or without, in UTC unless it says another zone; undefined if there is no such date. */
export const readDate = (text: string, order: DateOrder): Date | undefined => {
  const iso = yearFirst.exec(text)
  if (iso !== null) {
    const [, year, , month, day, hour, minute, second, zone] = iso
    return utc([year, month, day, hour, minute, second], zoneMinutes(zone))
  }
  const [, first, separator, second, year, hour, minute, seconds, half] = numeric.exec(text) ?? []
  if (year === undefined) return undefined
  const isMonthFirst = order === 'month-first' && separator !== '.'
  const [month, day] = isMonthFirst ? [first, second] : [second, first]
  return utc([fullYear(year), month, day, hourOf(hour, half), minute, seconds])
}

type Parts = readonly (string | undefined)[]

/** The instant of year, month, day, hour, minute and second; undefined if the calendar or the clock does not have it. */
const utc = (parts: Parts, zoneMinutes = 0): Date | undefined => {
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0] = parts.map(part =>
    Number(part ?? 0),
  )
  const at = new Date(Date.UTC(year, month - 1, day, hour, minute, second))
  const isInCalendar =
    at.getUTCFullYear() === year && at.getUTCMonth() === month - 1 && at.getUTCDate() === day
  const isOnClock = hour < 24 && minute < 60 && second < 60
  return isInCalendar && isOnClock ? new Date(at.getTime() - zoneMinutes * 60_000) : undefined
}

/** Two digits mean 1970 to 2069. */
const fullYear = (year: string): string =>
  year.length === 4 ? year : String(Number(year) + (Number(year) < 70 ? 2000 : 1900))

/** The hour of 24: 12 AM is 0, 12 PM is 12; an hour over 12 is in no half. */
const hourOf = (hour: string | undefined, half: string | undefined): string | undefined => {
  if (half === undefined || hour === undefined) return hour
  const twelve = Number(hour)
  if (twelve < 1 || twelve > 12) return '24'
  return String((twelve % 12) + (half.toLowerCase() === 'p' ? 12 : 0))
}

const zoneMinutes = (zone: string | undefined): number => {
  const [, sign, hours, minutes] = /^([+-])(\d\d):?(\d\d)$/.exec(zone ?? '') ?? []
  return (sign === '-' ? -1 : 1) * (Number(hours ?? 0) * 60 + Number(minutes ?? 0))
}

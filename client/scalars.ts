/** An instant, the API's `DateTime`: ISO 8601 in UTC with milliseconds, such as `2026-03-01T09:30:00.000Z`. */
export type DateTime = string

/** A day, the API's `Date`: ISO 8601, such as `2026-03-01`; it begins at midnight UTC. */
export type CalendarDate = string

/** An amount or a count, the API's `SafeInt`: a whole number of at most 53 bits. */
export type SafeInt = number

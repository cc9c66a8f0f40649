/** A duration for people, such as `12.4 ms`, with three digits at most. */
export const formatDuration = (us: number): string => {
  if (us < 1_000) return `${Math.round(us)} µs`
  if (us < 1_000_000) return `${digits(us / 1_000)} ms`
  if (us < 120_000_000) return `${digits(us / 1_000_000)} s`
  return us < 7_200_000_000 ? `${Math.round(us / 60_000_000)} min` : `${digits(us / 3_600_000_000)} h`
}

/** A time of today as `12:30:05`, of another day with its date. */
export const formatTime = (iso: string): string => {
  const time = new Date(iso)
  const clock = time.toLocaleTimeString(undefined, { hour12: false })
  return time.toDateString() === new Date().toDateString()
    ? clock
    : `${time.toLocaleDateString(undefined, { month: 'short', day: 'numeric' })} ${clock}`
}

/** How long ago a time is, such as `3 min`. */
export const formatAge = (iso: string): string => {
  const seconds = Math.max(Math.round((Date.now() - Date.parse(iso)) / 1_000), 0)
  return seconds < 120 ? `${seconds} s` : formatDuration(seconds * 1_000_000)
}

/** A rate for people, such as `3.2/s`, or `5/min` if it is low. */
export const formatRate = (perSecond: number): string => {
  if (perSecond === 0) return '0/s'
  return perSecond < 0.5 ? `${digits(perSecond * 60)}/min` : `${digits(perSecond)}/s`
}

/** An amount of money in minor units with its currency. */
export const formatMoney = ({
  amountMinor,
  currency,
}: {
  readonly amountMinor: number
  readonly currency: string
}): string => {
  const format = new Intl.NumberFormat(undefined, { style: 'currency', currency })
  return format.format(amountMinor / 10 ** (format.resolvedOptions().maximumFractionDigits ?? 2))
}

/** The number of things with their name, such as `1 span` or `3 spans`. */
export const count = (number: number, name: string, names = `${name}s`): string =>
  `${number.toLocaleString()} ${number === 1 ? name : names}`

/** A number of bytes for people, such as `1.20 KB`. */
export const formatBytes = (bytes: number): string => {
  if (bytes < 1_000) return `${bytes} bytes`
  return bytes < 1_000_000 ? `${digits(bytes / 1_000)} KB` : `${digits(bytes / 1_000_000)} MB`
}

/** An id as far as it is needed to tell it from others. */
export const shortId = (id: string): string => id.slice(-8)

const digits = (number: number): string => {
  if (number >= 100) return Math.round(number).toLocaleString()
  return number >= 10 ? number.toFixed(1) : number.toFixed(2)
}

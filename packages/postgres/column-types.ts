import { type Client, types } from 'pg'

/**
 * Lets a connection read a `timestamptz` as a Date and a `bigint` as the number, or as its digits if a number does not hold it
 * exactly. Everything else, and lists of both, are as in pg.
 */
export const readColumns = (client: Client): void => {
  client.setTypeParser(types.builtins.TIMESTAMPTZ, readTime)
  client.setTypeParser(types.builtins.INT8, readBigint)
}

export const readBigint = (text: string): number | string => {
  const value = Number(text)
  return Number.isSafeInteger(value) ? value : text
}

const readAnyTime = types.getTypeParser(types.builtins.TIMESTAMPTZ)
const [dash, space, zero] = [0x2d, 0x20, 0x30]

/** n.b. measured: pg's own, with three regular expressions, takes several times as long. */
export const readTime = (text: string): unknown => {
  const isPlain =
    text.charCodeAt(4) === dash && text.charCodeAt(10) === space && text.endsWith('+00') && text >= '0100'
  if (!isPlain) return readAnyTime(text)
  const twoAt = (at: number): number => (text.charCodeAt(at) - zero) * 10 + text.charCodeAt(at + 1) - zero
  const ms = Number(text.slice(19, -'+00'.length)) * 1_000
  const year = twoAt(0) * 100 + twoAt(2)
  return new Date(Date.UTC(year, twoAt(5) - 1, twoAt(8), twoAt(11), twoAt(14), twoAt(17), ms))
}

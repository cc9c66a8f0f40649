import { createHash, randomBytes } from 'node:crypto'

/** A UUIDv7 (RFC 9562): 48 bits of milliseconds, then random; later ones sort after earlier ones. */
export const uuidv7 = (nowMs = Date.now()): string => format(nowMs, randomBytes(10))

/** A UUIDv7-shaped id that is always the same for a name, dated `atMs`. */
export const namedUuid = (name: string, atMs: number): string =>
  format(atMs, createHash('sha256').update(name).digest().subarray(0, 10))

/** Whether a text has the form of a UUID, so that PostgreSQL takes it as one. */
export const isUuid = (text: string): boolean =>
  /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i.test(text)

const format = (nowMs: number, random: Buffer): string => {
  const bytes = Buffer.alloc(16)
  bytes.writeUIntBE(nowMs, 0, 6)
  random.copy(bytes, 6)
  bytes.writeUInt8((bytes.readUInt8(6) & 0x0f) | 0x70, 6)
  bytes.writeUInt8((bytes.readUInt8(8) & 0x3f) | 0x80, 8)
  const hex = bytes.toString('hex')
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-')
}

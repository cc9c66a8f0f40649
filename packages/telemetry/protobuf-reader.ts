import { wireTypes } from './protobuf-writer.ts'

/** The bytes are not protobuf, or not of the message that was looked for. */
export class NotProtobuf extends Error {
  override readonly name = 'NotProtobuf'
}

/** n.b. an empty message has two bytes, and becomes an object of a hundred or so. */
const maxMessages = 1_000_000

/** Reads the fields of a message one after the other; throws `NotProtobuf` where the bytes are none. */
export class ProtobufReader {
  readonly #bytes: Buffer
  #at = 0
  #end: number
  #wire = 0
  #messages = 0

  constructor(bytes: Buffer) {
    this.#bytes = bytes
    this.#end = bytes.length
  }

  /** The number of the next field; 0 at the end of the message. */
  field(): number {
    if (this.#at === this.#end) return 0
    const tag = this.varint()
    this.#wire = tag & 7
    const field = Math.floor(tag / 8)
    if (field === 0) throw new NotProtobuf('there is a field without a number')
    return field
  }

  /** Reads the message in the field by its own fields. */
  message<T>(read: (reader: ProtobufReader) => T): T {
    this.#messages += 1
    if (this.#messages > maxMessages)
      throw new NotProtobuf(`there are more than ${maxMessages} messages: send fewer at once`)
    const to = this.#lengthened()
    const end = this.#end
    this.#end = to
    const value = read(this)
    this.#at = to
    this.#end = end
    return value
  }

  text(): string {
    return this.#textTo(this.#lengthened(), 'utf8')
  }

  /** Bytes as hexadecimal digits. */
  hex(): string {
    return this.#textTo(this.#lengthened(), 'hex')
  }

  /** A 64-bit integer with a sign. n.b. past 2^53 it is not exact */
  integer(): number {
    this.#expect(wireTypes.varint)
    const from = this.#at
    const value = this.varint()
    if (this.#at - from < 10) return value
    let exact = 0n
    for (let at = this.#at - 1; at >= from; at -= 1)
      exact = (exact << 7n) | BigInt((this.#bytes[at] ?? 0) & 127)
    return Number(BigInt.asIntN(64, exact))
  }

  boolean(): boolean {
    return this.integer() !== 0
  }

  fixed32(): number {
    return this.#bytes.readUInt32LE(this.#skipFixed(wireTypes.fixed32, 4))
  }

  /** An unsigned 64-bit integer in decimal digits. */
  fixed64(): string {
    return String(this.#bytes.readBigUInt64LE(this.#skipFixed(wireTypes.fixed64, 8)))
  }

  double(): number {
    return this.#bytes.readDoubleLE(this.#skipFixed(wireTypes.fixed64, 8))
  }

  /** Passes over a field that nobody asks for. */
  skip(): void {
    if (this.#wire === wireTypes.varint) this.varint()
    else if (this.#wire === wireTypes.fixed64) this.#skipFixed(wireTypes.fixed64, 8)
    else if (this.#wire === wireTypes.fixed32) this.#skipFixed(wireTypes.fixed32, 4)
    else this.#at = this.#lengthened()
  }

  varint(): number {
    let value = 0
    for (let factor = 1; factor < 2 ** 70; factor *= 128) {
      if (this.#at === this.#end) throw tooShort()
      const byte = this.#bytes[this.#at] ?? 0
      this.#at += 1
      value += (byte & 127) * factor
      if (byte < 128) return value
    }
    throw new NotProtobuf('there is a number of more than ten bytes')
  }

  /** Reads the length of the field; returns where it ends. */
  #lengthened(): number {
    this.#expect(wireTypes.bytes)
    const length = this.varint()
    if (length > this.#end - this.#at) throw tooShort()
    return this.#at + length
  }

  #textTo(to: number, encoding: 'utf8' | 'hex'): string {
    const text = this.#bytes.toString(encoding, this.#at, to)
    this.#at = to
    return text
  }

  #skipFixed(wire: number, size: number): number {
    this.#expect(wire)
    if (size > this.#end - this.#at) throw tooShort()
    const from = this.#at
    this.#at += size
    return from
  }

  #expect(wire: number): void {
    if (this.#wire !== wire) throw new NotProtobuf('there is a field of an unexpected type')
  }
}

const tooShort = (): NotProtobuf => new NotProtobuf('it ends too soon')

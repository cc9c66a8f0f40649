/** What a field's value is made of, as the last three bits of its tag say. */
export const wireTypes = { varint: 0, fixed64: 1, bytes: 2, fixed32: 5 } as const satisfies Record<
  string,
  number
>

/** The tag of a field, which is its number and its wire type. n.b. all fields that are written here have numbers below 16 */
export const tagOf = (field: number, wire: keyof typeof wireTypes): number => (field << 3) | wireTypes[wire]

const firstSize = 4_096
// n.b. with so many bytes of length, a message has at most 256 MB
const longLength = 4

/** The value of each hexadecimal digit, by its code. */
const digits = Uint8Array.from({ length: 128 }, (_, code) => {
  const value = Number.parseInt(String.fromCharCode(code), 16)
  return Number.isNaN(value) ? 0 : value
})

/** Writes fields of protobuf one after the other into memory that grows and is used again. */
export class ProtobufWriter {
  #bytes = Buffer.allocUnsafeSlow(firstSize)
  #at = 0

  get length(): number {
    return this.#at
  }

  /** What was written, until more is. */
  bytes(): Uint8Array {
    return this.#bytes.subarray(0, this.#at)
  }

  /** A copy of what was written. */
  copy(): Buffer {
    return Buffer.from(this.bytes())
  }

  clear(): void {
    this.#at = 0
  }

  /** Opens a message whose fields follow; `close` gets what this returns. `atMost` is how long it may be, if that is known. */
  open(tag: number, atMost = Number.POSITIVE_INFINITY): number {
    const lengthSize = atMost < 128 ? 1 : longLength
    this.#makeRoom(1 + lengthSize)
    this.#bytes[this.#at] = tag
    this.#at += 1 + lengthSize
    return lengthSize === 1 ? -this.#at : this.#at
  }

  /** n.b. a length may have leading zeros: those of a long message are of one size, so that nothing has to move. */
  close(opened: number): void {
    const bytes = this.#bytes
    if (opened < 0) {
      bytes[-opened - 1] = this.#at + opened
      return
    }
    const length = this.#at - opened
    bytes[opened - 4] = (length & 127) | 128
    bytes[opened - 3] = ((length >>> 7) & 127) | 128
    bytes[opened - 2] = ((length >>> 14) & 127) | 128
    bytes[opened - 1] = length >>> 21
  }

  /** Fields that were written before. */
  written(fields: Uint8Array): void {
    this.#makeRoom(fields.length)
    this.#bytes.set(fields, this.#at)
    this.#at += fields.length
  }

  text(tag: number, text: string): void {
    this.#makeRoom(text.length * 3 + 10)
    this.#bytes[this.#at] = tag
    this.#at += 1
    if (text.length < 128 && this.#writeAscii(text)) return
    const length = Buffer.byteLength(text)
    this.#varint(length)
    this.#at += this.#bytes.write(text, this.#at, length, 'utf8')
  }

  /** Bytes given as hexadecimal digits; at most 127. */
  hex(tag: number, text: string): void {
    this.#makeRoom(text.length + 2)
    const bytes = this.#bytes
    let at = this.#at
    bytes[at++] = tag
    bytes[at++] = text.length >> 1
    for (let index = 0; index < text.length; index += 2)
      bytes[at++] = (digitAt(text, index) << 4) | digitAt(text, index + 1)
    this.#at = at
  }

  /** An integer; negative ones take ten bytes. */
  varint(tag: number, value: number): void {
    this.#makeRoom(11)
    this.#bytes[this.#at] = tag
    this.#at += 1
    if (value < 0) this.#negative(value)
    else this.#varint(value)
  }

  fixed32(tag: number, value: number): void {
    this.#makeRoom(5)
    this.#bytes[this.#at] = tag
    this.#at += 1
    this.#uint32(value)
  }

  /**
   * Milliseconds since the epoch as nanoseconds; what is below a microsecond is left out. n.b. a number can't hold all of
   * these, so that their two halves are made apart
   */
  nanos(tag: number, ms: number): void {
    const whole = Math.floor(ms)
    const upper = Math.floor(whole / 2 ** 20) * 15_625
    const lower = (upper % 64) * 2 ** 26 + (whole % 2 ** 20) * 1e6 + Math.floor((ms - whole) * 1_000) * 1_000
    this.fixed32(tag, lower % 2 ** 32)
    this.#makeRoom(4)
    this.#uint32(Math.floor(upper / 64) + Math.floor(lower / 2 ** 32))
  }

  double(tag: number, value: number): void {
    this.#makeRoom(9)
    this.#bytes[this.#at] = tag
    this.#at = this.#bytes.writeDoubleLE(value, this.#at + 1)
  }

  #makeRoom(bytes: number): void {
    if (this.#at + bytes <= this.#bytes.length) return
    const larger = Buffer.allocUnsafeSlow(Math.max(this.#bytes.length * 2, this.#at + bytes))
    this.#bytes.copy(larger, 0, 0, this.#at)
    this.#bytes = larger
  }

  /** Writes length and text if all of it is ASCII. n.b. for a short text that is quicker than a call of Node */
  #writeAscii(text: string): boolean {
    const bytes = this.#bytes
    const from = this.#at + 1
    for (let index = 0; index < text.length; index += 1) {
      const code = text.charCodeAt(index)
      if (code > 127) return false
      bytes[from + index] = code
    }
    bytes[from - 1] = text.length
    this.#at = from + text.length
    return true
  }

  #varint(value: number): void {
    let left = value
    while (left > 127) {
      this.#bytes[this.#at] = (left % 128) | 128
      this.#at += 1
      left = Math.floor(left / 128)
    }
    this.#bytes[this.#at] = left
    this.#at += 1
  }

  #negative(value: number): void {
    let left = BigInt.asUintN(64, BigInt(value))
    while (left > 127n) {
      this.#bytes[this.#at] = Number(left & 127n) | 128
      this.#at += 1
      left >>= 7n
    }
    this.#bytes[this.#at] = Number(left)
    this.#at += 1
  }

  #uint32(value: number): void {
    const bytes = this.#bytes
    const at = this.#at
    bytes[at] = value & 255
    bytes[at + 1] = (value >>> 8) & 255
    bytes[at + 2] = (value >>> 16) & 255
    bytes[at + 3] = value >>> 24
    this.#at = at + 4
  }
}

const digitAt = (text: string, index: number): number => digits[text.charCodeAt(index)] ?? 0

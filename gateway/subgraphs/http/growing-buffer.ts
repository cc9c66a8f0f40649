const leastBytes = 16 * 1024

/** Bytes that come in parts. n.b. parts of one byte, each a buffer of its own, would take a hundred times as much */
export class GrowingBuffer {
  #bytes = Buffer.alloc(0)
  #length = 0

  add(part: Buffer): void {
    const length = this.#length + part.length
    if (length > this.#bytes.length) {
      const larger = Buffer.allocUnsafeSlow(Math.max(leastBytes, length, 2 * this.#bytes.length))
      this.#bytes.copy(larger, 0, 0, this.#length)
      this.#bytes = larger
    }
    part.copy(this.#bytes, this.#length)
    this.#length = length
  }

  text(): string {
    return this.#bytes.toString('utf8', 0, this.#length)
  }
}

/** A set that nearly always holds at most one value, and then costs a tenth of a Set. */
export class FewValues<T extends WeakKey> {
  #only: T | undefined = undefined
  #all: Set<T> | undefined = undefined

  get size(): number {
    return this.#all?.size ?? (this.#only === undefined ? 0 : 1)
  }

  add(value: T): void {
    if (this.#all !== undefined) this.#all.add(value)
    else if (this.#only === undefined || this.#only === value) this.#only = value
    else {
      this.#all = new Set([this.#only, value])
      this.#only = undefined
    }
  }

  /** Whether it held the value. */
  delete(value: T): boolean {
    if (this.#all !== undefined) return this.#all.delete(value)
    const isHeld = this.#only === value
    if (isHeld) this.#only = undefined
    return isHeld
  }

  clear(): void {
    this.#only = undefined
    this.#all = undefined
  }

  [Symbol.iterator](): Iterator<T> {
    if (this.#all !== undefined) return this.#all[Symbol.iterator]()
    return (this.#only === undefined ? [] : [this.#only])[Symbol.iterator]()
  }
}

/** A map that nearly always holds at most one entry, and then costs a tenth of a Map. */
export class FewEntries<K, V extends WeakKey> {
  #key: K | undefined = undefined
  #value: V | undefined = undefined
  #all: Map<K | undefined, V> | undefined = undefined

  get size(): number {
    return this.#all?.size ?? (this.#value === undefined ? 0 : 1)
  }

  get(key: K): V | undefined {
    if (this.#all !== undefined) return this.#all.get(key)
    return this.#key === key ? this.#value : undefined
  }

  set(key: K, value: V): void {
    if (this.#all !== undefined) this.#all.set(key, value)
    else if (this.#value === undefined || this.#key === key) {
      this.#key = key
      this.#value = value
    } else {
      this.#all = new Map<K | undefined, V>([
        [this.#key, this.#value],
        [key, value],
      ])
      this.#key = undefined
      this.#value = undefined
    }
  }

  /** Whether it held an entry with this key. */
  delete(key: K): boolean {
    if (this.#all !== undefined) return this.#all.delete(key)
    const isHeld = this.#value !== undefined && this.#key === key
    if (isHeld) this.clear()
    return isHeld
  }

  clear(): void {
    this.#key = undefined
    this.#value = undefined
    this.#all = undefined
  }

  values(): readonly V[] {
    if (this.#all !== undefined) return [...this.#all.values()]
    return this.#value === undefined ? [] : [this.#value]
  }
}

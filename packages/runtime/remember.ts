const maxTexts = 100

/** The same function, which remembers what it made of the last texts; for headers, which clients send again and again. */
export const remember = <T>(make: (text: string) => T): ((text: string) => T) => {
  const made = new Map<string, { readonly value: T }>()
  return text => {
    const known = made.get(text)
    if (known !== undefined) return known.value
    const value = make(text)
    if (made.size >= maxTexts) made.clear()
    made.set(text, { value })
    return value
  }
}

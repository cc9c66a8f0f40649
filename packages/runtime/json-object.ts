/** An object of JSON. */
export type JsonObject = Record<string, unknown>

/** Whether a value of JSON is an object. */
export const isJsonObject = (value: unknown): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/** Gives an object a property of its own. n.b. to assign `__proto__` would change what the object is. */
export const setOwn = (object: JsonObject, key: string, value: unknown): void => {
  if (key === '__proto__')
    Object.defineProperty(object, key, { value, enumerable: true, configurable: true, writable: true })
  else object[key] = value
}

import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto'
import { z } from 'zod'

const algorithm = 'aes-256-gcm'
const keyBytes = 32
const nonceBytes = 12
const tagBytes = 16
/** n.b. also says how the text was sealed: another way would begin with another word. */
const prefix = 'v1.'

/** Seals texts for whoever has the keys: AES-256-GCM under the first key; every key opens. */
export type Sealer = {
  /** `boundTo` says what the text is for and whose it is; it is not in the result, and opens it again. */
  readonly seal: (text: string, boundTo: string) => string
  /** The text; throws SealBroken if it was sealed for something else, under another key, or was changed. */
  readonly open: (sealed: string, boundTo: string) => string
}

/** A sealed text can't be opened; the message has no part of it. */
export class SealBroken extends Error {
  override readonly name = 'SealBroken'
}

const advice =
  'put one or more keys of 32 bytes there, in base64url and separated by commas, made by `npm run keys`'

/** Setting: the keys of a sealer. The first one seals and all of them open, so that a new one can be put before an old one. */
export const sealingKeys = z.string({ error: advice }).transform((text, context): readonly Buffer[] => {
  const words = text.split(',').map(word => word.trim())
  const keys = words.map(word => Buffer.from(word, 'base64url'))
  // n.b. Buffer.from drops what is no base64url instead of refusing it
  const isGood = keys.every(
    (key, index) => key.length === keyBytes && key.toString('base64url') === words[index],
  )
  if (isGood) return keys
  context.addIssue({ code: 'custom', message: advice })
  return z.NEVER
})

/** A new key, as the setting has it. */
export const createSealingKey = (): string => randomBytes(keyBytes).toString('base64url')

export const createSealer = (keys: readonly Buffer[]): Sealer => {
  const [first] = keys
  if (first === undefined) throw new Error('there is no key to seal with')
  return {
    seal: (text, boundTo) => {
      const nonce = randomBytes(nonceBytes)
      const cipher = createCipheriv(algorithm, first, nonce, { authTagLength: tagBytes })
      cipher.setAAD(Buffer.from(boundTo))
      const sealed = [nonce, cipher.update(text, 'utf8'), cipher.final(), cipher.getAuthTag()]
      return `${prefix}${Buffer.concat(sealed).toString('base64url')}`
    },
    open: (sealed, boundTo) => {
      const bytes = sealed.startsWith(prefix)
        ? Buffer.from(sealed.slice(prefix.length), 'base64url')
        : Buffer.of()
      if (bytes.length >= nonceBytes + tagBytes) {
        for (const key of keys) {
          const text = tryToOpen(key, bytes, boundTo)
          if (text !== undefined) return text
        }
      }
      throw new SealBroken('a sealed text can not be opened with any of the keys')
    },
  }
}

const tryToOpen = (key: Buffer, bytes: Buffer, boundTo: string): string | undefined => {
  const decipher = createDecipheriv(algorithm, key, bytes.subarray(0, nonceBytes), {
    authTagLength: tagBytes,
  })
  decipher.setAAD(Buffer.from(boundTo))
  decipher.setAuthTag(bytes.subarray(-tagBytes))
  const text = decipher.update(bytes.subarray(nonceBytes, -tagBytes))
  try {
    return Buffer.concat([text, decipher.final()]).toString('utf8')
  } catch {
    return undefined
  }
}

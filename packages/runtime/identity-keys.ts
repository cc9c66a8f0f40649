import { exportJWK, generateKeyPair } from 'jose'
import { z } from 'zod'

/** With which identity tokens are signed. */
export const algorithm = 'EdDSA'

const publicJwk = z.object({ kty: z.literal('OKP'), crv: z.literal('Ed25519'), x: z.string() })
const privateJwk = publicJwk.extend({ d: z.string() })
const encodedJson = <T extends z.ZodType>(schema: T, hint: string) =>
  z
    .string({ error: hint })
    .transform((text, context): unknown => {
      try {
        return JSON.parse(Buffer.from(text, 'base64url').toString('utf8'))
      } catch {
        context.addIssue({ code: 'custom', message: hint })
        return z.NEVER
      }
    })
    .pipe(schema)

/** Setting: a private key as `npm run keys` prints it. */
export const identityKey = encodedJson(privateJwk, 'put a private key there, made by `npm run keys`')

const publicJwks = z.union([publicJwk.transform(key => [key]), z.array(publicJwk).min(1)])

/** Setting: the public keys of every issuer, as `npm run keys` prints them: of each one, or several while one is replaced. */
export const identityIssuers = encodedJson(
  z.record(z.string(), publicJwks),
  'put the public keys there, made by `npm run keys`',
)

const encode = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url')

/** Makes a key pair per issuer, encoded as the settings want them. */
export const createIdentityKeys = async (issuers: readonly string[]) => {
  const pairs = await Promise.all(
    issuers.map(async issuer => {
      const { privateKey, publicKey } = await generateKeyPair(algorithm, { extractable: true })
      return { issuer, private: await exportJWK(privateKey), public: await exportJWK(publicKey) }
    }),
  )
  return {
    keys: Object.fromEntries(pairs.map(pair => [pair.issuer, encode(pair.private)])),
    issuers: encode(Object.fromEntries(pairs.map(pair => [pair.issuer, pair.public]))),
  }
}

/** Makes the next key pair of an issuer: the values of `identityIssuers` with its old and new keys, and with the new one alone. */
export const createNextIdentityKey = async (issuers: z.output<typeof identityIssuers>, issuer: string) => {
  const { keys, issuers: made } = await createIdentityKeys([issuer])
  const next = identityIssuers.parse(made)[issuer] ?? []
  return {
    key: keys[issuer] ?? '',
    both: encode({ ...issuers, [issuer]: [...(issuers[issuer] ?? []), ...next] }),
    alone: encode({ ...issuers, [issuer]: next }),
  }
}

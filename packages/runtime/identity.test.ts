import { afterEach, describe, expect, it, vi } from 'vitest'
import { createIdentitySigner, createIdentityVerifier, InvalidIdentity, type Viewer } from './identity.ts'
import { createIdentityKeys, createNextIdentityKey, identityIssuers, identityKey } from './identity-keys.ts'

const setUp = async () => {
  const made = await createIdentityKeys(['gateway', 'orders'])
  const signer = (issuer: string, key = made.keys[issuer]) =>
    createIdentitySigner(issuer, identityKey.parse(key))
  return {
    signer,
    verifier: createIdentityVerifier('products', identityIssuers.parse(made.issuers)),
    keys: made.keys,
    issuers: made.issuers,
  }
}

const ada = {
  kind: 'user',
  id: '019b8d2a-0000-7000-8000-000000000001',
  scopes: ['orders:read'],
  sessionId: '019b8d2a-0000-7000-8000-000000000002',
} as const

const by = (viewer: Viewer) => ({ viewer, clientAddress: undefined })

afterEach(() => vi.useRealTimers())

describe('an identity token', () => {
  it('carries the user whom the gateway speaks for', async () => {
    const { signer, verifier } = await setUp()
    expect(await verifier(await signer('gateway').sign('products', ada))).toEqual(by(ada))
    expect(await verifier(await signer('gateway').sign('products', { kind: 'anonymous' }))).toEqual(
      by({ kind: 'anonymous' }),
    )
  })

  it('is signed anew for a viewer who needs it once, unless one is known', async () => {
    const { signer, verifier } = await setUp()
    const { sign, signOnce } = signer('gateway')
    const viewer = { ...ada }
    expect(await verifier(await signOnce('products', viewer))).toEqual(by(ada))
    const known = await sign('products', viewer)
    expect(await signOnce('products', viewer)).toBe(known)
  })

  it("carries the client's address if it is told one, and keeps tokens of different addresses apart", async () => {
    const { signer, verifier } = await setUp()
    const { sign } = signer('gateway')
    const [one, other] = [await sign('products', ada, '192.0.2.1'), await sign('products', ada, '192.0.2.2')]
    expect((await verifier(one)).clientAddress).toBe('192.0.2.1')
    expect((await verifier(other)).clientAddress).toBe('192.0.2.2')
  })

  it('lets a service speak for itself alone, whatever it claims', async () => {
    const { signer, verifier } = await setUp()
    const token = await signer('orders').sign('products', ada)
    expect(await verifier(token)).toEqual({
      viewer: { kind: 'service', name: 'orders', scopes: ['orders:read'] },
      clientAddress: undefined,
    })
  })

  it('is refused when missing, garbled, for another audience or from an unknown issuer', async () => {
    const { signer, verifier } = await setUp()
    const token = await signer('gateway').sign('products', ada)
    const refused = [
      undefined,
      '',
      'no.token.here',
      `${token.slice(0, -4)}AAAA`,
      token.split('.').slice(0, 2).join('.'),
      await signer('gateway').sign('orders', ada),
      await signer('gateway', (await createIdentityKeys(['gateway'])).keys.gateway).sign('products', ada),
      await createIdentitySigner('stranger', identityKey.parse((await setUp()).keys.gateway)).sign(
        'products',
        ada,
      ),
    ]
    for (const token of refused) await expect(verifier(token)).rejects.toThrow(InvalidIdentity)
  })

  it('is refused from an issuer that signs with the key of another', async () => {
    const { signer, verifier, keys } = await setUp()
    const forged = await signer('gateway', keys.orders).sign('products', ada)
    await expect(verifier(forged)).rejects.toThrow(InvalidIdentity)
  })

  it('is signed by an old or a new key while one is replaced, and then by the new one alone', async () => {
    const { signer, keys, issuers } = await setUp()
    const { key, both, alone } = await createNextIdentityKey(identityIssuers.parse(issuers), 'gateway')
    const old = await signer('gateway').sign('products', ada)
    const next = await signer('gateway', key).sign('products', ada)
    const forged = await signer('gateway', keys.orders).sign('products', ada)
    const verifierOf = (setting: string) => createIdentityVerifier('products', identityIssuers.parse(setting))
    const answers = [issuers, both, alone].map(setting =>
      Promise.all(
        [old, next, forged].map(token =>
          verifierOf(setting)(token).then(
            () => 'taken',
            () => 'refused',
          ),
        ),
      ),
    )
    expect(await Promise.all(answers)).toEqual([
      ['taken', 'refused', 'refused'],
      ['taken', 'taken', 'refused'],
      ['refused', 'taken', 'refused'],
    ])
  })

  it('dies after a minute, also for who has seen it before', async () => {
    const { signer, verifier } = await setUp()
    vi.useFakeTimers({ toFake: ['Date'] })
    const token = await signer('gateway').sign('products', ada)
    expect(await verifier(token)).toEqual(by(ada))
    vi.setSystemTime(Date.now() + 66_000)
    await expect(verifier(token)).rejects.toThrow(InvalidIdentity)
  })

  it('is made once per audience and viewer, and anew before it dies', async () => {
    const { signer } = await setUp()
    const { sign } = signer('gateway')
    vi.useFakeTimers({ toFake: ['Date'] })
    const first = await sign('products', ada)
    // n.b. not a promise: a token that is known is had at once, and for an equal viewer too
    expect(sign('products', ada)).toBe(first)
    expect(sign('products', { ...ada })).toBe(first)
    expect(await sign('products', ada, '192.0.2.7')).not.toBe(first)
    expect(await sign('orders', ada)).not.toBe(first)
    vi.setSystemTime(Date.now() + 41_000)
    expect(await sign('products', ada)).not.toBe(first)
  })
})

import { createSealer, createSealingKey, sealingKeys } from '@supergraph/runtime/sealed.ts'
import { expect, it } from 'vitest'
import { createMyData } from './my-data.ts'

const [userId, sessionId] = [crypto.randomUUID(), crypto.randomUUID()]
const user = {
  id: userId,
  email: 'ada@example.com',
  shownEmail: null,
  emailVerified: true,
  name: 'Ada',
  role: 'CUSTOMER',
  locale: 'en',
  totpSince: null,
  createdAt: new Date(),
  version: 1,
} as const

it('gathers once for all who open a link at the same time, and again later', async () => {
  const asked: string[] = []
  const myData = createMyData({
    sealer: createSealer(sealingKeys.parse(createSealingKey())),
    publicUrl: 'https://api.shop.example',
    throttle: { exportWaitMs: async () => 0 },
    reads: {
      userOf: async () => user,
      read: async () => ({ account: {}, addresses: [], sessions: [], earlierEmails: [] }),
    },
    readParts: async accessToken => {
      asked.push(accessToken)
      return { orders: [], notifications: [], notificationPreferences: [] }
    },
    issuer: async () => async () => ({ accessToken: 'token', expiresAt: new Date() }),
  })
  const link = await myData.link({ userId, sessionId })
  const token = new URL(Object(link).url).searchParams.get('token') ?? ''
  const gathered = await Promise.all(Array.from({ length: 200 }, () => myData.gather(token)))
  expect(new Set(gathered).size).toBe(1)
  expect(asked).toHaveLength(1)
  await myData.gather(token)
  expect(asked).toHaveLength(2)
})

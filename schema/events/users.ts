import { defineEvent } from '@supergraph/messaging/envelope.ts'
import { z } from 'zod'

/** Someone opened an account. Subject: the user; version 1. */
export const UserRegistered = defineEvent({
  type: 'user.registered',
  source: 'users',
  data: z.object({ userId: z.uuid(), name: z.string() }),
})

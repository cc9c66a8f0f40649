import { defineEvent } from '@supergraph/messaging/envelope.ts'
import { z } from 'zod'

/** Notifications has forgotten somebody whose account was deleted. Subject: an id of this event's own; version 1. */
export const RecipientForgotten = defineEvent({
  type: 'recipient.forgotten',
  source: 'notifications',
  data: z.object({ userId: z.uuid() }),
})

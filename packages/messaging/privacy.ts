import { type DatabasePrivacy, personalUnexported } from '@supergraph/postgres/privacy.ts'

/** The tables of messaging; `forgotten` says what the service does with its events about a deleted account. */
export const messagingPrivacy = (forgotten: string): DatabasePrivacy => ({
  outbox: {
    personal: {
      envelope: personalUnexported(
        'an event, which may hold what its contract marks as sensitive',
        'published: 7 days; given up: until it is replayed or dropped',
        forgotten,
      ),
    },
    notPersonal:
      'id message_id aggregate_id created_at attempts next_attempt_at last_error dead_at published_at dead_letters replay_to',
  },
  inbox: { notPersonal: 'message_id queue handled_at' },
})

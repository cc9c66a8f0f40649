import { type DatabasePrivacy, migrationsPrivacy, personalUnexported } from '@supergraph/postgres/privacy.ts'

const asEvidence = ['for ever: it is evidence', 'kept'] as const

/** What the database of the console tells of people: of who used it; of customers random ids alone, for 72 hours. */
export const privacy: DatabasePrivacy = {
  ...migrationsPrivacy,
  acts: {
    personal: {
      who: personalUnexported('the e-mail address of who acted through the console', ...asEvidence),
      role: personalUnexported('their role', ...asEvidence),
      address: personalUnexported('from where they acted', ...asEvidence),
      reason: personalUnexported('why, as they wrote it', ...asEvidence),
    },
    notPersonal: 'id begun_at act about details ended_at outcome',
  },
  flows: { notPersonal: 'slot source target duration_class passages failures' },
  log_lines: { notPersonal: 'id at_us service trace_id span_id level message fields' },
  operation_uses: { notPersonal: 'plan_id operation client day uses last_at' },
  plans: { notPersonal: 'id text told_at' },
  span_batches: { notPersonal: 'id trace_id spans' },
  subjects: { accountIds: 'id', notPersonal: 'kind trace_id label at' },
  traces: {
    notPersonal:
      'trace_id started_at ended_at kind name service client requested_at duration_us is_failed is_plan_cached is_shared spans errors calls statements tags',
  },
}

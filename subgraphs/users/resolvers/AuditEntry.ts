import type { AuditEntryResolvers } from '../generated/resolvers.ts'

const shown = (value: unknown): string | null =>
  value === undefined || value === null ? null : String(value)

/** What staff or an admin has done. */
export const AuditEntry = {
  actor: ({ actorId }, _arguments, { userById }) => (actorId === null ? null : userById.load(actorId)),

  about: ({ aboutKind: kind, aboutId: id }) => ({ kind, id }),

  changes: ({ before, after }) =>
    [...new Set([...Object.keys(before ?? {}), ...Object.keys(after ?? {})])].toSorted().map(field => ({
      field,
      before: shown(before?.[field]),
      after: shown(after?.[field]),
    })),
} satisfies AuditEntryResolvers

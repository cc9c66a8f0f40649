import { UserLinkCreated } from '@supergraph/schema/events/users.ts'
import { tokenBoundTo } from '@supergraph/schema/sealed-token.ts'
import type { LinkPurpose } from '../domain/one-time-token.ts'
import { eventsOf, type Person, type runUsers, sealer } from './users-under-test.ts'

/** The links that were made for a person, oldest first, as their e-mails have them. */
export const linksOf = async (
  { databaseUrl }: Pick<Awaited<ReturnType<typeof runUsers>>, 'databaseUrl'>,
  { id }: Pick<Person, 'id'>,
  wanted: LinkPurpose,
) => {
  const events = await eventsOf(databaseUrl, UserLinkCreated)
  return events
    .filter(({ data: { userId, purpose } }) => userId === id && purpose === wanted)
    .map(({ data }) => ({
      email: data.email,
      sealedToken: data.sealedToken,
      expiresAt: data.expiresAt,
      token: sealer.open(data.sealedToken, tokenBoundTo(wanted, id)),
    }))
}

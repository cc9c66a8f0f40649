import { affected, rows } from '@supergraph/postgres/statements.ts'
import type { DataSource } from 'typeorm'
import { z } from 'zod'
import { hashOf } from '../domain/refresh-token.ts'

export type FamiliarNetworks = ReturnType<typeof createFamiliarNetworks>

/** How long a network stays familiar after the last sign-in from it, in days. */
export const familiarDays = 30

/** The networks from which each account was signed in to with the right password; only hashes are kept. */
export const createFamiliarNetworks = (database: DataSource) => ({
  remember: async (email: string, network: string): Promise<void> => {
    await affected(
      database,
      // n.b. once a day is enough, and costs the other sign-ins of the day no write
      `insert into familiar_networks (key, last_used_at) select $1, now()
       where not exists (
         select from familiar_networks where key = $1 and last_used_at > now() - interval '1 day')
       on conflict (key) do update set last_used_at = now()`,
      [keyOf(email, network)],
    )
  },

  has: async (email: string, network: string): Promise<boolean> => {
    const known = await rows(
      database,
      z.object({}),
      `select from familiar_networks where key = $1 and last_used_at > now() - make_interval(days => $2)`,
      [keyOf(email, network), familiarDays],
    )
    return known.length > 0
  },
})

const keyOf = (email: string, network: string): string => hashOf(JSON.stringify([email, network]))

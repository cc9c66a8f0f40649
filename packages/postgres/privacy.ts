/** A column that tells of a person: what it is, until when it is kept, and what becomes of it when its account is deleted. */
export type PersonalColumn = {
  readonly what: string
  readonly kept: string
  readonly forgotten: string
  /** Whether the person gets it with everything that is known of them. */
  readonly isExported: boolean
}

/** What the columns of a table tell of people; names are separated by blanks. */
export type TablePrivacy = {
  readonly personal?: Readonly<Record<string, PersonalColumn>>
  /** Ids of accounts, which are random and lead to nobody once the account is deleted. */
  readonly accountIds?: string
  /** The other columns: they tell of nobody. */
  readonly notPersonal: string
}

/** What each column of a database tells of people, by its table. n.b. a test finds a column that is not here */
export type DatabasePrivacy = Readonly<Record<string, TablePrivacy>>

/** Declares a personal column that its person gets when they ask for everything. */
export const personal = (what: string, kept: string, forgotten: string): PersonalColumn => ({
  ...{ what, kept, forgotten },
  isExported: true,
})

/** Declares a personal column that nobody gets: a secret, or a copy of what stands elsewhere. */
export const personalUnexported = (what: string, kept: string, forgotten: string): PersonalColumn => ({
  ...personal(what, kept, forgotten),
  isExported: false,
})

/** The table in which TypeORM notes which migrations have run. */
export const migrationsPrivacy: DatabasePrivacy = { migrations: { notPersonal: 'id timestamp name' } }

/** The table of `throttle/`. */
export const throttlePrivacy: DatabasePrivacy = {
  throttle_counts: {
    personal: {
      key: personalUnexported(
        'a hash of what is counted, such as an e-mail address or a network',
        'until the count is forgotten, a day at most',
        'with the count',
      ),
    },
    notPersonal: 'forgotten_at blocked_until burst first_wait forgets_one_every',
  },
}

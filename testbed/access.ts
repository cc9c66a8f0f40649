/** The callers of the access tests: nobody, another customer, two members of staff, the owner of the fixtures, a service. */
export const actors = ['anonymous', 'other', 'staff', 'admin', 'owner', 'service'] as const

export type Actor = (typeof actors)[number]

/**
 * What an actor gets: the value; the same as for something that does not exist; or a refusal, by the gateway for users
 * and by the subgraph for services.
 */
export type Access = 'allowed' | 'hidden' | 'refused'

/** What belongs to the owner, and an id that belongs to nobody. */
export type Fixtures = {
  readonly userId: string
  readonly orderId: string
  readonly notificationId: string
  readonly keptAddressId: string
  readonly removedAddressId: string
  readonly productId: string
  readonly nobodysId: string
}

/** The access of each actor. */
type Expected = Readonly<Record<Actor, Access>>

/** How a field is asked for, where in the response its value is, and who gets what. */
export type AccessRow = {
  readonly ask: (fixtures: Fixtures) => string
  /** Response keys from the root to what is protected. */
  readonly at: readonly (string | number)[]
  /** For a field of a user: its selection for services, which reach users as entities. */
  readonly selection?: string
  readonly expected: Expected
}

/** Rows by field, such as `Query.me`. */
export type AccessRows = Readonly<Record<string, AccessRow>>

/** By type, the fields that whoever may read the object may read. */
export type OpenFields = Readonly<Record<string, string>>

const all = (access: Access): Expected => ({
  anonymous: access,
  other: access,
  staff: access,
  admin: access,
  owner: access,
  service: access,
})

export const everybody = all('allowed')
export const nobody = all('refused')
export const signedIn: Expected = { ...everybody, anonymous: 'refused', service: 'refused' }
export const staffOnly: Expected = { ...nobody, staff: 'allowed', admin: 'allowed' }
/** For mutations that name what does not exist: only who may change such things learns that it does not exist. */
export const staffNotFound: Expected = { ...nobody, staff: 'hidden', admin: 'hidden' }
export const ownerOnly: Expected = { ...all('hidden'), owner: 'allowed', anonymous: 'refused' }
export const ownerAndStaff: Expected = { ...ownerOnly, staff: 'allowed', admin: 'allowed' }

export const address = '{ name: "A", line1: "1 Road", city: "Town", postalCode: "1", country: "DE" }'
export const member = '__typename ... on Failure { message }'

/** A field of a user who can be looked up: for the user, and for staff who may read users. */
export const personal = (selection: string, key = selection): AccessRow => ({
  ask: ({ userId }) => `{ user(id: "${userId}") { ${selection} } }`,
  at: ['user', key],
  selection,
  expected: ownerAndStaff,
})

import { demoOpening, demoUserId } from '@supergraph/demo/demo-shop.ts'
import { namedUuid } from '@supergraph/runtime/uuid.ts'
import { emailAddress } from '@supergraph/schema/email-address.ts'
import type { PostalAddress } from '@supergraph/schema/postal-address.ts'
import { type DataSource, type EntityManager, In } from 'typeorm'
import { oneAtATime } from '../database/one-at-a-time.ts'
import { addressTable, userTable } from '../database/tables.ts'
import { insertAccount } from '../database/user-store.ts'
import type { Role } from '../domain/role.ts'
import { register } from '../domain/user.ts'
import type { Passwords } from '../passwords/passwords.ts'

type DemoPerson = {
  readonly email: string
  readonly name: string
  readonly role: Role
  readonly addresses: readonly Omit<PostalAddress, 'name'>[]
}

const seedingKey = 4_001_002

/** Opens the demo accounts, all with the same password, unless there are accounts already. */
export const seedDemo = (database: DataSource, passwords: Passwords, password: string): Promise<void> =>
  oneAtATime(database, seedingKey, async manager => {
    if ((await manager.count(userTable)) > 0) return
    for (const person of people) await seedPerson(manager, person, await passwords.hash(password))
  })

/** Whether the database has a demo account. */
export const hasDemoAccounts = (database: DataSource): Promise<boolean> =>
  database.manager.existsBy(userTable, { id: In(people.map(({ email }) => demoUserId(email))) })

const seedPerson = async (manager: EntityManager, person: DemoPerson, passwordHash: string) => {
  const userId = demoUserId(person.email)
  const eventId = namedUuid(`user.registered ${person.email}`, demoOpening.getTime())
  const registered = register({ ...person, email: emailAddress.parse(person.email) }, person.role, {
    userId,
    eventId,
    now: demoOpening,
  })
  const user = { ...registered.user, emailVerified: true }
  await insertAccount(manager, { ...registered, user, passwordHash })
  for (const [index, address] of person.addresses.entries()) {
    const id = namedUuid(`address ${index} ${person.email}`, demoOpening.getTime())
    await manager.insert(addressTable, { ...address, id, userId, name: person.name })
  }
}

const people: readonly DemoPerson[] = [
  {
    email: 'ada@example.com',
    name: 'Ada Lovelace',
    role: 'CUSTOMER',
    addresses: [
      {
        line1: '1 Engine Lane',
        line2: null,
        city: 'London',
        postalCode: 'SW1Y 4JH',
        country: 'GB',
      },
      {
        line1: 'Notebook Cottage',
        line2: '7 Bernoulli Hill',
        city: 'Minehead',
        postalCode: 'TA24 8PG',
        country: 'GB',
      },
    ],
  },
  {
    email: 'grace@example.com',
    name: 'Grace Hopper',
    role: 'CUSTOMER',
    addresses: [
      {
        line1: '10 Compiler Avenue',
        line2: 'Apartment 4',
        city: 'Arlington',
        postalCode: '22209',
        country: 'US',
      },
    ],
  },
  {
    email: 'alan@example.com',
    name: 'Alan Turing',
    role: 'CUSTOMER',
    addresses: [
      {
        line1: '42 Bombe Road',
        line2: null,
        city: 'Wilmslow',
        postalCode: 'SK9 2BJ',
        country: 'GB',
      },
    ],
  },
  {
    email: 'katherine@example.com',
    name: 'Katherine Johnson',
    role: 'CUSTOMER',
    addresses: [
      {
        line1: '3 Trajectory Avenue',
        line2: null,
        city: 'Newport News',
        postalCode: '23607',
        country: 'US',
      },
      {
        line1: '62 Orbit Street',
        line2: null,
        city: 'White Sulphur Springs',
        postalCode: '24986',
        country: 'US',
      },
    ],
  },
  {
    email: 'linus@example.com',
    name: 'Linus Pauling',
    role: 'CUSTOMER',
    addresses: [
      {
        line1: '2 Bond Street',
        line2: null,
        city: 'Portland',
        postalCode: '97204',
        country: 'US',
      },
    ],
  },
  { email: 'staff@example.com', name: 'Sam Staff', role: 'STAFF', addresses: [] },
  { email: 'admin@example.com', name: 'Alex Admin', role: 'ADMIN', addresses: [] },
]

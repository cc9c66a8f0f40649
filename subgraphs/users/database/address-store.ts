import { uuidv7 } from '@supergraph/runtime/uuid.ts'
import type { PostalAddress } from '@supergraph/schema/postal-address.ts'
import { type DataSource, type EntityManager, In } from 'typeorm'
import { type AddressBook, addAddress, removeAddress, replaceAddress } from '../domain/address.ts'
import { isRefusal, type Refusal } from '../domain/refusals.ts'
import { type AddressRow, addressTable, type UserRow } from './tables.ts'
import { lockUser } from './user-store.ts'

/** A user whose address book changed, and the entry that was added or replaced. */
type AddressChange = { readonly user: UserRow; readonly address: AddressRow }

export type AddressStore = ReturnType<typeof createAddressStore>

/** The address books; every change returns undefined if there is no such user. */
export const createAddressStore = (database: DataSource) => ({
  /** The addresses of these users, oldest first. */
  load: (userIds: readonly string[]): Promise<readonly AddressRow[]> =>
    loadAddresses(database.manager, userIds),

  add: (
    userId: string,
    added: PostalAddress,
  ): Promise<AddressChange | Refusal<'fullAddressBook'> | undefined> =>
    withBook(database, userId, async (manager, user, book) => {
      const entry = addAddress(book, uuidv7(), added)
      if (isRefusal(entry)) return entry
      const address = { ...entry, userId }
      await manager.insert(addressTable, address)
      return { user, address }
    }),

  replace: (
    userId: string,
    id: string,
    replacement: PostalAddress,
  ): Promise<AddressChange | Refusal<'addressNotFound'> | undefined> =>
    withBook(database, userId, async (manager, user, book) => {
      const entry = replaceAddress(book, id, replacement)
      if (isRefusal(entry)) return entry
      const address = { ...entry, userId }
      await manager.update(addressTable, { id: entry.id }, address)
      return { user, address }
    }),

  remove: (
    userId: string,
    id: string,
  ): Promise<Pick<AddressChange, 'user'> | Refusal<'addressNotFound'> | undefined> =>
    withBook(database, userId, async (manager, user, book) => {
      const removed = removeAddress(book, id)
      if (isRefusal(removed)) return removed
      await manager.delete(addressTable, { id: removed.id })
      return { user }
    }),
})

/** Runs a change of one address book; changes of the same book run one after the other. */
const withBook = <Result>(
  database: DataSource,
  userId: string,
  change: (manager: EntityManager, user: UserRow, book: AddressBook) => Promise<Result>,
): Promise<Result | undefined> =>
  database.transaction(async manager => {
    const user = await lockUser(manager, userId)
    return user && change(manager, user, await loadAddresses(manager, [userId]))
  })

const loadAddresses = (manager: EntityManager, userIds: readonly string[]): Promise<AddressRow[]> =>
  manager
    .createQueryBuilder(addressTable, 'address')
    .where({ userId: In(userIds) })
    .orderBy('position')
    .getMany()

import type { PostalAddress } from '@supergraph/schema/postal-address.ts'
import type { Refusal } from './refusals.ts'

/** An entry of a user's address book. */
export type Address = PostalAddress & { readonly id: string }

/** All addresses of one user. */
export type AddressBook = readonly Address[]

const maxAddresses = 20

/** Adds an entry, unless the book holds 20. */
export const addAddress = (
  book: AddressBook,
  id: string,
  address: PostalAddress,
): Address | Refusal<'fullAddressBook'> =>
  book.length < maxAddresses ? { ...address, id } : { kind: 'fullAddressBook', maxAddresses }

/** Replaces what an entry says. */
export const replaceAddress = (
  book: AddressBook,
  id: string,
  address: PostalAddress,
): Address | Refusal<'addressNotFound'> => (has(book, id) ? { ...address, id } : { kind: 'addressNotFound' })

/** Takes an entry out of the book. */
export const removeAddress = (
  book: AddressBook,
  id: string,
): { readonly id: string } | Refusal<'addressNotFound'> =>
  has(book, id) ? { id } : { kind: 'addressNotFound' }

const has = (book: AddressBook, id: string): boolean => book.some(entry => entry.id === id)

import { type PostalAddress, postalAddress } from '@supergraph/schema/postal-address.ts'
import { parseInput } from './input.ts'
import { type AddressNotFound, addressNotFound, type InvalidInput, invalidInput } from './refusals.ts'

/** An entry of a user's address book. */
export type Address = PostalAddress & { readonly id: string }

/** All addresses of one user. */
export type AddressBook = readonly Address[]

const maxAddresses = 20

/** Checks a postal address; the fields of a refusal begin with `address.`. */
export const parsePostalAddress = (input: unknown): PostalAddress | InvalidInput =>
  parseInput(postalAddress, input, ['address'])

/** Adds an entry, unless the book holds 20. */
export const addAddress = (book: AddressBook, id: string, address: PostalAddress): Address | InvalidInput =>
  book.length < maxAddresses
    ? { ...address, id }
    : invalidInput(
        'address',
        `An address book holds ${maxAddresses} addresses at most: remove one, then add this one.`,
      )

/** Replaces what an entry says. */
export const replaceAddress = (
  book: AddressBook,
  id: string,
  address: PostalAddress,
): Address | AddressNotFound => (has(book, id) ? { ...address, id } : addressNotFound)

/** Takes an entry out of the book. */
export const removeAddress = (book: AddressBook, id: string): { readonly id: string } | AddressNotFound =>
  has(book, id) ? { id } : addressNotFound

const has = (book: AddressBook, id: string): boolean => book.some(entry => entry.id === id)

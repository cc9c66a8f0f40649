import { isCountry } from '@supergraph/runtime/countries.ts'
import { z } from 'zod'
import { line, optionalLine, parseInput } from './input.ts'
import { type AddressNotFound, addressNotFound, type InvalidInput, invalidInput } from './refusals.ts'

/** Where something can be sent to. */
export type PostalAddress = {
  readonly name: string
  readonly line1: string
  readonly line2: string | null
  readonly city: string
  readonly postalCode: string
  /** ISO 3166-1 alpha-2, in upper case. */
  readonly country: string
}

/** An entry of a user's address book. */
export type Address = PostalAddress & { readonly id: string }

/** All addresses of one user. */
export type AddressBook = readonly Address[]

const maxAddresses = 20

const postalAddress = z.object({
  name: line(100),
  line1: line(200),
  line2: optionalLine(200),
  city: line(100),
  postalCode: line(20),
  country: z
    .string()
    .trim()
    .toUpperCase()
    .refine(isCountry, { error: 'Put the two letters of a country there (ISO 3166-1), such as DE.' }),
})

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

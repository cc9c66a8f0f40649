import { isCountry } from '@supergraph/schema/countries.ts'

/** Names that the export uses and ISO 3166-1 does not. */
const otherNames: Readonly<Record<string, string>> = {
  EIRE: 'IE',
  RSA: 'ZA',
  USA: 'US',
  'Channel Islands': 'JE',
  'Hong Kong': 'HK',
  'Czech Republic': 'CZ',
}

const letters = [...'ABCDEFGHIJKLMNOPQRSTUVWXYZ']
const names = new Intl.DisplayNames('en', { type: 'region', fallback: 'none' })
const codes = new Map(
  letters
    .flatMap(first => letters.map(second => first + second))
    .filter(isCountry)
    .map(code => [names.of(code), code] as const),
)

/** The ISO 3166-1 alpha-2 code of a country's English name; GB, the seller's own country, if no country has that name. */
export const countryCode = (name: string): string => otherNames[name] ?? codes.get(name) ?? 'GB'

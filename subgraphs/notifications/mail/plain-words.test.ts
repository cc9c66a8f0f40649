import { expect, it } from 'vitest'
import { greetingName, withoutLinks } from './plain-words.ts'

it.each([
  ['Ada Lovelace', 'Ada Lovelace'],
  ['J.R. Smith', 'J. R. Smith'],
  ['J. R. R. Tolkien', 'J. R. R. Tolkien'],
  ['St. John', 'St. John'],
  ['Dr.No', 'Dr. No'],
  ["O'Neil-Müller", "O'Neil-Müller"],
  ['Sammy Davis Jr.', 'Sammy Davis Jr.'],
  ['Customer 17850', 'Customer 17850'],
  ['山田太郎', '山田太郎'],
  ['Ada 👩‍💻', 'Ada 👩‍💻'],
  ['Mary, Queen & Co. (Scots)', 'Mary, Queen & Co. (Scots)'],
  ['Visit evil.example now', 'Visit evil. example now'],
  ['evil．example', 'evil． example'],
  ['evil。example', 'evil。 example'],
  ['evil.xn--p1ai', 'evil. xn--p1ai'],
  ['evil.рф', 'evil. рф'],
  ['evil.0x.co', 'evil. 0x. co'],
  ['evil\u2024example', 'evil\u2024 example'],
  ['evil\uFF61example', 'evil\uFF61 example'],
  ['evil.\u200Bexample', 'evil. example'],
  ['evil\u200B.\u2060example', 'evil. example'],
  ['evil.\u200Dexample', 'evil. \u200Dexample'],
  ['\u202Eelpmaxe.live', 'elpmaxe. live'],
  ['Müller\u00ADstein', 'Müllerstein'],
])('greets %s as %s', (name, greeted) => {
  expect(greetingName(name)).toBe(greeted)
})

it.each([
  'Visit https://evil.example',
  'HTTPS://evil',
  'http:\\\\evil',
  'www evil com',
  'WWW.evil.com',
  'eve@evil.example',
  'mailto:eve',
  'tel:+4930123456',
  'call +1 900 555 0199',
  'Anruf 0900-1234567',
  'evil/login',
  '<a href=x>',
  '[click](evil)',
  '// evil',
])('greets nobody by "%s"', name => {
  expect(greetingName(name)).toBeUndefined()
})

it.each([
  ['too late, 2.5 kg missing', 'too late, 2.5 kg missing'],
  ['see https://evil.example/login?a=b.c', 'see https: //evil. example/login?a=b. c'],
  ['mail eve@evil.example', 'mail eve@evil. example'],
  ['mailto:eve@evil.example', 'mailto: eve@evil. example'],
  ['Changed my mind. Sorry.', 'Changed my mind. Sorry.'],
])('shows "%s" without a link', (text, shown) => {
  expect(withoutLinks(text)).toBe(shown)
})

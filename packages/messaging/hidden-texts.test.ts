import { randomUUID } from 'node:crypto'
import { withoutData } from '@supergraph/runtime/logger.ts'
import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { defineEvent } from './envelope.ts'
import { createHideTexts, hideInError } from './hidden-texts.ts'
import { sensitive } from './sensitive.ts'

const joined = defineEvent({
  type: 'person.joined',
  source: 'people',
  data: z.object({ team: z.string(), name: sensitive(z.string()), note: sensitive(z.string()).optional() }),
})

const event = (name: string, note?: string) =>
  joined.create({
    id: randomUUID(),
    subject: 'person-1',
    version: 1,
    occurredAt: new Date(),
    data: { team: 'orange', name, note },
  })

const hideOf = (name: string, note?: string) => createHideTexts([joined], [event(name, note)])

describe('texts', () => {
  it.each([
    ['Ada Lovelace', 'Key (name)=(Ada Lovelace) already exists', 'Key (name)=(hidden) already exists'],
    ['Ada Lovelace', 'no "ADA LOVELACE" here, nor xAda Lovelacex', 'no "hidden" here, nor xhiddenx'],
    ['a.b+c@d.e', 'invalid: a.b+c@d.e; valid: aXb+c@d.e', 'invalid: hidden; valid: aXb+c@d.e'],
    ['a', 'invalid input syntax for type json: "a"', 'invalid input syntax for type json: "hidden"'],
    ['Al', 'value "Al" is always invalid', 'value "hidden" is always invalid'],
    ['Zoë', 'Zoës name is Zoë.', 'Zoës name is hidden.'],
    [' Grace ', 'no Grace', 'no hidden'],
    ['say "hi"\nnow', '{"received":"say \\"hi\\"\\nnow"}', '{"received":"hidden"}'],
    ['  ', 'a  b', 'a  b'],
  ])('hide the value %j in %j', (name, text, expected) => {
    expect(hideOf(name)(text)).toBe(expected)
  })

  it('hide the longer one of two values first, and keep values that are not sensitive', () => {
    expect(hideOf('Grace', 'Grace Hopper')('Grace Hopper, Grace, orange')).toBe('hidden, hidden, orange')
  })

  it('hide all that is not shown of an event that is unknown or that breaks its contract', () => {
    const messages = [
      { ...event('Ada'), type: 'person.left', data: { who: { mail: 'ada@example.com' }, phone: 4_930_123 } },
      { ...event('Ada'), data: { team: 'lemon' } },
      'nonsense',
    ]
    const hide = createHideTexts([joined], messages)
    expect(hide('person.left: ada@example.com, 4930123, lemon, nonsense')).toBe(
      'person.left: hidden, hidden, hidden, hidden',
    )
  })
})

it('hides values in an error and in its causes, whose classes and codes stay', () => {
  class Refused extends Error {
    readonly code = '23505'
  }
  const cause = new Refused('Key (name)=(Ada Lovelace) already exists')
  const all = new AggregateError([cause], 'Ada Lovelace failed')
  const error = new TypeError('Ada Lovelace was refused', { cause })
  const shown = hideInError(error, hideOf('Ada Lovelace'))
  expect(shown).toBeInstanceOf(TypeError)
  expect(shown).toMatchObject({ message: 'hidden was refused', cause: { code: '23505' } })
  const logged = JSON.stringify(withoutData(shown))
  expect(logged).toContain('hidden was refused: Key (name)=(hidden) already exists')
  expect(logged).toContain('hidden-texts.test.ts')
  expect(logged).not.toContain('Lovelace')
  const shownAll = JSON.stringify(withoutData(hideInError(all, hideOf('Ada Lovelace'))))
  expect(shownAll).toContain('hidden failed')
  expect(shownAll).not.toContain('Lovelace')
  expect(error.message).toBe('Ada Lovelace was refused')
  expect(hideInError('not Ada Lovelace', hideOf('Ada Lovelace'))).toBe('not hidden')
})

it('hides what is in a message of a hundred thousand levels', () => {
  let message: unknown = 'secret value'
  for (let level = 0; level < 100_000; level += 1) message = [message]
  expect(createHideTexts([], [{ message }])('no secret value here')).toBe('no hidden here')
})

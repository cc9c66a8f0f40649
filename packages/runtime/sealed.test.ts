import { expect, it } from 'vitest'
import { createSealer, createSealingKey, SealBroken, sealingKeys } from './sealed.ts'

const [one, two] = [createSealingKey(), createSealingKey()]
const sealerOf = (keys: string) => createSealer(sealingKeys.parse(keys))
const text = 'a secret of Zoë 🔑'

it('opens what it has sealed, which shows nothing and is another text each time', () => {
  const sealer = sealerOf(one)
  const sealed = [sealer.seal(text, 'ada'), sealer.seal(text, 'ada')]
  expect(new Set(sealed).size).toBe(2)
  for (const each of sealed) {
    expect(each).toMatch(/^v1\.[\w-]+$/)
    expect(each + Buffer.from(each.slice(3), 'base64url').toString('latin1')).not.toMatch(/secret|ada/)
    expect(sealer.open(each, 'ada')).toBe(text)
  }
  expect(sealer.open(sealer.seal('', ''), '')).toBe('')
})

it('opens what an older key has sealed, as long as it is among the keys', () => {
  const sealed = sealerOf(one).seal(text, 'ada')
  expect(sealerOf(`${two}, ${one}`).open(sealed, 'ada')).toBe(text)
  expect(() => sealerOf(two).open(sealed, 'ada')).toThrow(SealBroken)
  expect(() => sealerOf(one).open(sealerOf(`${two},${one}`).seal(text, 'ada'), 'ada')).toThrow(SealBroken)
})

it('opens nothing that was sealed for something else or that anyone has changed', () => {
  const sealer = sealerOf(one)
  const sealed = sealer.seal(text, 'ada')
  const bytes = Buffer.from(sealed.slice(3), 'base64url')
  const forged = Array.from(bytes, (byte, index) => {
    const changed = Buffer.from(bytes)
    changed[index] = byte ^ 1
    return `v1.${changed.toString('base64url')}`
  })
  const cut = Array.from(bytes, (_, length) => `v1.${bytes.subarray(0, length).toString('base64url')}`)
  for (const wrong of [...forged, ...cut, '', 'v1.', sealed.slice(3), `v2.${sealed.slice(3)}`])
    expect(() => sealer.open(wrong, 'ada'), wrong).toThrow(SealBroken)
  for (const other of ['', 'eve', 'ada ']) expect(() => sealer.open(sealed, other), other).toThrow(SealBroken)
})

it.each([
  '',
  'a password',
  one.slice(1),
  `${one}A`,
  `${one},`,
  `${one};${two}`,
  Buffer.alloc(31).toString('base64url'),
])('refuses %j as keys', keys => {
  expect(sealingKeys.safeParse(keys).error?.issues[0]?.message).toMatch(
    /^put one or more keys of 32 bytes there/,
  )
})

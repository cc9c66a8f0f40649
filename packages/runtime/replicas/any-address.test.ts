import { expect, it } from 'vitest'
import { fromAny } from './any-address.ts'

it('begins with any address of the first family, and names all of them', () => {
  const addresses = ['10.0.0.1', '10.0.0.2', '10.0.0.3', 'fd00::1'].map(address => ({
    address,
    family: address.includes(':') ? 6 : 4,
  }))
  const orders = Array.from({ length: 200 }, () => fromAny(addresses).map(({ address }) => address))
  const firsts = new Set(orders.map(([first]) => first))
  expect([...firsts].sort()).toEqual(['10.0.0.1', '10.0.0.2', '10.0.0.3'])
  for (const order of orders) {
    expect(order.at(-1)).toBe('fd00::1')
    expect(order.toSorted()).toEqual(addresses.map(({ address }) => address).sort())
  }
  expect(fromAny([])).toEqual([])
})

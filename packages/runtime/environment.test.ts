import { expect, it } from 'vitest'
import { z } from 'zod'
import { flag, parseEnvironment, port } from './environment.ts'

it('takes an empty variable as absent', () => {
  expect(
    parseEnvironment('x', z.object({ PORT: port(1).default(1), ON: flag.default(true) }), {
      PORT: '',
      ON: '',
    }),
  ).toEqual({ PORT: 1, ON: true })
})

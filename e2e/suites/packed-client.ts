import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type ClientProject, createClientProject } from '../../testbed/client-project.ts'
import { startProcess } from '../../testbed/processes.ts'
import type { System } from '../../testbed/system/system.ts'
import { demoPassword } from '../allocations.ts'

/** What each program of the client's README prints on a shop with demo data. */
const outputs = {
  'its own client': /^Hello, Ada Lovelace\nOrder \d+ is [A-Z]+\n$/,
  'Apollo Client': /^Hello, Ada Lovelace\nGive your name\.\n$/,
  urql: /^Hello, Ada Lovelace\n$/,
  fetch: /^Hello, Ada Lovelace\n(.+ \d+\n){3}$/,
}

export const describePackedClient = (systemOf: () => System): void => {
  describe('the client package, packed, in a project of its own', () => {
    let project: ClientProject
    const files = Object.keys(outputs).map((_, index) => `program-${index}.ts`)

    beforeAll(async () => {
      project = await createClientProject('@urql/core', 'rxjs', '@types/node', 'undici-types')
      const readme = await readFile(join(project.client, 'README.md'), 'utf8')
      const programs = [...readme.matchAll(/```ts\n(.*?)```/gs)].map(([, code = '']) => code)
      expect(programs).toHaveLength(files.length)
      await project.write(Object.fromEntries(files.map((file, index) => [file, programs[index] ?? ''])))
    })
    afterAll(() => project?.remove())

    it("type-checks the README's programs", async () => {
      // n.b. under Node's rules, the types of what Apollo Client depends on are wrong
      const options = { module: 'nodenext', types: ['node'], skipLibCheck: true }
      expect(await project.checkTypes(files, options)).toEqual({ status: 0, output: '' })
    })

    it.each(Object.entries(outputs))("runs the README's program for %s", async (_name, output) => {
      const file = join(project.folder, files[Object.values(outputs).indexOf(output)] ?? '')
      const running = startProcess([file], {
        SHOP_URL: systemOf().urlOf('gateway'),
        SHOP_PASSWORD: demoPassword,
      })
      expect([await running.exited, running.output()]).toEqual([0, expect.stringMatching(output)])
    })
  })
}

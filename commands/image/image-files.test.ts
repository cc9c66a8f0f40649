import { expect, it } from 'vitest'
import { filesOfImage } from './image-files.ts'

it('brings what the last fitting line of .dockerignore brings', () => {
  const files = ['a.ts', 'gateway/main.ts', 'gateway/main.test.ts', 'gateway/tests/x.ts', 'docs/a.md', '.env']
  const ignored = '# only\n*\n!gateway\n!a.ts\n**/tests\n**/*.test.ts\n**/.env*\n'
  expect(filesOfImage(files, ignored)).toEqual(['a.ts', 'gateway/main.ts'])
  expect(filesOfImage(files, '**/*.md\n')).toEqual(files.filter(file => file !== 'docs/a.md'))
})

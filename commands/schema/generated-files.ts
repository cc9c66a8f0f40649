import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'

/**
 * Writes generated files, given as text by path. With `--check` among the arguments it writes nothing, and the process fails
 * if a file differs.
 */
export const writeGenerated = (
  files: Readonly<Record<string, string>>,
  { command }: { readonly command: string },
): void => {
  const check = process.argv.includes('--check')
  for (const [path, text] of Object.entries(files)) {
    const fresh = existsSync(path) && readFileSync(path, 'utf8') === text
    if (!check && !fresh) {
      mkdirSync(dirname(path), { recursive: true })
      writeFileSync(path, text)
    }
    if (check && !fresh) {
      console.error(`${path} is stale: run npm run ${command} and commit what it writes`)
      process.exitCode = 1
    } else {
      console.log(`${path} ${fresh ? 'is fresh' : 'is written'}`)
    }
  }
}

import { matchesGlob } from 'node:path'

/**
 * Which of some files a `.dockerignore` lets into the image. n.b. the last line that fits decides, as in Docker; a line
 * that begins with `!` brings a file, or all of a folder, back.
 */
export const filesOfImage = (files: readonly string[], dockerignore: string): readonly string[] => {
  const lines = dockerignore.split('\n').filter(line => line !== '' && !line.startsWith('#'))
  const rules = lines.map(line => ({ brings: line.startsWith('!'), pattern: line.replace(/^!/, '') }))
  return files.filter(file => {
    const fits = ({ pattern }: { readonly pattern: string }) =>
      matchesGlob(file, pattern) || matchesGlob(file, `${pattern}/**`)
    return rules.findLast(fits)?.brings ?? true
  })
}

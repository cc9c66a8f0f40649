import { mkdir, open, rename, rm } from 'node:fs/promises'
import { dirname } from 'node:path'

/**
 * Writes a file, in a folder that comes to be if there is none, so that others find the file of before or all of the new one,
 * whenever the process or the machine stops. Throws what the file system says.
 */
export const writeWholeFile = async (path: string, text: string): Promise<void> => {
  await mkdir(dirname(path), { recursive: true })
  const draft = `${path}.${process.pid}`
  try {
    const file = await open(draft, 'w')
    try {
      await file.writeFile(text)
      // n.b. a rename may reach the disk before what was written does: after a power cut the file would be empty
      await file.sync()
    } finally {
      await file.close()
    }
    await rename(draft, path)
  } catch (error) {
    await rm(draft, { force: true })
    throw error
  }
}

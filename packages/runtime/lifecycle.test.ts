import { expect, it } from 'vitest'
import { startAll } from './lifecycle.ts'

const part = (name: string, log: string[]) => ({ stop: async () => void log.push(name) })

it('stops what was started in reverse order', async () => {
  const log: string[] = []
  const running = await startAll(async use => {
    use(part('database', log))
    use(part('http', log))
    return { url: 'http://127.0.0.1' }
  })
  expect(running.url).toBe('http://127.0.0.1')
  await running.stop()
  expect(log).toEqual(['http', 'database'])
})

it('stops what had started when a later start throws', async () => {
  const log: string[] = []
  const starting = startAll(async use => {
    use(part('database', log))
    throw new Error('the port is taken')
  })
  await expect(starting).rejects.toThrow('the port is taken')
  expect(log).toEqual(['database'])
})

it('stops the others if one fails to stop, and reports that failure', async () => {
  const log: string[] = []
  const running = await startAll(async use => {
    use(part('database', log))
    use({ stop: async () => Promise.reject(new Error('stuck')) })
    return {}
  })
  await expect(running.stop()).rejects.toThrow('not everything stopped in order')
  expect(log).toEqual(['database'])
})

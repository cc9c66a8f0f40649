import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readdirSync } from 'node:fs'
import { constants, getPriority } from 'node:os'
import { expect, it, onTestFinished } from 'vitest'
import { prioritise } from './priority.ts'

const { PRIORITY_BELOW_NORMAL } = constants.priority

it.runIf(process.platform === 'linux')(
  'is that of every thread, and of the processes that were started',
  async () => {
    const waiting = 'setInterval(() => {}, 1000)'
    const starting = `const { spawn } = require('node:child_process'); console.log(spawn(process.execPath, ['-e', '${waiting}']).pid)`
    const child = spawn(process.execPath, ['-e', `${starting}; ${waiting}`], {
      stdio: ['pipe', 'pipe', 'inherit'],
      detached: true,
    })
    const { pid = 0 } = child
    onTestFinished(() => void process.kill(-pid, 'SIGKILL'))
    const [started] = await once(child.stdout, 'data')
    prioritise(pid, PRIORITY_BELOW_NORMAL)
    const threads = readdirSync(`/proc/${pid}/task`).map(Number)
    expect(threads.length).toBeGreaterThan(4)
    expect(new Set([...threads, Number(started)].map(getPriority))).toEqual(new Set([PRIORITY_BELOW_NORMAL]))
  },
)

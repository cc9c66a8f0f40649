import { existsSync } from 'node:fs'
import type { Running } from '@supergraph/runtime/lifecycle.ts'
import { type Browser, chromium } from 'playwright-core'

const programs = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome']

/** Where Chromium is on this machine; undefined if it is not. */
export const chromiumProgram = (): string | undefined => programs.find(program => existsSync(program))

/** Starts Chromium without a window; throws an Error that says how to get one if there is none. */
export const startChromium = async (): Promise<Running & { readonly browser: Browser }> => {
  const executablePath = chromiumProgram()
  if (executablePath === undefined)
    throw new Error(
      `there is no Chromium at ${programs.join(', ')}: install it, with apt-get install chromium`,
    )
  // n.b. root, as which containers run, has no sandbox
  const browser = await chromium.launch({ executablePath, args: ['--no-sandbox'] })
  return { browser, stop: () => browser.close() }
}

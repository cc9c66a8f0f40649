import { remember } from '@supergraph/runtime/remember.ts'

/** n.b. in this order: browsers name those that they descend from, too */
const browsers = [
  [/\bEdg(e|A|iOS)?\//, 'Edge'],
  [/\bOPR\/|\bOpera\b/, 'Opera'],
  [/\bSamsungBrowser\//, 'Samsung Internet'],
  [/\b(Firefox|FxiOS)\//, 'Firefox'],
  [/\b(Chrome|CriOS|Chromium|HeadlessChrome)\//, 'Chrome'],
  [/\bVersion\/.*\bSafari\//, 'Safari'],
  [/^curl\//, 'curl'],
  [/^PostmanRuntime\//, 'Postman'],
] as const

const systems = [
  [/\biPhone\b/, 'iPhone'],
  [/\biPad\b/, 'iPad'],
  [/\bAndroid\b/, 'Android'],
  [/\bWindows\b/, 'Windows'],
  [/\bCrOS\b/, 'ChromeOS'],
  [/\bMacintosh\b|\bDarwin\b/, 'macOS'],
  [/\bLinux\b|\bX11\b/, 'Linux'],
] as const

/** n.b. longer than that of any browser; a client may send 16 KB */
const maxLength = 400

const read = remember((userAgent: string): string | undefined => {
  const text = userAgent.slice(0, maxLength)
  const found = [browsers, systems].flatMap(known => known.find(([pattern]) => pattern.test(text))?.[1] ?? [])
  return found.length === 0 ? undefined : found.join(' on ')
})

/**
 * The device of a client in words, such as `Firefox on Windows`, by its `User-Agent`; undefined if neither the browser nor the
 * system is a common one. n.b. always words of ours: what a client writes there goes nowhere
 */
export const deviceOf = (userAgent: string | undefined): string | undefined =>
  userAgent === undefined ? undefined : read(userAgent)

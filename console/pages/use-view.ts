import { useEffect, useState } from 'preact/hooks'

/** What stands at an address, as it changes. */
export type Viewed<T> = {
  /** Undefined until it has come. */
  readonly data: T | undefined
  /** Why it does not come; undefined if it does. */
  readonly trouble: string | undefined
}

const nothing = { data: undefined, trouble: undefined }

/** Reads the data at an address, and what becomes of it, unless paused. A page that nobody looks at asks for nothing. */
export const useView = <T>(address: string, isPaused = false): Viewed<T> => {
  const [viewed, setViewed] = useState<Viewed<T> & { readonly address: string }>({ ...nothing, address })
  useEffect(() => {
    if (isPaused) return
    let source: EventSource | undefined
    const open = () => {
      source = new EventSource(address)
      source.addEventListener('next', ({ data }: MessageEvent<string>) =>
        setViewed({ address, data: JSON.parse(data), trouble: undefined }),
      )
      source.addEventListener('error', () => {
        void findTrouble(address).then(trouble => setViewed(known => ({ ...known, address, trouble })))
      })
    }
    const onVisibility = () => {
      source?.close()
      if (!document.hidden) open()
    }
    onVisibility()
    document.addEventListener('visibilitychange', onVisibility)
    return () => {
      document.removeEventListener('visibilitychange', onVisibility)
      source?.close()
    }
  }, [address, isPaused])
  return viewed.address === address ? viewed : nothing
}

/** n.b. an event source does not tell why it fails. */
const findTrouble = async (address: string): Promise<string | undefined> => {
  try {
    const response = await fetch(address, { headers: { accept: 'application/json' } })
    if (response.ok) return undefined
    const { message }: { readonly message?: string } = await response.json()
    return message ?? `The console answered ${response.status}.`
  } catch {
    return 'The console does not answer. It is asked again every few seconds.'
  }
}

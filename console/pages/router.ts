import { useEffect, useState } from 'preact/hooks'

/** Where the browser is. */
export type Place = { readonly path: string; readonly query: URLSearchParams }

const here = (): Place => ({ path: location.pathname, query: new URLSearchParams(location.search) })

/** Goes to an address of the console; with `replace` it takes the place of the present one in the history. */
export const go = (address: string, { replace = false }: { readonly replace?: boolean } = {}): void => {
  if (replace) history.replaceState(null, '', address)
  else history.pushState(null, '', address)
  dispatchEvent(new PopStateEvent('popstate'))
}

/** The address with this query. */
export const addressOf = (path: string, query: URLSearchParams): string => {
  const text = query.toString()
  return text === '' ? path : `${path}?${text}`
}

/** The present address with some values of its query changed; null takes one out. */
export const addressWith = (changes: Readonly<Record<string, string | null>>): string => {
  const { path, query } = here()
  for (const [key, value] of Object.entries(changes)) {
    if (value === null) query.delete(key)
    else query.set(key, value)
  }
  return addressOf(path, query)
}

/** Where the browser is now and goes to; links within the console load no page. */
export const usePlace = (): Place => {
  const [place, setPlace] = useState(here)
  useEffect(() => {
    const onChange = () => setPlace(here())
    const onClick = (event: MouseEvent) => {
      const link = linkOf(event)
      if (link === undefined) return
      event.preventDefault()
      const stays = link.dataset.stays !== undefined || link.pathname === location.pathname
      go(link.pathname + link.search)
      if (!stays) scrollTo(0, 0)
    }
    addEventListener('popstate', onChange)
    document.addEventListener('click', onClick)
    return () => {
      removeEventListener('popstate', onChange)
      document.removeEventListener('click', onClick)
    }
  }, [])
  return place
}

/** The link within the console that a click follows; one with `data-stays` opens something beside what is shown. */
const linkOf = (event: MouseEvent): HTMLAnchorElement | undefined => {
  if (event.defaultPrevented || event.button !== 0 || event.metaKey || event.ctrlKey || event.shiftKey)
    return undefined
  const link = event.target instanceof Element ? event.target.closest('a') : null
  if (!(link instanceof HTMLAnchorElement) || link.target !== '' || link.hasAttribute('download'))
    return undefined
  return link.origin === location.origin ? link : undefined
}

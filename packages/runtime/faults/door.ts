import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import { setTimeout as pause } from 'node:timers/promises'
import { faultSwitch, type Trouble } from './switch.ts'

type Handle = (request: IncomingMessage, response: ServerResponse) => void

/**
 * A service's HTTP handler with its faults: requests wait, or are answered with 500. The same handler if this process has no
 * switch.
 */
export const withRequestFaults = (service: string, handle: Handle): Handle => {
  const place = faultSwitch()?.at(service)
  if (place === undefined) return handle

  const suffer = async (
    { latencyMs, errorPercent }: Trouble,
    request: IncomingMessage,
    response: ServerResponse,
  ): Promise<void> => {
    if (latencyMs > 0) await pause(latencyMs)
    if (response.destroyed) return
    if (fails(errorPercent))
      response.writeHead(500, { 'content-type': 'text/plain' }).end('Internal server error\n')
    else handle(request, response)
  }
  return (request, response) => {
    if (place.now === undefined) handle(request, response)
    else void suffer(place.now, request, response)
  }
}

/** Whether this one is among the share that fails. */
export const fails = (percent: number): boolean => Math.random() * 100 < percent

/**
 * Cuts the connections of a service's server while the service is away, new ones as soon as they are there; what it returns
 * ends that. Does nothing if this process has no switch.
 */
export const cutWhileAway = (
  service: string,
  server: { on(event: 'connection', listener: (socket: Socket) => void): unknown },
): (() => void) => {
  const faults = faultSwitch()
  if (faults === undefined) return () => {}
  const place = faults.at(service)
  const open = new Set<Socket>()
  server.on('connection', socket => {
    if (place.now?.isAway) return void socket.destroy()
    open.add(socket)
    socket.once('close', () => open.delete(socket))
  })
  return faults.onChange(() => {
    if (place.now?.isAway) for (const socket of open) socket.destroy()
  })
}

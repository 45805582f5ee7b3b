import { createSocket } from 'node:dgram'
import { readFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { until } from './peer.ts'

/** Finds UDP ports on 127.0.0.1 that nobody holds; all are held together while looking, so that they differ. */
export async function freeUdpPorts(count: number): Promise<number[]> {
  const sockets = Array.from({ length: count }, () => createSocket('udp4'))
  const ports = await Promise.all(
    sockets.map(
      (socket) =>
        new Promise<number>((resolve, reject) => {
          socket.on('error', reject)
          socket.bind(0, '127.0.0.1', () => resolve(socket.address().port))
        }),
    ),
  )
  await Promise.all(sockets.map((socket) => new Promise<void>((resolve) => socket.close(resolve))))
  return ports
}

/** Finds a TCP port on 127.0.0.1 that nobody holds. */
export async function freeTcpPort(): Promise<number> {
  const server = createServer()
  const port = await new Promise<number>((resolve, reject) => {
    server.on('error', reject)
    server.listen(0, '127.0.0.1', () => {
      const address = server.address()
      if (address === null || typeof address === 'string') reject(new Error('a TCP listener has an address and a port'))
      else resolve(address.port)
    })
  })
  await new Promise((resolve) => server.close(resolve))
  return port
}

/** Finds a port on 127.0.0.1 that nobody holds over TCP or UDP, for a listener over both. */
export async function freePort(): Promise<number> {
  for (let tries = 0; tries < 20; tries++) {
    const port = await freeTcpPort()
    if (await isFreeOverUdp(port)) return port
  }
  throw new Error('no port was free over TCP and UDP')
}

async function isFreeOverUdp(port: number): Promise<boolean> {
  const socket = createSocket('udp4')
  const isFree = await new Promise<boolean>((resolve) => {
    socket.once('error', () => resolve(false))
    socket.bind(port, '127.0.0.1', () => resolve(true))
  })
  await new Promise<void>((resolve) => socket.close(resolve))
  return isFree
}

/** Waits until some program holds this UDP port. */
export async function udpPortHeld(port: number): Promise<void> {
  const hexadecimal = `:${port.toString(16).toUpperCase().padStart(4, '0')} `
  await until(`a listener on UDP port ${port}`, () => readFileSync('/proc/net/udp', 'latin1').includes(hexadecimal))
}

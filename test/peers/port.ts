import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { until } from './peer.ts'

/**
 * Finds a port on 127.0.0.1 that nobody holds over TCP or UDP, and that nobody gets before its listener is there: the system
 * gives such ports to no connection, and each process of tests has a block of them to itself.
 */
export async function freePort(): Promise<number> {
  block ??= takeBlock()
  const first = await block
  for (let tries = 1; tries < BLOCK_PORTS; tries++) {
    given = (given % (BLOCK_PORTS - 1)) + 1
    const port = first + given
    if (await isFree(port)) return port
  }
  throw new Error(`no port from ${first} to ${first + BLOCK_PORTS - 1} was free`)
}

/** Finds several such ports. */
export async function freePorts(count: number): Promise<number[]> {
  const ports: number[] = []
  while (ports.length < count) ports.push(await freePort())
  return ports
}

/** Waits until some program holds this UDP port. */
export async function udpPortHeld(port: number): Promise<void> {
  const hexadecimal = `:${port.toString(16).toUpperCase().padStart(4, '0')} `
  await until(`a listener on UDP port ${port}`, () => readFileSync('/proc/net/udp', 'latin1').includes(hexadecimal))
}

/** The first port of a block that is this process's until it ends: it listens there, and the system lets go of it however it ends. */
async function takeBlock(): Promise<number> {
  for (let tries = 0; tries < BLOCKS; tries++) {
    const first = FIRST_PORT + ((process.pid + tries) % BLOCKS) * BLOCK_PORTS
    const holder = createServer().unref()
    holder.listen({ port: first, host: '127.0.0.1', exclusive: true })
    if (await once(holder, 'listening').catch(() => undefined)) return first
  }
  throw new Error('every block of ports is taken')
}

async function isFree(port: number): Promise<boolean> {
  const server = createServer()
  const socket = createSocket('udp4')
  try {
    await once(server.listen(port, '127.0.0.1'), 'listening')
    await once(socket.bind(port, '127.0.0.1'), 'listening')
    return true
  } catch {
    return false
  } finally {
    await Promise.all([closed(server), closed(socket)])
  }
}

function closed(listener: { close(done: () => void): unknown }): Promise<void> {
  return new Promise((resolve) => listener.close(() => resolve()))
}

/** Below what Linux gives to connections, 32768 and up, unless told otherwise. */
const FIRST_PORT = 20_000
const BLOCKS = 120
const BLOCK_PORTS = 100
let block: Promise<number> | undefined
let given = 0

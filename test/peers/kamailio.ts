import { createSocket } from 'node:dgram'
import { formatOptions } from './caller.ts'
import { type Owner, Peer, temporaryDirectory, until } from './peer.ts'

/** A running Kamailio. */
export type Kamailio = { port: number; peer: Peer }

/** Values for the names a configuration file leaves open: `NAME` to text as it shall stand in the file. */
export type Defines = Readonly<Record<string, string>>

/** Starts Kamailio with a configuration file and waits until it answers OPTIONS; `more` are further arguments. */
export async function startKamailio(
  owner: Owner,
  file: string,
  port: number,
  defines: Defines,
  more: readonly string[] = [],
): Promise<Kamailio> {
  const directory = temporaryDirectory(owner)
  const settings = Object.entries(defines).flatMap(([name, value]) => ['-A', `${name}=${value}`])
  const args = ['-DD', '-E', '-f', file, '-Y', directory, '-w', directory, '-m', '64', ...settings, ...more]
  const peer = new Peer('kamailio', args)
  owner.after(() => peer.stop())
  await answersOptions(port, peer)
  return { port, peer }
}

async function answersOptions(port: number, peer: Peer): Promise<void> {
  const socket = createSocket('udp4')
  let answered = false
  socket.on('message', () => (answered = true))
  await new Promise<void>((resolve) => socket.bind(0, '127.0.0.1', resolve))
  const options = formatOptions(socket.address().port, 'z9hG4bK-ready')
  try {
    await until('an answer of Kamailio', () => {
      if (!peer.running) throw new Error(`Kamailio ended: ${peer.output}`)
      socket.send(options, port, '127.0.0.1')
      return answered || undefined
    })
  } finally {
    socket.close()
  }
}

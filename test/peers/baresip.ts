import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type Owner, Peer, temporaryDirectory } from './peer.ts'
import { freePort } from './port.ts'

/** Starts baresip as a back-to-back user agent that calls `destination` for each call it takes; returns its port. */
export async function startB2bua(owner: Owner, destination: string): Promise<number> {
  for (let attempt = 1; ; attempt++) {
    const port = await freePort()
    const peer = new Peer('baresip', ['-f', writeFolder(owner, port, destination)])
    owner.after(() => peer.stop())
    try {
      await peer.says(/baresip is ready/)
      return port
    } catch (error) {
      // It takes the port for TCP too, where somebody else may have it.
      if (attempt === ATTEMPTS_MAX) throw error
      await peer.stop()
    }
  }
}

function writeFolder(owner: Owner, port: number, destination: string): string {
  const directory = temporaryDirectory(owner)
  writeFileSync(
    join(directory, 'config'),
    `sip_listen 127.0.0.1:${port}
net_interface 127.0.0.1
call_max_calls 100
module_path /usr/lib/baresip/modules
module g711.so
module_app account.so
module_app b2bua.so
`,
  )
  writeFileSync(
    join(directory, 'accounts'),
    `<sip:in@127.0.0.1:${port}>;regint=0;b2bua=inbound
<sip:out@127.0.0.1:${port}>;regint=0;b2bua=outbound;outbound="sip:${destination}"
`,
  )
  return directory
}

const ATTEMPTS_MAX = 3

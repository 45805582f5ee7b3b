// What all journeys stand on: programs end when they are told to, and a port is given to one alone.
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createServer } from 'node:net'
import { text } from 'node:stream/consumers'
import test from 'node:test'
import { Peer } from './peers/peer.ts'
import { freePort, freePorts } from './peers/port.ts'

test(
  'a program that leaves a child behind, deaf to all but a kill, is over when it is stopped',
  { timeout: 20_000 },
  async (t) => {
    const deaf = `trap "" TERM; echo "child $$"; while :; do sleep 0.1; done`
    const peer = new Peer('sh', ['-c', `sh -c '${deaf}' & wait`])
    const [, child] = await peer.says(/child ([0-9]+)/)
    // Its output is at an end only when the child has gone too.
    t.after(() => peer.running && process.kill(Number(child), 'SIGKILL'))
    assert.equal((await peer.stop()).signal, 'SIGTERM')
  },
)

test('a port is given once, also to whoever asks at the same time and from another process, and not where somebody listens', async (t) => {
  const own = [...(await freePorts(20)), ...(await Promise.all([freePort(), freePort(), freePort()]))]
  const asking = `import { freePorts } from './test/peers/port.ts'; console.log(JSON.stringify(await freePorts(20)))`
  const other = spawn(process.execPath, ['--input-type=module-typescript', '-e', asking], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const theirs = JSON.parse(await text(other.stdout)) as number[]
  assert.equal(new Set([...own, ...theirs]).size, 43)

  const next = own.at(-1)! + 1
  const listener = createServer().listen(next, '127.0.0.1')
  t.after(() => listener.close())
  await once(listener, 'listening')
  assert.notEqual(await freePort(), next)
})

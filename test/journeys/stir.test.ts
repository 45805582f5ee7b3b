import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import test from 'node:test'
import { HOSTILE_URLS } from '../hostile-urls.ts'
import { temporaryDirectory } from '../peers/peer.ts'
import type { StirReport } from '../peers/stir-world.ts'

const NO_NAMESPACE =
  process.platform !== 'linux' || process.getuid?.() !== 0 ? 'a network namespace needs root on Linux' : false

test(
  'a running gate verifies signed calls by certificates it fetches, and no URL makes it connect inside',
  { skip: NO_NAMESPACE },
  (t) => {
    const { answers, ledger, tries, hostile, control, inner, documents, slowestMs, usualMs } = runInNamespace(t)

    assert.deepEqual(answers, {
      A: '404',
      B: '404',
      C: '603 with a notice',
      impostor: '603 with a notice',
      'under a root that is not listed': '404',
      'another caller': '603 with a notice',
      stale: '603 with a notice',
      unsigned: '603 with a notice',
      'certificate out of reach': '404',
    })
    const rules = new Map(ledger.map(({ rule, attestation }) => [`${rule} ${attestation}`, true]))
    assert.ok(
      rules.has('unattested C') && rules.has('unattested none') && rules.has('forged failed'),
      [...rules.keys()].join(),
    )
    assert.ok(hostile.placed >= 2 * HOSTILE_URLS.length - 40)
    assert.equal(hostile.answered, hostile.placed, 'every call is answered, whatever its certificate’s address')
    assert.equal(control, 1, 'the listeners inside count who comes')
    assert.deepEqual(inner, [], 'nobody came to an inner address')
    assert.ok(documents >= 4, 'the repository was asked, so that the gate could have connected')
    t.diagnostic(`${hostile.placed} calls with URLs that lead elsewhere: 0 connections inside, ${documents} documents`)
    t.diagnostic(
      `verified after ${tries} calls; usual answer ${usualMs.toFixed(1)} ms, slowest of the hostile ${slowestMs.toFixed(1)} ms`,
    )
  },
)

function runInNamespace(t: test.TestContext): StirReport {
  const directory = temporaryDirectory(t)
  const servers = join(directory, 'resolv.conf')
  writeFileSync(servers, 'nameserver 127.0.0.1\noptions timeout:1\n')
  const prepare = [
    'ip link set lo up',
    ...['10.0.0.7', '10.0.0.8', '169.254.169.254', '192.168.1.1'].map((address) => `ip addr add ${address}/32 dev lo`),
    'mount --bind "$1" /etc/resolv.conf',
    'exec "$2" "$3"',
  ].join(' && ')
  const script = join(import.meta.dirname, '../peers/stir-world.ts')
  const words = ['--net', '--mount', 'sh', '-c', prepare, 'sh', servers, process.execPath, script]
  const { stdout, stderr, status } = spawnSync('unshare', words, { encoding: 'utf8', timeout: 110_000 })
  assert.equal(status, 0, stderr)
  return JSON.parse(stdout.trim().split('\n').at(-1)!) as StirReport
}

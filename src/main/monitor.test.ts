// Every word of `recourse monitor`: what each option does, and what each wrong one is told.
import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import test, { type TestContext, mock } from 'node:test'
import { Command } from 'commander'
import { openMonitorReader } from '#edge/store/monitor-reader.ts'
import { Stop } from './exit.ts'
import { monitorCommand } from './monitor.ts'

const CAPTURES = new URL('../../examples/captures/', import.meta.url).pathname
const CALLS = join(CAPTURES, 'calls.pcap')
const REWRITTEN = join(CAPTURES, 'rewritten.pcapng')

for (const [words, expected] of [
  [[], /^nothing to watch: name a capture .*, an address .*, a log .*, or such in the section monitor/],
  [['--hep', '9060'], /^--hep 9060 is no address to listen on: expected udp: or tcp:/],
  [['--hep', 'udp:127.0.0.1'], /^--hep udp:127\.0\.0\.1 is no address/],
  [['--hep', 'tls:127.0.0.1:9060'], /^--hep tls:127\.0\.0\.1:9060 is no address to listen on: expected udp: or tcp:/],
  [['--hep', 'udp:127.0.0.1:9060', 'x\u001b'], /^--hep x\\u001b is no address/],
  [[CALLS, '--carrier', 'northwire'], /^--carrier northwire is not understood: expected a name and addresses/],
  [[CALLS, '--carrier', '=192.0.2.0/24'], /^--carrier =192\.0\.2\.0\/24 is not understood/],
  [[CALLS, '--carrier', 'a=192.0.2.0/24,'], /^--carrier a=192\.0\.2\.0\/24, is not understood/],
  [[CALLS, '--carrier', 'a=0.0.0.0/0'], /^--carrier a=0\.0\.0\.0\/0 is not understood/],
  [['calls.csv', '--mapping', 'no-such.yaml'], /^--mapping no-such\.yaml does not exist$/],
  [['calls.csv', '--mapping', tmpdir()], /^--mapping \S+ cannot be read: EISDIR/],
  [['calls.csv', '--mapping', new URL('../../package.json', import.meta.url).pathname], /package\.json/],
  [[CALLS, '--store', 'recourse2.db'], /^store "recourse2\.db" is not a store this version knows: write sqlite:PATH/],
  [[CALLS, '--config', 'no-such.yaml'], /no-such\.yaml/],
] as const)
  test(`recourse monitor ${words.map((word) => word.replace('\u001b', '')).join(' ')} is refused with what to do`, async (t) => {
    const { run } = open(t)
    await assert.rejects(
      run(words),
      (error) => error instanceof Stop && expected.test(error.message) && error.exitCode === 2,
    )
  })

test('what cannot be read is told by name, the rest is read all the same, and the command ends with 2', async (t) => {
  const { run, folder, refused } = open(t)
  writeFileSync(join(folder, 'notes.txt'), 'no call here\n')
  writeFileSync(join(folder, 'calls.csv'), 'a,b\n1,2\n')
  const names = ['no-such.pcap', 'notes.txt', 'calls.csv'].map((name) => join(folder, name))
  const { said, code } = await run([...names, CALLS])
  assert.equal(code, 2)
  for (const line of [
    /recourse monitor: \S*no-such\.pcap does not exist\n/,
    /recourse monitor: \S*notes\.txt is not a capture: expected pcap, pcapng or SIP messages as text/,
    /recourse monitor: \S*calls\.csv: which column says what\? Name a mapping/,
    /6 calls: 1 answered, 0 given up, 5 refused\n/,
  ])
    assert.match(said, line)
  assert.equal(refused(), 5)
})

test('in a folder, what is no capture is passed over, and that is no fault', async (t) => {
  const { run, refused } = open(t)
  const { said, code } = await run([CAPTURES])
  assert.equal(code, 0)
  assert.match(said, /passed over: \S*card\.jws is not a capture/)
  assert.ok(refused() >= 6, String(refused()))
})

test('--carrier names who answers, and its calls are found by the name', async (t) => {
  const { run, carriers } = open(t)
  await run([CALLS, '--carrier', 'home=127.0.0.1', 'other=127.0.0.2/31,192.0.2.0/24'])
  assert.deepEqual([...carriers()].toSorted(), ['home', 'other'])
})

test('--json tells each refused call of a capture as an object; without it and from files there are no lines', async (t) => {
  const { run } = open(t)
  const told = await run([CALLS, '--json'])
  const rows = told.out.split('\n').filter(Boolean)
  assert.equal(rows.length, 5)
  for (const row of rows) assert.match((JSON.parse(row) as { key: string }).key, /^\S+$/)
  assert.ok(!told.out.includes('"answer"'), 'octets of the answer stay in the store')
  assert.equal((await open(t).run([CALLS])).out, '')
})

test('a file that was read is not read again, and a run over two names counts once', async (t) => {
  const { run, refused } = open(t)
  await run([CALLS, REWRITTEN])
  const before = refused()
  const { said } = await run([CALLS])
  assert.match(said, /calls\.pcap: read before, and unchanged since/)
  assert.equal(refused(), before)
})

/** The command in a folder of its own, with a store beside. */
function open(t: TestContext) {
  const folder = mkdtempSync(join(tmpdir(), 'recourse-monitor-'))
  t.after(() => rmSync(folder, { recursive: true, force: true }))
  const store = `sqlite:${join(folder, 'monitor.db')}`
  const read = <T>(look: (reader: ReturnType<typeof openMonitorReader>) => T): T => {
    const reader = openMonitorReader(store)
    try {
      return look(reader)
    } finally {
      reader.close()
    }
  }
  const rows = () => read((reader) => reader.observations({}, undefined, 1_000).rows)
  return {
    folder,
    refused: () => rows().length,
    carriers: () => new Set(rows().map(({ carrier }) => carrier)),
    run: async (words: readonly string[]) => {
      const program = new Command().exitOverride()
      monitorCommand(program)
      let [out, said] = ['', '']
      const outputs = [
        mock.method(process.stdout, 'write', (text: string | Uint8Array) => ((out += String(text)), true)),
        mock.method(process.stderr, 'write', (text: string | Uint8Array) => ((said += String(text)), true)),
      ]
      const before = process.exitCode
      try {
        const own = words.includes('--store') ? [] : ['--store', store]
        await program.parseAsync(['monitor', ...words, ...own], { from: 'user' })
        return { out, said, code: process.exitCode }
      } finally {
        process.exitCode = before
        for (const output of outputs) output.mock.restore()
      }
    },
  }
}

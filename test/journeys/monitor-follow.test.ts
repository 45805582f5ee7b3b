// A log of a switch is followed by `recourse monitor --follow`, and by what the configuration names, through rotation and a kill. docs/monitor.md
// tells of it.
import assert from 'node:assert/strict'
import { appendFileSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import test, { type TestContext } from 'node:test'
import { Peer, run, temporaryDirectory, until } from '../peers/peer.ts'
import { Recourse } from '../peers/recourse.ts'

const COMMAND = new URL('../../bin/recourse.js', import.meta.url).pathname

test('a log is followed as it grows, through rotation and a kill, and no refused call is told twice or lost', async (t) => {
  const folder = temporaryDirectory(t)
  const log = join(folder, 'full.log')
  writeFileSync(log, `${invite('1')}${refusal('1')}`)
  const first = follow(t, folder, ['--follow', 'full.log'])
  await first.says(/following full\.log/)
  await first.says(/\+12125550111/)
  renameSync(log, `${log}.1`)
  appendFileSync(`${log}.1`, `${invite('2')}${refusal('2')}`)
  writeFileSync(log, `${invite('3')}${refusal('3')}${invite('4')}`)
  await first.says(/\+12125550113/)
  await first.stop('SIGKILL')
  assert.match(first.output, /\+12125550112/)

  appendFileSync(log, refusal('4'))
  writeFileSync(join(folder, 'recourse.yaml'), 'monitor:\n  logs: [full.log]\n')
  const second = follow(t, folder, [])
  await second.says(/\+12125550114/)
  assert.equal((await second.stop('SIGTERM')).code, 0)
  const told = run(process.execPath, [COMMAND, 'observations', 'list', '--json', '--store', 'sqlite:monitor.db'], {
    cwd: folder,
  })
  const callers = told.split('\n').flatMap((line) => /"from":"(\+\d+)"/.exec(line)?.[1] ?? [])
  assert.deepEqual(callers.toSorted(), ['+12125550111', '+12125550112', '+12125550113', '+12125550114'])
})

test(
  'recourse up follows the logs of its configuration beside the gate, and goes on after a kill where it was',
  { timeout: 120_000 },
  async (t) => {
    const gate = await Recourse.start(t, { more: () => ({ monitor: { logs: ['full.log'] } }) })
    const log = join(gate.directory, 'full.log')
    const callers = (): string[] =>
      Array.from(
        gate.command('observations', 'list', '--json').matchAll(/"from":"(\+\d+)"/g),
        ([, from]) => from!,
      ).toSorted()
    writeFileSync(log, `${invite('1')}${refusal('1')}${invite('2')}`)
    await until('the first call, in a log that came later', () => callers().length === 1 || undefined)
    await gate.kill()
    appendFileSync(log, refusal('2'))
    await gate.restart()
    await until('the call that was on its way', () => callers().length === 2 || undefined)
    assert.deepEqual(callers(), ['+12125550111', '+12125550112'])
  },
)

test('what npx began ends when npx does, and is otherwise left alone', async (t) => {
  const folder = temporaryDirectory(t)
  const words = 'monitor --follow none.log --store sqlite:monitor.db'
  for (const [command, ends] of [
    ['exec', true],
    ['', false],
  ] as const) {
    // As npx does: a shell between the two.
    const shell = new Peer('sh', ['-c', `"$0" "$1" ${words} & echo "child $!"; wait`, process.execPath, COMMAND], {
      cwd: folder,
      env: { ...process.env, npm_command: command },
    })
    t.after(() => shell.stop('SIGKILL'))
    const child = Number((await shell.says(/child ([0-9]+)/))[1])
    t.after(() => isAlive(child) && process.kill(child, 'SIGKILL'))
    await shell.says(/following none\.log/)
    process.kill(shell.pid, 'SIGTERM')
    if (ends) await until('the end of the monitor', () => !isAlive(child) || undefined)
    else {
      await setTimeout(1_500)
      assert.ok(isAlive(child), 'somebody else may have begun it to stay')
      process.kill(child, 'SIGTERM')
      await until('the end of the monitor', () => !isAlive(child) || undefined)
    }
  }
})

/** Whether a process is there, and has not ended already. */
function isAlive(pid: number): boolean {
  try {
    return !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, 'latin1'))
  } catch {
    return false
  }
}

function follow(t: TestContext, cwd: string, words: readonly string[]): Peer {
  const args = [COMMAND, 'monitor', '--json', '--store', 'sqlite:monitor.db', ...words]
  const peer = new Peer(process.execPath, args, { cwd })
  t.after(() => peer.stop('SIGKILL'))
  return peer
}

function invite(id: string): string {
  const line = `2026/11/22 10:00:0${id}.000000 192.0.2.10:5060 -> 198.51.100.20:5060\n`
  return `${line}INVITE sip:+14155550100@far SIP/2.0\r\n${fields(id)}To: <sip:+14155550100@far>\r\nContent-Length: 0\r\n\r\n\n`
}

function refusal(id: string): string {
  const line = `2026/11/22 10:00:0${id}.100000 198.51.100.20:5060 -> 192.0.2.10:5060\n`
  return `${line}SIP/2.0 603 Network Blocked\r\n${fields(id)}To: <sip:+14155550100@far>;tag=far\r\nContent-Length: 0\r\n\r\n\n`
}

function fields(id: string): string {
  return `Via: SIP/2.0/UDP 192.0.2.10;branch=z9hG4bK${id}\r\nFrom: <sip:+1212555011${id}@clinic>;tag=1\r\nCall-ID: ${id}@clinic\r\nCSeq: 1 INVITE\r\n`
}

import type { CaptureSummary } from './read-capture.ts'

import assert from 'node:assert/strict'
import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, mkdirSync, mkdtempSync, readdirSync, readlinkSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { after, test } from 'node:test'
import { gzipSync } from 'node:zlib'

import { ipv4, link, pcapFile, udp } from '#codec/capture/build-capture.ts'

import { readCapture } from './read-capture.ts'

const folder = mkdtempSync(join(tmpdir(), 'recourse-read-'))
after(() => {
  rmSync(folder, { recursive: true })
})

const REFUSAL = Buffer.from('SIP/2.0 603 Network Blocked\r\nCall-ID: a\r\nContent-Length: 0\r\n\r\n')
const PACKET = { bytes: link(1, ipv4(17, [192, 0, 2, 1], [192, 0, 2, 2], udp(5060, 5060, REFUSAL))) }
const SMALL = pcapFile([PACKET, PACKET, PACKET])
// More than two chunks, so that a record lies across the end of each.
const LARGE = pcapFile(Array.from({ length: 20_000 }, () => PACKET))

const READABLE: [name: string, content: Uint8Array, messages: number, compressed: boolean][] = [
  ['a small pcap', SMALL, 3, false],
  ['a pcap of several chunks', LARGE, 20_000, false],
  ['a gzip of a pcap', gzipSync(LARGE), 20_000, true],
  ['two gzip members', Buffer.concat([gzipSync(SMALL.subarray(0, 90)), gzipSync(SMALL.subarray(90))]), 3, true],
  ['text', REFUSAL, 1, false],
  ['a gzip of text', gzipSync(REFUSAL), 1, true],
]

for (const [name, content, messages, compressed] of READABLE) {
  test(`${name} is read alike from a file, a pipe and standard input`, async () => {
    const path = file('readable', content)
    const pipe = join(folder, 'pipe')
    rmSync(pipe, { force: true })
    execFileSync('mkfifo', [pipe])
    const writer = spawn('cp', [path, pipe])
    const pieces = [content.subarray(0, 1), content.subarray(1, 700), content.subarray(700)]
    const stdin = Readable.from(pieces.filter((piece) => piece.length > 0))
    const written = once(writer, 'exit')

    const read = [await count(path), await count(pipe), await count('-', stdin)]
    await written

    for (const { found, summary } of read) {
      assert.equal(found, messages)
      assert.equal(summary.counts.messages, messages)
      assert.equal(summary.compressed, compressed)
      assert.deepEqual(summary.problems, [])
    }
  })
}

test('progress runs up to the size of the file, also of a compressed one; a pipe has no total', async () => {
  for (const content of [LARGE, gzipSync(LARGE, { level: 0 })]) {
    const steps: [number, number | undefined][] = []
    await readCapture(file('progress', content), {
      onMessage() {},
      onProgress: (bytesRead, totalBytes) => steps.push([bytesRead, totalBytes]),
    })
    assert.ok(steps.length > 1)
    assert.ok(
      steps.every(([bytesRead, total], index) => total === content.length && bytesRead > (steps[index - 1]?.[0] ?? 0)),
    )
    assert.deepEqual(steps.at(-1), [content.length, content.length])
  }

  const totals: (number | undefined)[] = []
  const stdin = Readable.from([SMALL])
  await readCapture('-', { onMessage() {}, stdin, onProgress: (_, totalBytes) => totals.push(totalBytes) })
  assert.deepEqual(totals, [undefined])
})

const REFUSED: [name: string, path: () => string, message: RegExp][] = [
  ['a missing file', () => join(folder, 'none.pcap'), /none\.pcap does not exist$/],
  [
    'a path through a file',
    () => join(file('plain', SMALL), 'x'),
    /does not exist: a part of its path is not a directory$/,
  ],
  ['a directory', () => directory('folder'), /folder is a directory; name a capture file in it$/],
  [
    'an empty file',
    () => file('empty', Buffer.alloc(0)),
    /empty is not a capture: expected pcap, pcapng or SIP messages/,
  ],
  ['a program', () => process.execPath, /is not a capture/],
  ['prose', () => file('prose', Buffer.from('Dear reader,\nnothing here.\n')), /prose is not a capture/],
  ['a gzip of prose', () => file('prose.gz', gzipSync('Dear reader,\n')), /prose\.gz is not a capture/],
  ['a cut pcap header', () => file('cut', SMALL.subarray(0, 20)), /cut is not a capture.*pcap file header/],
]

for (const [name, path, message] of REFUSED) {
  test(`${name} is refused in one line, and no file stays open`, async () => {
    const target = path()
    await assert.rejects(
      count(target),
      (error) => error instanceof Error && message.test(error.message) && !error.message.includes('\n'),
    )
    assert.deepEqual(openFiles(target), [])
  })
}

test('a file that may not be read is refused in one line', async () => {
  const path = file('secret', SMALL)
  chmodSync(path, 0)
  const isRoot = process.geteuid?.() === 0
  // Root may read all, so it becomes nobody for a moment.
  if (isRoot) process.seteuid!(65_534)
  try {
    await assert.rejects(count(path), /secret cannot be read: permission denied$/)
  } finally {
    if (isRoot) process.seteuid!(0)
  }
})

test('an empty standard input is refused by its name', async () => {
  await assert.rejects(count('-', Readable.from([])), /^Error: standard input is not a capture/)
})

test('a damaged gzip gives what came out before the damage, and says where it is', async () => {
  const whole = gzipSync(LARGE, { level: 0 })
  const middle = Math.floor(whole.length / 2)
  const cut = whole.subarray(0, middle)
  const spoilt = Buffer.from(whole)
  spoilt.fill(0xff, middle)
  for (const content of [cut, spoilt]) {
    const { found, summary } = await count(file('damaged.gz', content))
    assert.ok(found > 5_000 && found < 20_000, `${found} messages`)
    const problem = summary.problems.find(({ code }) => code === 'gzip')
    assert.match(problem?.text ?? '', /^the gzip data is damaged: /)
    assert.ok(problem!.offset > 0 && problem!.offset <= content.length)
  }
})

test('what is wrong in a capture is told in words with its place', async () => {
  const { found, summary } = await count(file('cut.pcap', SMALL.subarray(0, SMALL.length - 5)))

  assert.equal(found, 2)
  const offset = 24 + 2 * (16 + PACKET.bytes.length)
  assert.deepEqual(summary.problems, [
    { code: 'cut-short', offset, count: 1, text: 'the file ends in the middle of a record' },
  ])
})

test('a bomb of 64 MB of zeros is read through without being kept', async () => {
  const bomb = gzipSync(Buffer.concat([pcapFile([]), Buffer.alloc(64 * 1024 * 1024)]))
  assert.ok(bomb.length < 100_000)

  const { found, summary } = await count(file('bomb.gz', bomb))

  assert.equal(found, 0)
  assert.equal(summary.counts.packets, (64 * 1024 * 1024) / 16)
})

async function count(path: string, stdin?: Readable): Promise<{ found: number; summary: CaptureSummary }> {
  let found = 0
  const onMessage = (): void => {
    found += 1
  }
  const summary = await readCapture(path, stdin === undefined ? { onMessage } : { onMessage, stdin })
  return { found, summary }
}

function file(name: string, content: Uint8Array): string {
  const path = join(folder, name)
  writeFileSync(path, content)
  return path
}

function directory(name: string): string {
  const path = join(folder, name)
  mkdirSync(path, { recursive: true })
  return path
}

function openFiles(path: string): string[] {
  const links = readdirSync('/proc/self/fd').map((descriptor) => {
    try {
      return readlinkSync(`/proc/self/fd/${descriptor}`)
    } catch {
      return '' // the descriptor of this listing itself
    }
  })
  assert.ok(links.length > 3)
  return links.filter((link) => link === path)
}

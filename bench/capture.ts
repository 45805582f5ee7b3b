// What reading a capture costs: `node bench/capture.ts [MB] [bytes per RTP packet]`.
// CPU seconds per GB for ours, tshark and tcpdump on the same file, which is made in the temporary directory and deleted.
import type { CaptureSummary } from '../src/edge/monitor/read-capture.ts'

import { spawnSync } from 'node:child_process'
import { closeSync, mkdtempSync, openSync, rmSync, writeSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { statusAt } from '../src/codec/capture/start-line.ts'
import { readCapture } from '../src/edge/monitor/read-capture.ts'

const megabytes = Number(process.argv[2] ?? 150)
const rtpBytes = Number(process.argv[3] ?? 320)
const folder = mkdtempSync(join(tmpdir(), 'recourse-bench-'))
const file = join(folder, 'calls.pcap')
try {
  const made = makeCapture(file, megabytes * 1e6, rtpBytes)
  const gigabytes = made.bytes / 1e9
  console.log(
    `${(made.bytes / 1e6).toFixed(0)} MB, ${made.packets} packets, ${made.refusals} refusals, ${made.otherSip} other SIP`,
  )
  // The file was just written, so it is in the page cache.
  const runs: { cpu: number; hits: number; summary: CaptureSummary }[] = []
  for (let run = 0; run < 8; run += 1) runs.push(await measureOurs())
  const best = runs.toSorted((a, b) => a.cpu - b.cpu)[0]!
  const tshark = measure('tshark', ['-r', file, '-Y', 'sip.Status-Code>=400', '-T', 'fields', '-e', 'frame.number'])
  const tcpdump = measure('tcpdump', ['-nr', file, 'udp[8:4] = 0x5349502f'])

  console.table(
    [
      { tool: 'recourse', cpu: best.cpu, hits: best.hits },
      { tool: 'recourse, first run', cpu: runs[0]!.cpu, hits: runs[0]!.hits },
      ...(tcpdump === undefined ? [] : [{ tool: 'tcpdump', ...tcpdump }]),
      ...(tshark === undefined ? [] : [{ tool: 'tshark', ...tshark }]),
    ].map(({ tool, cpu, hits }) => ({
      tool,
      'CPU s/GB': (cpu / gigabytes).toFixed(3),
      'ns/packet': Math.round((cpu * 1e9) / made.packets),
      hits,
      'times ours': (cpu / best.cpu).toFixed(1),
    })),
  )
  console.log(`resident memory at its highest: ${(process.resourceUsage().maxRSS / 1024).toFixed(0)} MB`)
  if (best.hits !== made.refusals) throw new Error(`found ${best.hits} refusals of ${made.refusals}`)
  if (tshark !== undefined && tshark.hits !== best.hits) throw new Error(`tshark found ${tshark.hits} refusals`)
} finally {
  rmSync(folder, { recursive: true })
}

async function measureOurs(): Promise<{ cpu: number; hits: number; summary: CaptureSummary }> {
  let hits = 0
  const before = process.cpuUsage()
  const summary = await readCapture(file, {
    wants: (bytes, start, end) => statusAt(bytes, start, end) >= 400,
    onMessage: () => {
      hits += 1
    },
  })
  const used = process.cpuUsage(before)
  return { cpu: (used.user + used.system) / 1e6, hits, summary }
}

function measure(command: string, parameters: string[]): { cpu: number; hits: number } | undefined {
  const script = `import os, subprocess, sys
out = subprocess.run(sys.argv[1:], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL).stdout
used = os.times()
print(used.children_user + used.children_system, out.count(b'\\n'))`
  if (spawnSync('sh', ['-c', `command -v ${command}`]).status !== 0) return undefined
  const { stdout } = spawnSync('python3', ['-c', script, command, ...parameters], { encoding: 'utf8', maxBuffer: 1e9 })
  const [cpu = '', hits = ''] = stdout.trim().split(' ')
  return { cpu: Number(cpu), hits: Number(hits) }
}

type Made = { bytes: number; packets: number; refusals: number; otherSip: number }

function makeCapture(path: string, wantedBytes: number, rtpBytes: number): Made {
  const made: Made = { bytes: 24, packets: 0, refusals: 0, otherSip: 0 }
  const descriptor = openSync(path, 'w')
  const header = Buffer.alloc(24)
  header.writeUInt32LE(0xa1b2c3d4, 0)
  header.writeUInt16LE(2, 4)
  header.writeUInt16LE(4, 6)
  header.writeUInt32LE(262144, 16)
  header.writeUInt32LE(1, 20)
  writeSync(descriptor, header)
  const buffer = Buffer.alloc(4_000_000)
  let used = 0
  while (made.bytes < wantedBytes) {
    const kind = made.packets % 100
    const payload =
      kind === 0 ? refusal(made.packets) : kind % 33 === 1 ? invite(made.packets) : rtp(made.packets, rtpBytes)
    const length = writePacket(buffer, used, payload, made.packets, kind === 0 || kind % 33 === 1)
    used += length
    made.bytes += length
    made.packets += 1
    if (kind === 0) made.refusals += 1
    else if (kind % 33 === 1) made.otherSip += 1
    if (used < buffer.length - 4_000) continue
    writeSync(descriptor, buffer, 0, used)
    used = 0
  }
  writeSync(descriptor, buffer, 0, used)
  closeSync(descriptor)
  return made
}

function writePacket(buffer: Buffer, at: number, payload: Buffer, number: number, isSip: boolean): number {
  const length = 42 + payload.length
  buffer.fill(0, at, at + 58)
  buffer.writeUInt32LE(1_700_000_000 + Math.floor(number / 50_000), at)
  buffer.writeUInt32LE((number % 50_000) * 20, at + 4)
  buffer.writeUInt32LE(length, at + 8)
  buffer.writeUInt32LE(length, at + 12)
  buffer.writeUInt16BE(0x0800, at + 28)
  buffer[at + 30] = 0x45
  buffer.writeUInt16BE(length - 14, at + 32)
  buffer[at + 38] = 64
  buffer[at + 39] = 17
  buffer.writeUInt32BE(0xc0000201 + (number % 7), at + 42)
  buffer.writeUInt32BE(0xc6336401 + (number % 5), at + 46)
  buffer.writeUInt16BE(isSip ? 5060 : 20_000 + (number % 512) * 2, at + 50)
  buffer.writeUInt16BE(isSip ? 5060 : 30_000 + (number % 512) * 2, at + 52)
  buffer.writeUInt16BE(8 + payload.length, at + 54)
  payload.copy(buffer, at + 58)
  return 16 + length
}

function refusal(number: number): Buffer {
  return Buffer.from(
    `SIP/2.0 603 Network Blocked\r\nVia: SIP/2.0/UDP 192.0.2.1:5060;branch=z9hG4bK${number}\r\n` +
      `From: <sip:+12155550100@example.com>;tag=${number}\r\nTo: <sip:+12155550199@example.net>;tag=b${number}\r\n` +
      `Call-ID: ${number}@example.com\r\nCSeq: 1 INVITE\r\n` +
      `Reason: SIP;cause=603;text="v=analytics1;url=https://example.net/redress;id=${number}"\r\nContent-Length: 0\r\n\r\n`,
  )
}

function invite(number: number): Buffer {
  return Buffer.from(
    `INVITE sip:+12155550199@example.net SIP/2.0\r\nVia: SIP/2.0/UDP 192.0.2.1:5060;branch=z9hG4bK${number}\r\n` +
      `From: <sip:+12155550100@example.com>;tag=${number}\r\nTo: <sip:+12155550199@example.net>\r\nMax-Forwards: 70\r\n` +
      `Call-ID: ${number}@example.com\r\nCSeq: 1 INVITE\r\nContact: <sip:192.0.2.1:5060>\r\nContent-Length: 0\r\n\r\n`,
  )
}

function rtp(number: number, length: number): Buffer {
  const packet = Buffer.alloc(length, number)
  packet[0] = 0x80
  packet[1] = 0
  packet.writeUInt16BE(number & 0xffff, 2)
  packet.writeUInt32BE(number * 160, 4)
  return packet
}

// What a large capture costs the monitor: rate, CPU and memory on N GB of mixed traffic, and CPU beside tshark's and
// `recourse explain`'s on a sample.
//
//     node bench/monitor-capture.ts [GB] [MB of the sample]
//
// The capture is RTP, SIP of answered and refused calls over UDP and TCP, and DNS; it is made in the temporary directory, where
// twice its room has to be free, and deleted. Memory has to stay below `RSS_MAX_MB`, and counts have to be what was made.
import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync, statfsSync, writeSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

const gigabytes = Number(process.argv[2] ?? 2)
const sampleMb = Number(process.argv[3] ?? 100)
const COMMAND = new URL('../src/main/recourse.ts', import.meta.url).pathname
const RSS_MAX_MB = 256
/** Packets of media between two of SIP, and calls between two stages of one call. */
const MEDIA_BETWEEN = 25
const APART = 200
const REFUSED_EVERY = 5

type Made = { bytes: number; packets: number; answered: number; refused: number }
type Ran = { cpu: number; seconds: number; rssMb: number; said: string }

const folder = mkdtempSync(join(tmpdir(), 'recourse-bench-monitor-'))
try {
  const { bavail, bsize } = statfsSync(folder)
  if (bavail * bsize < 2e9 * gigabytes) throw new Error(`${gigabytes} GB do not fit with room to spare in ${tmpdir()}`)
  const whole = join(folder, 'trunk.pcap')
  const made = makeCapture(whole, gigabytes * 1e9)
  const size = made.bytes / 1e9
  console.log(
    `${size.toFixed(1)} GB, ${made.packets} packets: ${made.answered} answered calls, ${made.refused} refused`,
  )
  const ran = await runMonitor(whole, 'whole')
  console.log(
    `recourse monitor: ${(size / ran.seconds).toFixed(2)} GB/s, ${(ran.cpu / size).toFixed(2)} CPU s/GB, RSS at most ${ran.rssMb.toFixed(0)} MB`,
  )
  check(ran, made)
  if (ran.rssMb >= RSS_MAX_MB) throw new Error(`memory rose to ${ran.rssMb.toFixed(0)} MB`)
  rmSync(whole)

  const sample = join(folder, 'sample.pcap')
  const few = makeCapture(sample, sampleMb * 1e6)
  const ours = await runMonitor(sample, 'sample')
  check(ours, few)
  const explain = await run(process.execPath, [COMMAND, 'explain', '--json', sample])
  const tshark =
    spawnSync('sh', ['-c', 'command -v tshark']).status === 0
      ? await run('tshark', [
          '-r',
          sample,
          '-Y',
          'sip.CSeq.method == "INVITE" and sip.Status-Code >= 200',
          '-T',
          'fields',
          '-e',
          'sip.Status-Code',
        ])
      : undefined
  if (tshark !== undefined) {
    const statuses = tshark.said.match(/[0-9]{3}/g) ?? []
    const answered = statuses.filter((status) => status === '200').length
    const refused = statuses.length - answered
    console.log(`tshark counts ${answered} answered, ${refused} refused; made were ${few.answered} and ${few.refused}`)
    if (answered !== few.answered || refused !== few.refused) throw new Error('tshark and the monitor disagree')
  }
  console.table(
    Object.entries({ 'recourse monitor': ours, 'recourse explain': explain, ...(tshark && { tshark }) }).map(
      ([tool, { cpu, rssMb }]) => ({
        tool,
        'CPU s/GB': (cpu / (few.bytes / 1e9)).toFixed(2),
        'times ours': (cpu / ours.cpu).toFixed(1),
        'RSS MB': rssMb.toFixed(0),
      }),
    ),
  )
} finally {
  rmSync(folder, { recursive: true })
}

function runMonitor(file: string, name: string): Promise<Ran> {
  return run(process.execPath, [COMMAND, 'monitor', file, '--store', `sqlite:${join(folder, `${name}.db`)}`])
}

function check({ said }: Ran, { answered, refused }: Made): void {
  if (!said.includes(`${answered} answered, 0 given up, ${refused} refused`))
    throw new Error(`made were ${answered} answered and ${refused} refused calls, but it said:\n${said}`)
}

async function run(command: string, args: readonly string[]): Promise<Ran> {
  const startMs = performance.now()
  const child: ChildProcess = spawn(command, args, { stdio: ['ignore', 'pipe', 'pipe'], cwd: folder })
  let said = ''
  for (const stream of [child.stdout!, child.stderr!]) stream.on('data', (text) => (said += String(text)))
  let cpu = 0
  let rssMb = 0
  // The kernel keeps both: the last look is what counts.
  const look = setInterval(() => {
    try {
      const fields = readFileSync(`/proc/${child.pid}/stat`, 'latin1').split(') ')[1]!.split(' ')
      cpu = (Number(fields[11]) + Number(fields[12])) / 100
      const high = /VmHWM:\s+([0-9]+)/.exec(readFileSync(`/proc/${child.pid}/status`, 'latin1'))?.[1]
      rssMb = Math.max(rssMb, Number(high ?? 0) / 1024)
    } catch {
      // It has ended.
    }
  }, 20)
  const code = await new Promise((resolve) => child.on('close', resolve))
  clearInterval(look)
  if (code !== 0) throw new Error(`${command} ended with ${String(code)}:\n${said.slice(-2_000)}`)
  return { cpu, seconds: (performance.now() - startMs) / 1000, rssMb, said }
}

function makeCapture(path: string, wantedBytes: number): Made {
  const made: Made = { bytes: 24, packets: 0, answered: 0, refused: 0 }
  const descriptor = openSync(path, 'w')
  const header = Buffer.alloc(24)
  header.writeUInt32LE(0xa1b2c3d4, 0)
  header.writeUInt32LE(0x00040002, 4)
  header.writeUInt32LE(262_144, 16)
  header.writeUInt32LE(1, 20)
  writeSync(descriptor, header)
  const buffer = Buffer.alloc(4_000_000)
  const media = Buffer.alloc(172, 0x55)
  media[0] = 0x80
  const dns = Buffer.from('12340100000100000000000007636c696e6963076578616d706c650000010001', 'hex')
  let used = 0
  let sequence = 1
  const put = (protocol: 6 | 17, payload: Buffer, port: number): void => {
    const length = writePacket(buffer, used, protocol, payload, port, made.packets, sequence)
    if (protocol === 6) sequence = (sequence + payload.length) >>> 0
    used += length
    made.bytes += length
    made.packets++
    if (used < buffer.length - 8_000) return
    writeSync(descriptor, buffer, 0, used)
    used = 0
  }
  const stage = (call: number, step: number): void => {
    const isRefused = call % REFUSED_EVERY === 0
    const messages = isRefused ? refusedCall(call) : answeredCall(call)
    const text = messages[step]
    if (text === undefined) return
    // Each tenth call goes over one TCP connection.
    put(call % 10 === 3 ? 6 : 17, Buffer.from(text, 'latin1'), 5060)
    for (let packet = 0; packet < MEDIA_BETWEEN; packet++) {
      media.writeUInt16BE(packet, 2)
      put(17, media, 20_000 + 2 * (packet % 500))
    }
    put(17, dns, 53)
  }
  const steps = 7
  let calls = 0
  for (; made.bytes < wantedBytes; calls++) {
    if (calls % REFUSED_EVERY === 0) made.refused++
    else made.answered++
    for (let step = 0; step < steps; step++) if (calls >= step * APART) stage(calls - step * APART, step)
  }
  for (let late = calls; late < calls + steps * APART; late++)
    for (let step = 1; step < steps; step++) {
      const call = late - step * APART
      if (call >= 0 && call < calls) stage(call, step)
    }
  writeSync(descriptor, buffer, 0, used)
  closeSync(descriptor)
  return made
}

function writePacket(
  buffer: Buffer,
  at: number,
  protocol: 6 | 17,
  payload: Buffer,
  port: number,
  number: number,
  sequence: number,
): number {
  const transport = protocol === 6 ? 20 : 8
  const length = 34 + transport + payload.length
  buffer.fill(0, at, at + 50 + transport)
  buffer.writeUInt32LE(1_790_000_000 + Math.floor(number / 10_000), at)
  buffer.writeUInt32LE((number % 10_000) * 100, at + 4)
  buffer.writeUInt32LE(length, at + 8)
  buffer.writeUInt32LE(length, at + 12)
  const ip = at + 30
  buffer.writeUInt16BE(0x0800, ip - 2)
  buffer[ip] = 0x45
  buffer.writeUInt16BE(length - 14, ip + 2)
  buffer[ip + 8] = 64
  buffer[ip + 9] = protocol
  buffer.writeUInt32BE(0xc000020a, ip + 12)
  buffer.writeUInt32BE(0xc6336414, ip + 16)
  const udp = ip + 20
  buffer.writeUInt16BE(port, udp)
  buffer.writeUInt16BE(port, udp + 2)
  if (protocol === 17) buffer.writeUInt16BE(8 + payload.length, udp + 4)
  else {
    buffer.writeUInt32BE(sequence, udp + 4)
    buffer[udp + 12] = 0x50
    buffer[udp + 13] = 0x18
    buffer.writeUInt16BE(65_535, udp + 14)
  }
  payload.copy(buffer, udp + transport)
  return 16 + length
}

function answeredCall(call: number): string[] {
  const { request, answer } = wordsOf(call)
  return [
    request('INVITE', '1 INVITE', ''),
    answer('100 Trying', '1 INVITE'),
    answer('180 Ringing', '1 INVITE'),
    answer('200 OK', '1 INVITE'),
    request('ACK', '1 ACK', ';tag=b'),
    request('BYE', '2 BYE', ';tag=b'),
    answer('200 OK', '2 BYE'),
  ]
}

function refusedCall(call: number): string[] {
  const { request, answer } = wordsOf(call)
  const id = String(call).padStart(10, '0')
  const reason = `Reason: SIP;cause=603;text="v=analytics1;url=https://desk.northwire.example/r/${id};id=${id}";location=TN\r\n`
  return [
    request('INVITE', '1 INVITE', ''),
    answer('100 Trying', '1 INVITE'),
    answer('603 Network Blocked', '1 INVITE', reason),
    request('ACK', '1 ACK', ';tag=b'),
  ]
}

function wordsOf(call: number) {
  const common = (cseq: string, toTag: string): string =>
    `Via: SIP/2.0/UDP 192.0.2.10:5060;branch=z9hG4bK${call}-${cseq.replace(' ', '')}\r\nFrom: <sip:+1212555${String(call % 2_000).padStart(4, '0')}@192.0.2.10>;tag=a${call}\r\n` +
    `To: <sip:+14155550100@198.51.100.20>${toTag}\r\nCall-ID: ${call}@192.0.2.10\r\nCSeq: ${cseq}\r\n`
  return {
    request: (method: string, cseq: string, toTag: string): string =>
      `${method} sip:+14155550100@198.51.100.20 SIP/2.0\r\n${common(cseq, toTag)}Max-Forwards: 69\r\nUser-Agent: ${'x'.repeat(200)}\r\nContent-Length: 0\r\n\r\n`,
    answer: (status: string, cseq: string, more = ''): string =>
      `SIP/2.0 ${status}\r\n${common(cseq, ';tag=b')}${more}Content-Length: 0\r\n\r\n`,
  }
}

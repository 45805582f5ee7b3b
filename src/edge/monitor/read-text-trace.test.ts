import assert from 'node:assert/strict'
import { appendFileSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { pcapFile } from '#codec/capture/build-capture.ts'
import type { FilePlace } from './file-place.ts'
import { readTextTrace } from './read-text-trace.ts'

const folder = mkdtempSync(join(tmpdir(), 'recourse-trace-'))
after(() => rmSync(folder, { recursive: true }))

const line = (call: number) =>
  `[2026-11-22 13:00:0${call}] VERBOSE[934] res_pjsip_logger.c: <--- Received SIP response (90 bytes) from UDP:192.0.2.9:5060 --->\n`
const answer = (call: number) =>
  `SIP/2.0 603 Decline\r\nCall-ID: ${call}\r\nCSeq: 1 INVITE\r\nContent-Length: 0\r\n\r\n\n`

test('a log that grows is read on where reading ended, each message once and with its heading', async () => {
  const path = join(folder, 'full')
  const seen: string[] = []
  let place: FilePlace | undefined
  const look = async () => {
    const { place: next } = await readTextTrace(path, {
      from: place,
      isGrowing: true,
      onMessage: (bytes, start, end, { source }) => {
        const text = Buffer.from(bytes.subarray(start, end)).toString()
        seen.push(`${/Call-ID: (.*)\r/.exec(text)?.[1]} ${source}`)
      },
    })
    place = JSON.parse(JSON.stringify(next)) as FilePlace
  }
  const whole = [0, 1, 2, 3].map((call) => line(call) + answer(call)).join('')
  writeFileSync(path, '')
  for (let at = 0; at < whole.length; at += 37) {
    appendFileSync(path, whole.slice(at, at + 37))
    await look()
  }
  assert.deepEqual(seen, ['0 192.0.2.9', '1 192.0.2.9', '2 192.0.2.9', '3 192.0.2.9'])

  // Rotated: another file of the same name, longer than the place.
  writeFileSync(path, `; a new log\n${[7, 8, 9, 7, 8].map((call) => line(call) + answer(call)).join('')}`)
  await look()
  assert.deepEqual(seen.slice(4), ['7 192.0.2.9', '8 192.0.2.9', '9 192.0.2.9', '7 192.0.2.9', '8 192.0.2.9'])
  await look()
  assert.equal(seen.length, 9)
})

test('a file that is done gives its last message too, however it ends', async () => {
  const path = join(folder, 'done')
  writeFileSync(path, `${line(1)}SIP/2.0 603 Decline\r\nCall-ID: 1\r\n`)
  const calls: number[] = []
  const options = {
    onMessage: (_: Uint8Array, __: number, ___: number, { atUs }: { atUs: number }) => calls.push(atUs),
  }
  const growing = await readTextTrace(path, { ...options, isGrowing: true })
  assert.deepEqual([calls.length, growing.place.offset], [0, 0])
  const done = await readTextTrace(path, options)
  assert.equal(calls.length, 1)
  assert.equal(calls[0], Date.parse('2026-11-22T13:00:01') * 1000)
  const again = await readTextTrace(path, { ...options, from: done.place })
  assert.deepEqual([calls.length, again.counts.messages], [1, 0])
})

test('a capture, a program and no file are no text', async () => {
  const onMessage = () => undefined
  writeFileSync(join(folder, 'pcap'), pcapFile([]))
  await assert.rejects(readTextTrace(join(folder, 'pcap'), { onMessage }), /no text/)
  await assert.rejects(readTextTrace(process.execPath, { onMessage }), /no text/)
  await assert.rejects(readTextTrace(join(folder, 'none'), { onMessage }), /ENOENT/)
})

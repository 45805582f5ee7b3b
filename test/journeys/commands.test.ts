// One thing: every command with the words, files and worlds that a newcomer with fat fingers gives it. Each case ends in one
// clear line on standard error and the right exit code. The cases are tables; a few at a time run beside each other.
import assert from 'node:assert/strict'
import { type StdioOptions, spawn } from 'node:child_process'
import { createSocket } from 'node:dgram'
import { chmodSync, chownSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { type TestContext, after, suite, test } from 'node:test'
import { gzipSync } from 'node:zlib'
import { ipv4, link, pcapFile, udp } from '#codec/capture/build-capture.ts'
import { Caller, type Call, fieldOf, formatInvite, idOf, statusOf } from '../peers/caller.ts'
import { Peer } from '../peers/peer.ts'
import { freePort, freePorts } from '../peers/port.ts'

const COMMAND = new URL('../../bin/recourse.js', import.meta.url).pathname
const NOBODY = 65_534
const DENIED = '+12125550199'
const ALLOWED = '+12125550117'
const NUMBERS = ['--from', ALLOWED, '--to', '+14155550163'] as const
const PATIENCE_MS = 30_000
const HOME = mkdtempSync(join(tmpdir(), 'recourse-commands-'))
chmodSync(HOME, 0o755)
after(() => rmSync(HOME, { recursive: true, force: true }))

const files = prepareFiles()

suite('a command that cannot be done', { concurrency: 3 }, () => {
  for (const [name, args, code, said, more] of MISUSES()) {
    test(`${name}: exit ${code} and one clear line`, async () => {
      const ran = await run(args, more)

      assert.equal(ran.code, code, ran.err)
      assert.match(ran.err, said)
      const lines = linesOf(ran.err)
      assert.equal(lines.length, more?.lines ?? 1, ran.err)
      assertClean(ran)
    })
  }
})

type More = { input?: 'closed' | Uint8Array; lines?: number; env?: NodeJS.ProcessEnv; nobody?: boolean; cwd?: string }
type Misuse = [name: string, args: readonly string[], code: number, said: RegExp, more?: More]

function MISUSES(): Misuse[] {
  const readers = ['explain', 'lint'].flatMap((verb): Misuse[] => {
    // lint counts at the end what it has seen.
    const lines = verb === 'lint' ? 2 : 1
    const it = new RegExp(`recourse ${verb}: `)
    return [
      [`${verb}, no file named`, [verb], 2, /missing required argument 'file'; recourse --help/],
      [
        `${verb}, a misspelt option`,
        [verb, '--jsn', files.text],
        2,
        /unknown option '--jsn' \(Did you mean --json\?\)/,
      ],
      [`${verb}, no such file`, [verb, 'nope.pcap'], 2, /nope\.pcap/, { lines }],
      [`${verb}, a directory`, [verb, HOME], 2, /is a directory; name /, { lines }],
      [`${verb}, random octets`, [verb, files.random], 2, it, { lines }],
      [`${verb}, a picture`, [verb, files.picture], 2, it, { lines }],
      [`${verb}, a picture in gzip`, [verb, files.pictureInGzip], 2, it, { lines }],
      [`${verb}, an empty file`, [verb, files.empty], 2, it, { lines }],
      [`${verb}, a text without SIP`, [verb, files.prose], 2, it, { lines }],
      [`${verb}, a file one may not read`, [verb, files.secret], 2, /permission denied/, { lines, nobody: true }],
      [`${verb}, standard input closed`, [verb, '-'], 2, /standard input/, { lines, input: 'closed' }],
      [`${verb}, nothing on standard input`, [verb, '-'], 2, /standard input/, { lines, input: new Uint8Array(0) }],
      [`${verb}, a name that is too long`, [verb, 'x'.repeat(5_000)], 2, /name too long|xxxx…xxxx/i, { lines }],
      [`${verb}, control characters in a name`, [verb, 'a\u001b[2Jb\nc'], 2, /a\\u001b\[2Jb\\u000ac/, { lines }],
    ]
  })
  return [
    ['a verb that is none', ['explian', files.text], 2, /unknown command 'explian' \(Did you mean explain\?\)/],
    ['control characters for a verb', ['\u001b]0;x\u0007'], 2, /unknown command '\\u001b\]0;x\\u0007'/],
    ['config without what to do', ['config', 'chek'], 2, /unknown command 'chek' \(Did you mean check\?\)/],
    ...readers,
    ['lint, a key without a card', ['lint', '--key', files.text, files.text], 2, /--card/],
    [
      'lint, a time that is none',
      ['lint', '--card', files.text, '--key', files.text, '--now', 'soon', files.text],
      2,
      /--now soon is no time/,
    ],
    ['call without numbers', ['call', 'sip:127.0.0.1'], 2, /required option '--from <number>' not specified/],
    [
      'call, a target that is none',
      ['call', '127.0.0.1', ...NUMBERS],
      2,
      /127\.0\.0\.1 is no target: expected sip:HOST/,
    ],
    [
      'call, a transport that is none',
      ['call', 'sip:127.0.0.1', ...NUMBERS, '--transport', 'sctp'],
      2,
      /--transport asks for the transport sctp: expected udp, tcp or tls/,
    ],
    [
      'call, two transports',
      ['call', 'sips:127.0.0.1', ...NUMBERS, '--transport', 'tcp'],
      2,
      /asks for tls, and --transport for tcp: say one/,
    ],
    [
      'call over TCP with a certificate',
      ['call', 'sip:127.0.0.1;transport=tcp', ...NUMBERS, '--ca', 'ca.pem'],
      2,
      /are for TLS: add --transport tls/,
    ],
    [
      'call over TLS, an authority that is not there',
      ['call', 'sips:127.0.0.1', ...NUMBERS, '--ca', 'gone.pem'],
      2,
      /--ca gone.pem cannot be read \(there is no such file\)/,
    ],
    ['call over TCP, nobody there', ['call', 'sip:127.0.0.1:9;transport=tcp', ...NUMBERS], 3, /nothing listens/],
    [
      'call, no level of attestation',
      ['call', 'sip:127.0.0.1', ...NUMBERS, '--attest', 'D'],
      2,
      /--attest D is no level of attestation: write A, B or C/,
    ],
    [
      'call, attested and withheld',
      ['call', 'sip:127.0.0.1', '--from', 'withheld', '--to', '1', '--attest', 'A'],
      2,
      /nobody vouches for one that is withheld/,
    ],
    ['call, port 0', ['call', 'sip:127.0.0.1:0', ...NUMBERS], 2, /is no target/],
    ['call, a port above all', ['call', 'sip:127.0.0.1:70000', ...NUMBERS], 2, /is no target/],
    [
      'call, a number that is none',
      ['call', 'sip:127.0.0.1', '--from', 'a b', '--to', '1'],
      2,
      /--from a b is no number/,
    ],
    ['call, a name with line ends', ['call', 'sip:127.0.0.1', ...NUMBERS, '--name', 'a\r\nX: y'], 2, /--name a\\u000d/],
    [
      'call, a time that is none',
      ['call', 'sip:127.0.0.1', ...NUMBERS, '--timeout', 'long'],
      2,
      /--timeout long is no time/,
    ],
    ['call, nobody there', ['call', 'sip:127.0.0.1:9', ...NUMBERS], 3, /did not answer: nothing listens on that port/],
    [
      'call from another’s address',
      ['call', 'sip:127.0.0.1:9', ...NUMBERS, '--local', '192.0.2.7'],
      3,
      /cannot send from 192\.0\.2\.7/,
    ],
    [
      'groups, a verb that is none',
      ['groups', 'resolv', '1'],
      2,
      /unknown command 'resolv' \(Did you mean resolve\?\)/,
    ],
    ['groups, no group named', ['groups', 'resolve'], 2, /missing required argument 'groups'/],
    ...['groups', 'observations', 'directory'].flatMap((verb): Misuse[] => [
      [
        `${verb}, no store`,
        [verb, 'list', '--store', 'sqlite:nope.db'],
        2,
        /there is no store at nope\.db; no data yet: point recourse monitor at a capture/,
      ],
      [`${verb}, a store that is a text`, [verb, 'list', '--store', `sqlite:${files.prose}`], 2, /is not a ledger/],
      [`${verb}, a file for a store`, [verb, 'list', '--store', files.prose], 2, /write sqlite:PATH/],
      [
        `${verb}, a store one may not read`,
        [verb, 'list', '--store', `sqlite:${files.secret}`],
        3,
        /cannot be opened/,
        { nobody: true },
      ],
      [`${verb}, control characters`, [verb, 'list', '--store', 'sqlite:a\u001b[2J'], 2, /a\\u001b\[2J/],
    ]),
    ['config check, no such file', ['config', 'check', '--config', 'nope.yaml'], 2, /nope\.yaml: found no file/],
    ['config check, a directory', ['config', 'check', '--config', HOME], 2, /found no file that can be read/],
    ['config check, random octets', ['config', 'check', '--config', files.random], 2, /random\.bin:1:1: found /],
    [
      'config check, several faults: each with its line and column',
      ['config', 'check', '--config', files.brokenConfig],
      2,
      /^recourse: 3 faults in the configuration:\n\S+broken\.yaml:1:1: .*(\n\S+broken\.yaml:\d+:\d+: .*){2}\n$/,
      { lines: 4 },
    ],
    [
      'config check by RECOURSE_CONFIG',
      ['config', 'check'],
      2,
      /nope\.yaml: found no file/,
      { env: { RECOURSE_CONFIG: 'nope.yaml' } },
    ],
    [
      'a variable that no key has',
      ['config', 'check', '--config', files.config],
      2,
      /RECOURSE_GATE_LISTN: .*did you mean RECOURSE_GATE_LISTEN\?/,
      { env: { RECOURSE_GATE_LISTN: 'udp:127.0.0.1:5060' } },
    ],
    [
      'config sample where one may not write',
      ['config', 'sample', files.closedFolder],
      2,
      /cannot be written/,
      { nobody: true },
    ],
  ]
}

suite('a gate that cannot start', { concurrency: 2 }, () => {
  const UNSTARTABLE: [name: string, code: number, said: RegExp, prepare: (at: Place) => unknown][] = [
    [
      'its UDP port is taken',
      3,
      /cannot listen on udp:127\.0\.0\.1:\d+ \(gate\.listen in .*\): another program uses this port/,
      ({ t, udpPort }) => holdUdp(t, udpPort),
    ],
    [
      'its metrics port is taken',
      3,
      /cannot listen on 127\.0\.0\.1:\d+ \(metrics\.listen in .*\): another program uses this port/,
      ({ t, tcpPort }) => holdTcp(t, tcpPort),
    ],
    [
      'its address is another machine’s',
      3,
      /cannot listen on udp:192\.0\.2\.7:5060 .*this machine has no such address/,
      (at) => (at.env['RECOURSE_GATE_LISTEN'] = '["udp:192.0.2.7:5060"]'),
    ],
    [
      'a receipt key is none',
      2,
      /slot-0\.json: this is no receipt key; restore it from the backup/,
      ({ folder }) => writeInto(join(folder, 'keys'), 'slot-0.json', '{"version":1,"key":"short"}'),
    ],
    [
      'a receipt key may not be read',
      2,
      /slot-0\.json: this receipt key cannot be read; check its owner and mode/,
      (at) => {
        writeInto(join(at.folder, 'keys'), 'slot-0.json', '{}', 0o000)
        at.nobody = true
      },
    ],
    [
      'the folder of the store is not there',
      3,
      /none\/ledger\.db: .*check that its directory/,
      (at) => (at.env['RECOURSE_STORE'] = 'sqlite:./none/ledger.db'),
    ],
    [
      'the folder of the store may not be written',
      3,
      /ledger\.db: /,
      (at) => {
        chmodSync(at.folder, 0o555)
        at.nobody = true
      },
    ],
    [
      'the store was written by a newer version',
      2,
      /ledger\.db has schema version 99.* it was written by a newer recourse, use that one/,
      ({ folder }) => makeDatabase(folder, 'PRAGMA application_id = 1382249075; PRAGMA user_version = 99'),
    ],
    [
      'the store is another program’s database',
      2,
      /ledger\.db is a database of another program: name another file in store/,
      ({ folder }) => makeDatabase(folder, 'CREATE TABLE notes (text TEXT)'),
    ],
    [
      'the store is no database',
      2,
      /ledger\.db: this file is not a ledger; name another file in store/,
      ({ folder }) => writeFileSync(join(folder, 'ledger.db'), 'Dear diary,\n'.repeat(500)),
    ],
    ['the store is a directory', 3, /ledger\.db: /, ({ folder }) => mkdirSync(join(folder, 'ledger.db'))],
    [
      'a gate with the same store runs already, which goes on',
      3,
      /ledger\.db is in use: a gate runs already, as process [1-9]\d* and listens on udp:127\.0\.0\.1:\d+\. End it \(kill [1-9]\d*\)/,
      async (at) => {
        const first = await startGate(at.t, { folder: at.folder })
        at.afterwards = async () => assert.equal(statusOf(await askOnce(at.t, first, DENIED)), 603)
      },
    ],
  ]
  for (const [name, code, said, prepare] of UNSTARTABLE) {
    test(`${name}: exit ${code}, one clear line, and nothing is left running`, async (t) => {
      const at = await placeFor(t)
      await prepare(at)

      const { folder, env, nobody = false } = at
      const ran = await run(['up', '--config', join(folder, 'recourse.yaml')], { cwd: folder, env, nobody })

      assert.equal(ran.code, code, ran.err)
      assert.match(ran.err, said)
      assert.equal(linesOf(ran.err).length, 1, ran.err)
      assertClean(ran)
      await at.afterwards?.()
    })
  }
})

suite('what is read', { concurrency: 3 }, () => {
  test('one bad file does not keep the good ones from being explained', async () => {
    const ran = await run(['explain', '--json', files.empty, files.capture, 'nope', files.text, files.captureInGzip])

    const rows = rowsOf(ran.out)
    assert.equal(ran.code, 2)
    // The text and the gzip hold the same calls as the capture: each is shown once.
    assert.deepEqual(
      rows.map(({ source, status }) => [source, status]),
      [
        [files.capture, 603],
        [files.capture, 486],
      ],
    )
    assert.equal(linesOf(ran.err).length, 5, ran.err)
    assert.match(ran.err, /calls\.sip: 3 messages, 0 refused calls; 3 answers seen before/)
  })

  test('each row says what it knows under the same names, whatever it is read from', async () => {
    const byKind = await Promise.all(
      [files.capture, files.captureInGzip, files.text].map(async (file) =>
        rowsOf((await run(['explain', '--json', file])).out),
      ),
    )
    const piped = rowsOf((await run(['explain', '--json', '-'], { input: readFileSync(files.capture) })).out)

    for (const rows of [...byKind, piped]) {
      assert.equal(rows.length, 2)
      const [first] = rows
      const { source: _, frame: __, offset: ___, at, transport, sender, receiver, ...rest } = first!
      assert.deepEqual(rest, {
        status: 603,
        phrase: 'Network Blocked',
        class: '603+',
        from: ALLOWED,
        to: '+14155550163',
        callId: 'call-1@caller.example',
        who: 'the network that serves the called party: desk.example.com',
        why: 'analytics: the network judged the call likely to be unwanted or illegal',
        contest: { url: 'https://desk.example.com/r/1', tel: '+18005550142' },
        id: 'nw-1',
        location: 'RLN',
        verdict: 'conformant',
        faults: [],
        rules: [],
        standing: 'proven',
        damage: [],
        blocker: 'desk.example.com',
        changed: false,
      })
      if (rows === byKind[2])
        assert.deepEqual([at, transport, sender, receiver], [undefined, undefined, undefined, undefined])
      else
        assert.deepEqual(
          [at, transport, sender, receiver],
          ['2026-11-22T12:00:01.000250Z', 'UDP', '198.51.100.9:5060', '192.0.2.1:5060'],
        )
    }
    assert.deepEqual(
      byKind.map((rows) => rows[0]!.source),
      [files.capture, files.captureInGzip, files.text],
    )
  })

  test('a capture that breaks off is read as far as it goes, and said to break off', async () => {
    for (const verb of ['explain', 'lint']) {
      const ran = await run([verb, '--json', files.cutCapture])

      assert.equal(ran.code, 0, ran.err)
      assert.equal(rowsOf(ran.out)[0]?.status ?? rowsOf(ran.out)[0]?.fields?.status, 603)
      assert.match(ran.err, /cut\.pcap: the file ends in the middle of a record \(first at offset \d+, 1 in all\)/)
    }
  })

  test('lint reads a capture, in gzip and from a pipe too, a line for each response', async () => {
    const inputs: [args: string[], more: More][] = [
      [[files.capture], {}],
      [[files.captureInGzip], {}],
      [['-'], { input: readFileSync(files.capture) }],
    ]
    for (const [args, more] of inputs) {
      const ran = await run(['lint', '--json', ...args], more)

      const rows = rowsOf(ran.out)
      assert.equal(ran.code, 0, ran.err)
      assert.deepEqual(
        rows.map(({ class: kind, verdict, source, offset }) => [kind, verdict, source, offset]),
        [
          ['603+', 'conformant', args[0], 24],
          ['603+', 'conformant', args[0], rows[1]!.offset],
          ['other', 'n/a', args[0], rows[2]!.offset],
        ],
      )
    }
  })

  for (const verb of ['explain', 'lint'])
    test(`${verb} reads what a shell hands it as a pipe with a name, and says so where that is nothing to read`, async () => {
      const [good, bad] = await Promise.all([
        runShell(`exec "$@" <(cat ${files.captureInGzip})`, [verb, '--json']),
        runShell(`exec "$@" <(cat ${files.picture})`, [verb, '--json']),
      ])

      assert.equal(good.code, 0, good.err)
      assert.equal(rowsOf(good.out)[0]?.class, '603+')
      assert.equal(bad.code, 2, bad.err)
      assert.match(bad.err, /^recourse (explain|lint): \/dev\/fd\/\d+ is not a capture/)
    })

  test('a bare line feed in a text is a fault for lint, and none in the way of explain', async () => {
    const [linted, explained] = await Promise.all([
      run(['lint', '--json', files.bareLineFeeds]),
      run(['explain', '--json', files.bareLineFeeds]),
    ])

    assert.deepEqual(rowsOf(linted.out)[0]?.rules, ['RSIP-02'])
    assert.equal(linted.code, 1)
    assert.equal(rowsOf(explained.out)[0]?.status, 603)
  })

  for (const verb of ['explain', 'lint'])
    test(`${verb} shows control characters of a message as codes, and JSON escapes them`, async () => {
      const [shown, json] = await Promise.all([run([verb, files.hostile]), run([verb, '--json', files.hostile])])

      assertClean(shown)
      assertClean(json)
      assert.match(shown.out, /\\u001b\[2J/)
      assert.match(json.out, /\\u001b\[2J/)
      assert.match(readFileSync(files.hostile, 'latin1'), /\u001b\[2J/, 'the check can fail')
    })

  test('a reader that has seen enough is no fault', async () => {
    for (const verb of ['explain', 'lint']) {
      const ran = await runShell(`set -o pipefail; "$@" | head -1`, [verb, '--json', files.many])

      assert.equal(ran.code, 0, ran.err)
      assert.equal(linesOf(ran.out).length, 1)
      assert.doesNotMatch(ran.err, /EPIPE|\n\s+at /)
    }
  })

  test('a disk that takes no more output is told in one line', async () => {
    const ran = await runShell('exec "$@" >/dev/full', ['explain', '--json', files.many])

    assert.equal(ran.code, 3, ran.err)
    assert.match(ran.err, /standard output takes no more: .*no space/)
    assert.doesNotMatch(ran.err, /\n\s+at /)
  })

  test('a call that is answered with control characters shows them as codes', async (t) => {
    const socket = createSocket('udp4')
    await new Promise<void>((bound) => socket.bind(0, '127.0.0.1', bound))
    t.after(() => socket.close())
    socket.on('message', (bytes, { port, address }) => {
      const copied = ['Via', 'From', 'To', 'Call-ID', 'CSeq']
        .map((name) => `${name}: ${fieldOf(bytes, name)}\r\n`)
        .join('')
      socket.send(
        `SIP/2.0 603 No\u001b[2Jway\r\n${copied}Server: \u001b]0;x\u0007\r\nContent-Length: 0\r\n\r\n`,
        port,
        address,
      )
    })

    const ran = await run(['call', `sip:127.0.0.1:${socket.address().port}`, ...NUMBERS])

    assert.equal(ran.code, 0, ran.err)
    assert.match(ran.out, /603 No\\u001b\[2Jway/)
    assertClean(ran)
  })
})

suite('a gate', { concurrency: 2 }, () => {
  test('ends in good order at SIGTERM under load: every row in the ledger is on the wire, and the other way round', async (t) => {
    const gate = await startGate(t)
    const caller = await Caller.open(gate.port)
    t.after(() => caller.close())
    const heard = new Set<string>()
    let answers = 0
    const enough = new Promise<void>((resolve) =>
      caller.socket.on('message', (answer: Buffer) => {
        const id = idOf(answer)
        if (id !== undefined) heard.add(id)
        if (++answers === 200) resolve()
        if (gate.peer.running && sent < 5_000) caller.send(formatInvite(callNumber(sent++, DENIED, caller.port)))
      }),
    )
    let sent = 0
    while (sent < 100) caller.send(formatInvite(callNumber(sent++, DENIED, caller.port)))
    await enough

    const began = performance.now()
    const ending = await gate.peer.stop('SIGTERM')

    assert.deepEqual(ending, { code: 0, signal: undefined })
    assert.ok(performance.now() - began < 5_000, 'an end takes less than 5 s')
    // What is on its way between the sockets arrives within a turn or two of the loop.
    await new Promise((resolve) => setTimeout(resolve, 100))
    assert.deepEqual([...heard].sort(), receiptsOf(gate.folder).sort())
    assert.ok(heard.size >= 200, `only ${heard.size} blocks`)
    t.diagnostic(`${sent} calls, ${heard.size} blocks`)
  })

  for (const [name, signals] of [
    ['SIGINT', ['SIGINT']],
    ['SIGTERM twice', ['SIGTERM', 'SIGTERM']],
    ['SIGINT and SIGTERM at once, as npm sends them', ['SIGINT', 'SIGTERM', 'SIGINT']],
  ] as const)
    test(`ends in good order at ${name}`, async (t) => {
      const { peer } = await startGate(t)

      for (const signal of signals) peer.signal(signal)

      assert.deepEqual(await peer.ended, { code: 0, signal: undefined })
      assert.match(peer.output, /ending: what was accepted is answered first/)
      assert.match(peer.output, /"msg":"ended"/)
    })

  test('reads its files again at SIGHUP, and goes on', async (t) => {
    const gate = await startGate(t)

    gate.peer.signal('SIGHUP')

    await gate.peer.says(/"msg":"read the configuration again"/)
    assert.equal(statusOf(await askOnce(t, gate, DENIED)), 603)
    assert.ok(gate.peer.running)
  })

  test('without metrics opens no port for them', async (t) => {
    const gate = await startGate(t, { metrics: 'none' })

    assert.doesNotMatch(gate.peer.output, /metrics/)
    assert.equal(statusOf(await askOnce(t, gate, DENIED)), 603)
  })

  test('listens on IPv6', async (t) => {
    const port = await freePort()
    const gate = await startGate(t, { listen: [`udp:[::1]:${port}`], from: ['::1/128'] })

    await gate.peer.says(new RegExp(`screening calls on udp:\\[::1\\]:${port}`))
    const ran = await run(['call', `sip:[::1]:${port}`, '--from', DENIED, '--to', '+14155550163', '--json'])
    assert.equal(rowsOf(ran.out)[0]?.status, 603, ran.err)
  })

  test('with two listeners answers each call from the socket it came to', async (t) => {
    const [one, two] = await freePorts(2)
    const gate = await startGate(t, { listen: [`udp:127.0.0.1:${one}`, `udp:127.0.0.2:${two}`] })
    const socket = createSocket('udp4')
    await new Promise<void>((bound) => socket.bind(0, '127.0.0.1', bound))
    t.after(() => socket.close())

    const from: [string, number, string][] = []
    for (const [index, [address, port]] of (
      [
        ['127.0.0.1', one!],
        ['127.0.0.2', two!],
      ] as const
    ).entries())
      for (const calling of [DENIED, ALLOWED]) {
        const callId = `two-${index}-${calling}`
        const answer = new Promise<void>((resolve) =>
          socket.once('message', (bytes, remote) => {
            from.push([remote.address, remote.port, fieldOf(bytes, 'Call-ID')])
            resolve()
          }),
        )
        socket.send(
          formatInvite({ ...callNumber(index, calling, socket.address().port), callId, branch: `z9hG4bK${callId}` }),
          port,
          address,
        )
        await answer
      }

    assert.deepEqual(from, [
      ['127.0.0.1', one, `two-0-${DENIED}`],
      ['127.0.0.1', one, `two-0-${ALLOWED}`],
      ['127.0.0.2', two, `two-1-${DENIED}`],
      ['127.0.0.2', two, `two-1-${ALLOWED}`],
    ])
    assert.equal(receiptsOf(gate.folder).length, 2)
  })

  test('takes its file from RECOURSE_CONFIG and single keys from the environment', async (t) => {
    const other = await freePort()
    const at = await placeFor(t)
    const env = {
      RECOURSE_CONFIG: join(at.folder, 'recourse.yaml'),
      RECOURSE_GATE_LISTEN: `["udp:127.0.0.1:${other}"]`,
      RECOURSE_OPERATOR_NAME: 'Eastwire',
    }
    const peer = new Peer(process.execPath, [COMMAND, 'up'], { cwd: at.folder, env })
    t.after(() => peer.stop())

    await peer.says(new RegExp(`screening calls on udp:127\\.0\\.0\\.1:${other}`))
    assert.doesNotMatch(peer.output, /a sample to start from/)
  })

  test('writes a sample for a newcomer, says how to try it, and the words it says work', async (t) => {
    const folder = temporary()
    const tcpPort = await freePort()
    const udpPort = await freePort()
    const env = {
      RECOURSE_GATE_LISTEN: `["udp:127.0.0.1:${udpPort}"]`,
      RECOURSE_METRICS_LISTEN: `127.0.0.1:${tcpPort}`,
      RECOURSE_DESK_LISTEN: `127.0.0.1:${await freePort()}`,
      RECOURSE_OFFICE_LISTEN: `127.0.0.1:${await freePort()}`,
    }
    const peer = new Peer(process.execPath, [COMMAND, 'up'], { cwd: folder, env })
    t.after(() => peer.stop())

    const [, words] = await peer.says(/try it: npx recourse (call .*)/)
    const ran = await run(words!.split(' '))

    assert.match(peer.output, /wrote .*recourse\.yaml.*: a sample to start from/)
    assert.equal(ran.code, 0, ran.err)
    assert.match(ran.out, /^answered {2}SIP\/2\.0 603 Network Blocked/m)
    assert.match(ran.out, /^Receipt: {4}[\w-]{64}$/m)
  })

  for (const [name, words] of [
    ['its log is on a full disk', 'exec "$0" "$@" >/dev/full 2>/dev/full'],
    // The shell stays, so that a signal to it reaches the gate by its hand.
    [
      'nobody reads what it says',
      '"$0" "$@" > >(exec head -1) 2> >(exec head -1) & trap "kill $!" TERM; wait $!; wait $!',
    ],
  ] as const)
    test(`goes on when ${name}`, async (t) => {
      const at = await placeFor(t)
      const args = ['-c', words, process.execPath, COMMAND, 'up', '--config', join(at.folder, 'recourse.yaml')]
      const peer = new Peer('bash', args, { cwd: at.folder })
      t.after(() => peer.stop())
      const caller = await Caller.open(at.udpPort)
      t.after(() => caller.close())

      const statuses = new Set<number>()
      for (let call = 0; call < 60 && statuses.size < 2; call++) {
        const calling = call % 2 === 0 ? DENIED : ALLOWED
        const answer = await caller.ask(formatInvite(callNumber(call, calling, caller.port)), 500)
        if (answer !== undefined) statuses.add(statusOf(answer))
      }

      assert.deepEqual(statuses, new Set([603, 404]))
      assert.deepEqual(await peer.stop(), { code: 0, signal: undefined })
    })
})

/** A folder with a configuration of its own, and what a test changes about it before a gate starts there. */
type Place = {
  readonly t: TestContext
  readonly folder: string
  readonly udpPort: number
  readonly tcpPort: number
  readonly env: NodeJS.ProcessEnv
  nobody?: boolean
  afterwards?: () => Promise<void>
}

async function placeFor(t: TestContext): Promise<Place> {
  const folder = temporary()
  const udpPort = await freePort()
  const tcpPort = await freePort()
  writeConfiguration(folder, { listen: [`udp:127.0.0.1:${udpPort}`], metrics: `127.0.0.1:${tcpPort}` })
  return { t, folder, udpPort, tcpPort, env: {} }
}

type Shape = { folder?: string; listen?: readonly string[]; from?: readonly string[]; metrics?: string }
type RunningGate = { folder: string; port: number; peer: Peer }

/** A gate that runs; in a folder that has a configuration already, beside the one that the test is about. */
async function startGate(t: TestContext, shape: Shape = {}): Promise<RunningGate> {
  const folder = shape.folder ?? temporary()
  const port = await freePort()
  const listen = shape.listen ?? [`udp:127.0.0.1:${port}`]
  const file = shape.folder === undefined ? 'recourse.yaml' : 'first.yaml'
  writeConfiguration(folder, { metrics: `127.0.0.1:${await freePort()}`, ...shape, listen }, file)
  const peer = new Peer(process.execPath, [COMMAND, 'up', '--config', join(folder, file)], { cwd: folder })
  t.after(() => peer.stop())
  await peer.says(/"msg":"started"/)
  return { folder, port, peer }
}

function writeConfiguration(folder: string, { listen, from, metrics }: Shape, file = 'recourse.yaml'): void {
  const configuration = {
    operator: { name: 'Northwire', contact: { tel: '+18005550142' }, location: 'RLN' },
    store: 'sqlite:./ledger.db',
    receipts: { keys: 'file:keys' },
    gate: {
      listen,
      peers: [{ name: 'edge', from: from ?? ['127.0.0.0/8'], continue: 404 }],
      limits: { record: '5s' },
    },
    policy: { rules: [{ id: 'deny', deny: [DENIED] }] },
    metrics: { listen: metrics },
  }
  // YAML holds JSON.
  writeFileSync(join(folder, file), JSON.stringify(configuration, undefined, 1))
}

async function askOnce(t: TestContext, { port }: RunningGate, calling: string): Promise<Buffer> {
  const caller = await Caller.open(port)
  t.after(() => caller.close())
  const answer = await caller.ask(formatInvite(callNumber(Math.floor(Math.random() * 1e9), calling, caller.port)))
  assert.ok(answer !== undefined, 'the gate answers')
  return answer
}

/** The receipts of all blocks in a ledger where none was taken back. */
function receiptsOf(folder: string): string[] {
  const db = new DatabaseSync(join(folder, 'ledger.db'), { readOnly: true })
  try {
    assert.equal(db.prepare("SELECT count(*) AS count FROM entry WHERE entry = 'released'").get()!['count'], 0)
    return db
      .prepare('SELECT receipt FROM personal')
      .all()
      .map(({ receipt }) => String(receipt))
  } finally {
    db.close()
  }
}

function callNumber(number: number, calling: string, port: number): Call {
  const name = `${process.pid}-${port}-${number}`
  return {
    calling,
    called: '+14155550100',
    callId: `${name}@127.0.0.1`,
    branch: `z9hG4bK${name}`,
    fromTag: `t${number}`,
    port,
  }
}

type Ran = { code: number | undefined; out: string; err: string }

async function run(args: readonly string[], { input, env, nobody, cwd = HOME }: More = {}): Promise<Ran> {
  if (input === 'closed') return runShell('exec "$@" <&-', args)
  const owner = nobody === true && process.getuid?.() === 0 ? { uid: NOBODY, gid: NOBODY } : {}
  return runProgram(process.execPath, [COMMAND, ...args], { env, cwd, input, ...owner })
}

function runShell(words: string, args: readonly string[]): Promise<Ran> {
  return runProgram('bash', ['-c', words, 'bash', process.execPath, COMMAND, ...args], { cwd: HOME })
}

type Surroundings = {
  env?: NodeJS.ProcessEnv | undefined
  cwd?: string
  input?: Uint8Array | undefined
  uid?: number
  gid?: number
}

async function runProgram(
  program: string,
  args: readonly string[],
  { env, input, ...rest }: Surroundings,
): Promise<Ran> {
  const stdio: StdioOptions = [input === undefined ? 'ignore' : 'pipe', 'pipe', 'pipe']
  const { RECOURSE_CONFIG: _, ...clean } = process.env
  const child = spawn(program, args, { ...rest, stdio, env: { ...clean, NO_COLOR: '1', ...env } })
  const timer = setTimeout(() => child.kill('SIGKILL'), PATIENCE_MS)
  const ran: Ran = { code: undefined, out: '', err: '' }
  child.stdout!.on('data', (bytes: Buffer) => (ran.out += bytes.toString()))
  child.stderr!.on('data', (bytes: Buffer) => (ran.err += bytes.toString()))
  child.stdin?.on('error', () => undefined)
  child.stdin?.end(input)
  return await new Promise((resolve, reject) => {
    child.on('error', reject)
    child.on('close', (code, signal) => {
      clearTimeout(timer)
      if (signal !== null) ran.err += `ended by ${signal}`
      resolve({ ...ran, code: code ?? undefined })
    })
  })
}

/** Lines for people; reminders of a first run are no complaint. */
function linesOf(text: string): string[] {
  return text.split('\n').filter((line) => line !== '' && !line.startsWith('note: '))
}

/** No stack trace, nothing left unsaid, and no control character but the end of a line. */
function assertClean({ out, err }: Ran): void {
  for (const text of [out, err]) {
    assert.doesNotMatch(text, /\n\s+at |\bundefined\b|\[object |node:internal/)
    assert.doesNotMatch(text.replaceAll('\n', ''), /[\p{Cc}\p{Zl}\p{Zp}]/u)
  }
}

type Row = {
  [key: string]: unknown
  source: string
  offset: number
  status: number
  fields?: { status: number }
  rules: string[]
}

function rowsOf(out: string): Row[] {
  return out
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line) as Row)
}

function temporary(): string {
  const folder = mkdtempSync(join(HOME, 'gate-'))
  chmodSync(folder, 0o777)
  return folder
}

function writeInto(folder: string, name: string, content: string, mode = 0o644): void {
  mkdirSync(folder, { recursive: true })
  writeFileSync(join(folder, name), content)
  chmodSync(join(folder, name), mode)
}

function makeDatabase(folder: string, sql: string): void {
  const db = new DatabaseSync(join(folder, 'ledger.db'))
  db.exec(sql)
  db.close()
}

async function holdUdp(t: TestContext, port: number): Promise<void> {
  const socket = createSocket('udp4')
  t.after(() => socket.close())
  await new Promise<void>((bound) => socket.bind(port, '127.0.0.1', bound))
}

async function holdTcp(t: TestContext, port: number): Promise<void> {
  const server = createServer()
  t.after(() => server.close())
  await new Promise<void>((bound) => server.listen(port, '127.0.0.1', bound))
}

function prepareFiles() {
  const put = (name: string, content: Uint8Array | string): string => {
    const path = join(HOME, name)
    writeFileSync(path, content)
    return path
  }
  const random = Uint8Array.from({ length: 8_192 }, (_, index) => (index * 7_919 + (index >> 3) * 104_729) % 256)
  random.set([3, 0, 1, 200])
  const picture = Buffer.concat([Buffer.from('\u0089PNG\r\n\u001a\n\0\0\0\rIHDR', 'latin1'), random])
  const capture = pcapFile([
    ...[1, 2].map((second) => packet(notice(), second)),
    packet(answer('486 Busy Here', 'call-2', ''), 3),
  ])
  const hostile = answer(
    '603 No\u001b[2Jway',
    'call-3\u001b[2J',
    'Reason: SIP;cause=603;text="\u001b[2J\u0007"\r\n',
  ).replace('<sip:+14155550163@b.example>', '<sip:to\u001b[2J@b.example>')
  const closedFolder = join(HOME, 'closed')
  mkdirSync(closedFolder, { mode: 0o555 })
  const secret = put('secret.pcap', capture)
  chmodSync(secret, 0o000)
  if (process.getuid?.() === 0) chownSync(secret, 0, 0)
  return {
    random: put('random.bin', random),
    picture: put('picture.png', picture),
    pictureInGzip: put('picture.png.gz', gzipSync(picture)),
    empty: put('empty', ''),
    prose: put('prose.txt', 'Dear sir,\nplease stop calling me.\n'.repeat(40)),
    capture: put('calls.pcap', capture),
    captureInGzip: put('calls.pcap.gz', gzipSync(capture)),
    cutCapture: put('cut.pcap', capture.subarray(0, capture.length - 100)),
    text: put('calls.sip', [notice(), notice(), answer('486 Busy Here', 'call-2', '')].join('')),
    bareLineFeeds: put('edited.sip', notice().replaceAll('\r\n', '\n')),
    hostile: put('hostile.sip', hostile),
    many: put(
      'many.sip',
      Array.from({ length: 20_000 }, (_, call) => answer('486 Busy Here', `many-${call}`, '')).join(''),
    ),
    config: put('good.yaml', '{}\n'),
    brokenConfig: put('broken.yaml', 'gates: {}\nmetrics:\n  listen: everywhere\nlog:\n  level: loud\n'),
    secret,
    closedFolder,
  }
}

function packet(message: string, second: number) {
  const bytes = link(1, ipv4(17, [198, 51, 100, 9], [192, 0, 2, 1], udp(5060, 5060, Buffer.from(message, 'latin1'))))
  return { bytes, seconds: Date.UTC(2026, 10, 22, 12) / 1000 + second, nanoseconds: 250_000 }
}

function notice(): string {
  const text = 'v=analytics1;url=https://desk.example.com/r/1;tel=+18005550142;id=nw-1'
  return answer('603 Network Blocked', 'call-1@caller.example', `Reason: SIP;cause=603;text="${text}";location=RLN\r\n`)
}

function answer(start: string, callId: string, fields: string): string {
  return (
    `SIP/2.0 ${start}\r\nVia: SIP/2.0/UDP 192.0.2.1;branch=z9hG4bK1\r\nFrom: <sip:${ALLOWED}@a.example>;tag=1\r\n` +
    `To: <sip:+14155550163@b.example>;tag=2\r\nCall-ID: ${callId}\r\nCSeq: 1 INVITE\r\n${fields}Content-Length: 0\r\n\r\n`
  )
}

import assert from 'node:assert/strict'
import { execFileSync, spawnSync } from 'node:child_process'
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { syncBuiltinESMExports } from 'node:module'
import { DatabaseSync } from 'node:sqlite'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test, type TestContext } from 'node:test'
import { fileURLToPath } from 'node:url'
import workerThreads, { type Worker } from 'node:worker_threads'
import { parseCheckpoint } from '#core/ledger/checkpoint.ts'
import type { Ledger, LedgerFigures } from '#core/ledger/ledger.ts'
import { noteOf, sampleBlock, SAMPLE_START_MS } from './contract-samples.ts'
import { storeContract, type StoreOnTrial } from './contract.ts'
import { openLedgerReader } from './ledger-reader.ts'
import { BorrowedLedger } from './ledger-client.ts'
import { openLedger, type SharedLedger } from './sqlite-ledger.ts'

storeContract(freshSqlite)

function freshSqlite(t: TestContext): StoreOnTrial {
  const directory = temporary(t)
  const path = join(directory, 'recourse.db')
  const url = `sqlite:${path}`
  const opened: Ledger[] = []
  // After a failed assertion a ledger is still open, and its thread would keep the tests from ending.
  t.after(() => Promise.all(opened.map((ledger) => ledger.close())))
  const around = <T>(use: (db: DatabaseSync) => T) => {
    const db = new DatabaseSync(path)
    try {
      return use(db)
    } finally {
      db.close()
    }
  }
  return {
    url,
    file: (name) => join(directory, name),
    open: async (options) => {
      const ledger = await openLedger(url, options)
      opened.push(ledger)
      return ledger
    },
    read: () => openLedgerReader(url),
    execute: (sql) => around((db) => db.exec(sql)),
    count: (sql) => around((db) => Number(Object.values(db.prepare(sql).get()!)[0])),
  }
}

function temporary(t: TestContext): string {
  const directory = mkdtempSync(join(tmpdir(), 'recourse-store-'))
  t.after(() => rmSync(directory, { recursive: true }))
  return directory
}

/** How many of the store's files hold a text. By another process: reading here would drop SQLite's locks. */
function filesWith(text: string, directory: string): number {
  const { stdout } = spawnSync('grep', ['-rlaF', text, directory], { encoding: 'utf8' })
  return stdout.split('\n').filter((line) => line !== '').length
}

/** The journal keeps numbers as SQLite does: eleven digits in six octets. */
function filesHolding(number: number, directory: string): number {
  const octets = Buffer.alloc(6)
  octets.writeUIntBE(number, 0, 6)
  return readdirSync(directory).filter((name) => readFileSync(join(directory, name)).includes(octets)).length
}

test('after an erasure no file of the store holds the digits any more, while it stays open', async (t) => {
  const store = freshSqlite(t)
  const directory = join(store.file('x'), '..')
  const digits = '3035550142'
  const ledger = await store.open({ checkpointFile: store.file('checkpoints.jsonl'), checkpointEveryMs: 1 })
  for (let number = 0; number < 400; number++) {
    const hit = number % 5 === 0 ? { calling: `+1${digits}`, request: `From: <sip:+1${digits}@x>` } : {}
    void ledger.record(sampleBlock(number, hit))
    ledger.note(noteOf({ ...JOURNAL_ROW, called: number % 7 === 0 ? `+1${digits}` : '+14155550100' }))
  }
  await ledger.record(sampleBlock(400, { called: `+1${digits}` }))
  while (ledger.figures().journalled < 400) await new Promise((resolve) => setTimeout(resolve, 10))
  assert.ok(filesWith(digits, directory) > 0, 'the control must find them')
  assert.ok(filesHolding(13_035_550_142, directory) > 0, 'the control must find them in the journal')

  const { blocks, journal, scrubbed } = await ledger.erase({ by: 'number', number: `+1${digits}` }, SAMPLE_START_MS)

  assert.deepEqual({ blocks, journal, scrubbed }, { blocks: 81, journal: 58, scrubbed: true })
  assert.equal(filesWith(digits, directory) + filesHolding(13_035_550_142, directory), 0)
  assert.ok(filesHolding(14_155_550_100, directory) > 0, 'what was not erased is still there')
  await ledger.close()
  assert.equal(filesWith(digits, directory) + filesHolding(13_035_550_142, directory), 0)
  assert.equal(openAndVerify(store.url).fault, undefined)
})

test('an erased row is overwritten where it stood, also where the store is too large to be written anew', async (t) => {
  const store = freshSqlite(t)
  const directory = join(store.file('x'), '..')
  const text = 'x-only-here-7391'
  const ledger = await store.open({ scrubOctetsMax: 0 })
  // Long enough for pages of its own, in no index: only overwriting takes it away.
  const held = { request: `INVITE sip:x SIP/2.0\r\n${`${text}\r\n`.repeat(3_000)}` }
  for (let number = 0; number < 20; number++) await ledger.record(sampleBlock(number, number === 7 ? held : {}))
  assert.ok(filesWith(text, directory) > 0, 'the control must find it')

  const { blocks, scrubbed } = await ledger.erase(
    { by: 'receipt', receipt: sampleBlock(7).personal.receipt },
    SAMPLE_START_MS,
  )
  await ledger.close()

  assert.deepEqual([blocks, scrubbed], [1, false])
  assert.equal(filesWith(text, directory), 0)
})

test('an erasure by number finds it in every text of a block, however it is written there', async (t) => {
  const store = freshSqlite(t)
  const directory = join(store.file('x'), '..')
  const places: [text: string, held: Parameters<typeof sampleBlock>[1]][] = [
    [
      '3035550142',
      { request: 'From: <sip:+13035550142@x>\r\nP-Asserted-Identity: <sip:+13105550100@x>\r\n\r\n\u0000\xff' },
    ],
    ['13035550142', { answer: 'SIP/2.0 603 x\r\nFrom: <sip:13035550142@x>\r\n\r\n' }],
    ['303-555-0142', { request: 'From: <tel:+1-303-555-0142>\r\n' }],
    ['(303) 555-0142', { displayName: 'Ann (303) 555-0142' }],
    ['3035550142@', { callId: '3035550142@pc33.example' }],
    ['"3035550142"', { grounds: '[{"subject":"3035550142"}]' }],
    ['3035550142', { calling: '3035550142' }],
    ['+13035550142', { called: '+13035550142' }],
  ]
  const ledger = await store.open()
  for (const [number, [, held]] of places.entries()) await ledger.record(sampleBlock(number, held))
  for (let number = 0; number < 500; number++) void ledger.record(sampleBlock(100 + number))
  for (const calling of ['3035550142', '+13035550142']) ledger.note(noteOf({ ...JOURNAL_ROW, calling }))
  while (ledger.figures().journalled < 2) await new Promise((resolve) => setTimeout(resolve, 10))
  for (const [text] of places) assert.ok(filesWith(text, directory) > 0, `the control must find ${text}`)
  const selection = { by: 'number', number: '+13035550142' } as const
  const reader = store.read()
  assert.equal(reader.countErasable(selection), places.length)
  reader.close()

  const erasure = await ledger.erase(selection, SAMPLE_START_MS)

  assert.deepEqual(erasure, { blocks: places.length, journal: 2, looked: 508, scrubbed: true })
  for (const [text] of places) assert.equal(filesWith(text, directory), 0, text)
  assert.ok(filesWith('4155550100', directory) > 0 || filesWith('+1415555', directory) > 0, 'others are still there')
  assert.equal(
    (await ledger.erase({ by: 'number', number: '555' }, SAMPLE_START_MS)).blocks,
    0,
    'too short to look for',
  )
  await ledger.close()
  assert.equal(openAndVerify(store.url).fault, undefined)
})

test('two processes cannot write the same chain, and the second is told so; another chain is welcome', async (t) => {
  const store = freshSqlite(t)
  const first = await store.open()

  await assert.rejects(store.open(), /another process is writing chain "gate" of this ledger; stop it/)

  const other = await store.open({ chain: 'gate-2' })
  await Promise.all([first.record(sampleBlock(1)), other.record(sampleBlock(2))])
  await other.close()
  await first.close()
  const again = await store.open()
  assert.equal((await again.record(sampleBlock(3))).seq, 2)
  await again.close()
  assert.equal(openAndVerify(store.url).entries, 3)
})

const UNUSABLE: [name: string, prepare: (directory: string) => string, said: RegExp][] = [
  [
    'a URL of another kind',
    () => 'mysql://localhost/x',
    /store "mysql:.*write sqlite:PATH, like sqlite:\.\/recourse\.db/,
  ],
  [
    'a directory that does not exist',
    (at) => `sqlite:${at}/none/x.db`,
    /none\/x\.db: cannot be opened; check that its directory/,
  ],
  [
    'a file that is no database',
    (at) => {
      writeFileSync(join(at, 'text.db'), 'not a database, but longer than a header of sixteen octets\n'.repeat(20))
      return `sqlite:${at}/text.db`
    },
    /text\.db: this file is not a ledger/,
  ],
  [
    'a database of another program',
    (at) => {
      const db = new DatabaseSync(join(at, 'other.db'))
      db.exec('CREATE TABLE notes (text TEXT)')
      db.close()
      return `sqlite:${at}/other.db`
    },
    /other\.db is a database of another program/,
  ],
  [
    'a schema from the future',
    (at) => {
      const db = new DatabaseSync(join(at, 'newer.db'))
      db.exec('PRAGMA application_id = 1382249075; PRAGMA user_version = 99')
      db.close()
      return `sqlite:${at}/newer.db`
    },
    /newer\.db has schema version 99, this program knows up to \d+: it was written by a newer recourse/,
  ],
  [
    'a key that is none',
    (at) => {
      writeFileSync(join(at, 'key.db.checkpoint-key.pem'), 'secret')
      return `sqlite:${at}/key.db`
    },
    /checkpoint-key\.pem: this is no private key in PEM/,
  ],
]

for (const [name, prepare, said] of UNUSABLE) {
  test(`a store that cannot be used is told in one line: ${name}`, async (t) => {
    const url = prepare(temporary(t))

    await assert.rejects(openLedger(url), (cause: Error) => {
      assert.match(cause.message, said)
      assert.equal(cause.message.includes('\n'), false)
      return true
    })
  })
}

test('a reader of a store that is not there says so and makes none', (t) => {
  const path = join(temporary(t), 'none.db')

  assert.throws(() => openLedgerReader(`sqlite:${path}`), /no ledger at .*none\.db: name it with --store or --config/)
  assert.equal(existsSync(path), false)
})

test('when the writer’s thread dies, what waited is refused, another takes over, and the chain goes on', async (t) => {
  const threads = watchThreads(t)
  const store = freshSqlite(t)
  const ledger = await store.open()
  await ledger.record(sampleBlock(1))
  const waiting = Array.from({ length: 200 }, (_, number) => ledger.record(sampleBlock(number + 2)))

  const settled = Promise.allSettled(waiting)
  await threads[0]!.terminate()
  const told = (await settled).filter(({ status }) => status === 'fulfilled').length
  assert.ok(told < 200, 'the control: the thread must have died before it was done')
  while (ledger.figures().reopened === 0) await new Promise((resolve) => setTimeout(resolve, 20))
  await ledger.record(sampleBlock(300))

  assert.equal(threads.length, 2)
  await ledger.close()
  const { fault, blocks, released } = openAndVerify(store.url)
  assert.deepEqual({ fault, standing: blocks - released }, { fault: undefined, standing: told + 2 })
})

test('several threads hand in to one writer: one chain without a gap, and each hears of its own blocks', async (t) => {
  const store = freshSqlite(t)
  const ledger = await openLedger(store.url)
  const borrowed = borrow(ledger, 3)
  const hands = [ledger, ...borrowed]

  const all = await Promise.all(
    Array.from({ length: 800 }, async (_, number) => {
      // Every tenth is a transaction that another hand records as well.
      const block = sampleBlock(number % 10 === 9 ? number - 1 : number)
      const recorded = await hands[number % hands.length]!.record(block)
      assert.equal(recorded.receipt, block.personal.receipt)
      return recorded
    }),
  )

  const fresh = all.filter(({ earlier }) => earlier === undefined)
  assert.equal(fresh.length, 720)
  assert.deepEqual(
    fresh.map(({ seq }) => seq).toSorted((a, b) => a - b),
    Array.from({ length: 720 }, (_, index) => index + 1),
  )
  const counted = [ledger.figures(), ...borrowed.map((hand) => hand.figures())]
  assert.equal(counted.map(({ committed, repeated }) => committed + repeated).join(), '200,200,200,200')
  await ledger.close()
  await assert.rejects(borrowed[0]!.record(sampleBlock(900)), { name: 'Unrecorded' })
  const { fault, blocks } = openAndVerify(store.url)
  assert.deepEqual({ fault, blocks }, { fault: undefined, blocks: 720 })
})

test('when the writer dies, every thread is refused what was not told, and hands in to the next one', async (t) => {
  const threads = watchThreads(t)
  const store = freshSqlite(t)
  const ledger = await openLedger(store.url)
  const [hand] = borrow(ledger, 1)
  await hand!.record(sampleBlock(1))
  const waiting = Array.from({ length: 200 }, (_, number) => hand!.record(sampleBlock(number + 2)))

  const settled = Promise.allSettled(waiting)
  await threads[0]!.terminate()
  const told = (await settled).filter(({ status }) => status === 'fulfilled').length
  assert.ok(told < 200, 'the control: the thread must have died before it was done')
  while (ledger.figures().reopened === 0) await new Promise((resolve) => setTimeout(resolve, 20))
  await hand!.record(sampleBlock(300))

  await ledger.close()
  const { fault, blocks, released } = openAndVerify(store.url)
  assert.deepEqual({ fault, standing: blocks - released }, { fault: undefined, standing: told + 2 })
})

function borrow(ledger: SharedLedger, hands: number): BorrowedLedger[] {
  return Array.from({ length: hands }, () => {
    const hand = new BorrowedLedger('gate')
    ledger.lend((port) => hand.borrow(port))
    return hand
  })
}

test('a clock that is set back keeps no checkpoint waiting: they go by the steady one', async (t) => {
  const store = freshSqlite(t)
  const setBack = `const now = Date.now; const from = now(); Date.now = () => from - (now() - from) * 1000`
  watchThreads(t, ['--import', `data:text/javascript,${encodeURIComponent(setBack)}`])
  const ledger = await store.open({ checkpointEveryMs: 1, checkpointFile: store.file('checkpoints.jsonl') })
  await ledger.record(sampleBlock(1))

  while (ledger.figures().checkpoints === 0) await new Promise((resolve) => setTimeout(resolve, 20))

  const [line] = readFileSync(store.file('checkpoints.jsonl'), 'utf8').split('\n')
  assert.ok(parseCheckpoint(line!)!.at < Date.now() - 60_000, 'the control: its clock must have gone back')
  await ledger.close()
})

/** Lists the threads that are started from now on. */
function watchThreads(t: TestContext, execArgv: readonly string[] = []): Worker[] {
  const threads: Worker[] = []
  const { Worker } = workerThreads
  workerThreads.Worker = class extends Worker {
    constructor(...[file, options]: ConstructorParameters<typeof Worker>) {
      super(file, { ...options, execArgv: [...process.execArgv, ...execArgv] })
      threads.push(this)
    }
  }
  syncBuiltinESMExports()
  t.after(() => {
    workerThreads.Worker = Worker
    syncBuiltinESMExports()
  })
  return threads
}

test('a store holds personal data: its files may be read by their owner only', async (t) => {
  const store = freshSqlite(t)
  const ledger = await store.open()
  await ledger.record(sampleBlock(1))

  for (const name of ['recourse.db', 'recourse.db-wal'])
    assert.equal(statSync(store.file(name)).mode & 0o777, 0o600, name)
  await ledger.close()
})

test('a checkpoint file that cannot be written is told at once', async (t) => {
  const store = freshSqlite(t)

  await assert.rejects(store.open({ checkpointFile: store.file('none/checkpoints.jsonl') }), {
    code: 'unwritable',
    message: /none\/checkpoints\.jsonl: the checkpoint file cannot be written/,
  })
})

test('a checkpoint file that can no longer be written is told, and recording goes on', async (t) => {
  const store = freshSqlite(t)
  const directory = store.file('outside')
  mkdirSync(directory)
  const ledger = await store.open({ checkpointFile: join(directory, 'checkpoints.jsonl'), checkpointEveryMs: 1 })
  rmSync(directory, { recursive: true })

  await ledger.record(sampleBlock(1))
  while (ledger.figures().failure === undefined) await new Promise((resolve) => setTimeout(resolve, 20))
  await ledger.record(sampleBlock(2))

  assert.match(ledger.figures().failure ?? '', /checkpoints\.jsonl: the checkpoint file cannot be written/)
  assert.equal(ledger.figures().failed, 0)
  await ledger.close()
})

test('the key that signs checkpoints may be read by its owner only, and stays the same', async (t) => {
  const store = freshSqlite(t)
  await (await store.open()).close()
  const path = store.file('recourse.db.checkpoint-key.pem')
  const key = readFileSync(path, 'utf8')

  await (await store.open()).close()

  assert.equal(statSync(path).mode & 0o777, 0o600)
  assert.equal(readFileSync(path, 'utf8'), key)
})

test('on a full disk blocks are refused, and once there is room they are taken again without a restart', (t) => {
  const directory = temporary(t)
  const small = join(directory, 'small')
  mkdirSync(small)
  const script = join(directory, 'run.sh')
  const child = fileURLToPath(new URL('./fault-child.ts', import.meta.url))
  writeFileSync(
    script,
    `set -e; mount -t tmpfs -o size=24m tmpfs ${small}; dd if=/dev/zero of=${small}/ballast bs=1M count=16 status=none
     ${process.execPath} ${child} sqlite:${small}/recourse.db ${small}/ballast
     cp ${small}/recourse.db ${small}/recourse.db.checkpoint-key.pem ${directory}`,
  )
  chmodSync(script, 0o700)
  if (spawnSync('unshare', ['-rm', 'true']).status !== 0)
    return t.skip('this machine has no private mounts (unshare -rm)')

  const { told, refused, codes, figures, recoveredAfterMs } = runFault('unshare', ['-rm', 'sh', script])

  t.diagnostic(
    `${told.length} recorded, ${refused.length} refused (${codes.join()}), well again after ${recoveredAfterMs} ms`,
  )
  assert.ok(told.length > 100 && refused.length > 0)
  assert.ok(codes.includes('full'), codes.join())
  assert.equal(figures.lost, 0)
  assert.ok(recoveredAfterMs < 5_000)
  assertKept(`sqlite:${directory}/recourse.db`, told, refused)
  return undefined
})

for (const [error, call] of [
  ['EIO', 'fsync,fdatasync'],
  ['ENOSPC', 'pwrite64'],
] as const) {
  test(`when ${call} fails with ${error} nothing is told of that is not there, and recording goes on`, async (t) => {
    const url = `sqlite:${join(temporary(t), 'recourse.db')}`
    if (spawnSync('strace', ['-V']).status !== 0) return t.skip('strace is not installed')
    // Made before, so that the calls counted are those of recording, however many tables the store has.
    await (await openLedger(url)).close()
    const child = fileURLToPath(new URL('./fault-child.ts', import.meta.url))
    const when = call === 'pwrite64' ? 120 : 16
    const inject = `inject=${call}:error=${error}:when=${when}..${when + 2}`

    const words = ['-f', '-qq', '-o', '/dev/null', '-e', `trace=${call}`, '-e', inject, process.execPath, child, url]
    const { told, refused, figures } = runFault('strace', words)

    t.diagnostic(`${told.length} recorded, ${refused.length} refused, opened again ${figures.reopened} times`)
    assert.ok(told.length > 0 && refused.length > 0 && figures.reopened > 0)
    assertKept(url, told, refused)
    return undefined
  })
}

type FaultReport = {
  told: string[]
  refused: string[]
  codes: string[]
  figures: LedgerFigures
  recoveredAfterMs: number
}

function runFault(command: string, words: string[]): FaultReport {
  return JSON.parse(
    execFileSync(command, words, { encoding: 'utf8', timeout: 60_000, maxBuffer: 2 ** 26 }),
  ) as FaultReport
}

/** What was told of is there and stands; what was refused is not there, or is taken back. */
function assertKept(url: string, told: readonly string[], refused: readonly string[]): void {
  const reader = openLedgerReader(url)
  for (const receipt of told) assert.equal(reader.find(receipt)?.released, false)
  for (const receipt of refused) assert.notEqual(reader.find(receipt)?.released, false)
  assert.equal(reader.verify({}).fault, undefined)
  reader.close()
}

function openAndVerify(url: string) {
  const reader = openLedgerReader(url)
  try {
    return reader.verify({})
  } finally {
    reader.close()
  }
}

const JOURNAL_ROW = {
  at: SAMPLE_START_MS,
  calling: '+12125550117',
  called: '+14155550100',
  peer: 'edge',
  trunk: '',
  attestation: 'A',
  verdict: 'allow',
  rule: '',
} as const

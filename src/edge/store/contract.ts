// One thing: everything a store must keep of the ledger's promises, as one suite that any store runs. What only one kind
// of database can show (files, disk space) stands beside it in that store's own test.
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { createInterface } from 'node:readline'
import { test, type TestContext } from 'node:test'
import { fileURLToPath } from 'node:url'
import { parseCheckpoint, signCheckpoint, type Checkpoint } from '#core/ledger/checkpoint.ts'
import { Unrecorded, type JournalRow, type Ledger } from '#core/ledger/ledger.ts'
import type { LedgerReader } from './ledger-reader.ts'
import { CHAIN_SPAN } from './schema.ts'
import type { LedgerOptions } from './sqlite-ledger.ts'
import { policyContract } from './contract-policy.ts'
import { noteOf, sampleBlock, SAMPLE_START_MS } from './contract-samples.ts'

/** A store of its own for one test, removed after it. */
export type StoreOnTrial = {
  readonly url: string
  /** A file that this test may write, for keys and checkpoints. */
  readonly file: (name: string) => string
  readonly open: (options?: LedgerOptions) => Promise<Ledger>
  readonly read: () => LedgerReader
  /** Somebody with write access who goes around the ledger; only while it is closed. */
  readonly execute: (sql: string) => void
  readonly count: (sql: string) => number
}

/** Registers the suite; `fresh` gives each test an empty store. */
export function storeContract(fresh: (t: TestContext) => StoreOnTrial): void {
  recording(fresh)
  tampering(fresh)
  erasing(fresh)
  killing(fresh)
  policyContract(fresh)
}

function recording(fresh: (t: TestContext) => StoreOnTrial): void {
  test('a block that was told of can be read by others, with everything it was recorded with', async (t) => {
    const store = fresh(t)
    const ledger = await store.open()

    const recorded = await ledger.record(sampleBlock(3))

    const { receipt } = sampleBlock(3).personal
    const reader = store.read()
    const found = reader.find(receipt)!
    assert.deepEqual(recorded, {
      chain: 'gate',
      seq: 1,
      transaction: sampleBlock(3).transaction,
      receipt,
      earlier: undefined,
    })
    const { personal, entry, ...open } = sampleBlock(3)
    assert.deepEqual(found.personal, personal)
    const { receiptHash, commitment, ...columns } = found.open
    assert.deepEqual(columns, { ...open, entry, chain: 'gate', seq: 1, erased: undefined })
    assert.match(`${receiptHash} ${commitment} ${found.hash}`, /^[0-9a-f]{64} [0-9a-f]{64} [0-9a-f]{64}$/)
    assert.equal(reader.find('A'.repeat(64)), undefined)
    reader.close()
    await ledger.close()
  })

  test('blocks are told of in the order they came, in fewer commits than blocks, and the chain has no gap', async (t) => {
    const store = fresh(t)
    const ledger = await store.open()
    const order: number[] = []

    await Promise.all(
      Array.from({ length: 3_000 }, async (_, number) => {
        const { seq } = await ledger.record(sampleBlock(number))
        order.push(seq)
      }),
    )

    assert.deepEqual(
      order,
      Array.from({ length: 3_000 }, (_, index) => index + 1),
    )
    const { committed, commits, queued, failed, lost } = ledger.figures()
    assert.deepEqual({ committed, queued, failed, lost }, { committed: 3_000, queued: 0, failed: 0, lost: 0 })
    assert.ok(commits > 1 && commits < 100, `${commits} commits`)
    await ledger.close()
    assert.deepEqual(look(store), { entries: 3_000, fault: undefined })
  })

  test('one transaction, one row: handed in again it is told as the first, in one batch, later, and after a restart', async (t) => {
    const store = fresh(t)
    const first = sampleBlock(1)
    const again = (afterMs: number) => ({
      ...sampleBlock(2, { answer: 'SIP/2.0 607 Unwanted\r\n\r\n\xff' }),
      transaction: first.transaction,
      at: first.at + afterMs,
    })
    const { answer, receipt } = first.personal
    const gate = await store.open()

    const batch = await Promise.all([first, again(1), sampleBlock(3), again(2)].map((block) => gate.record(block)))
    const later = await gate.record(again(64_000))
    const { committed, repeated, queued } = gate.figures()
    await gate.close()
    const other = await store.open({ chain: 'gate-2' })
    const elsewhere = await other.record(again(500))
    const own = await other.record(sampleBlock(4))
    await other.close()

    const row = { chain: 'gate', seq: 1, transaction: first.transaction, receipt, earlier: { answer, receipt } }
    assert.deepEqual(
      batch.map(({ seq, earlier }) => [seq, earlier === undefined]),
      [
        [1, true],
        [1, false],
        [2, true],
        [1, false],
      ],
    )
    assert.deepEqual([batch[1], later, elsewhere], [row, row, row])
    assert.deepEqual([own.chain, own.seq], ['gate-2', 1])
    assert.deepEqual({ committed, repeated, queued }, { committed: 2, repeated: 3, queued: 0 })
    assert.deepEqual(look(store), { entries: 3, fault: undefined })
  })

  test('the same transaction is a new row when the first is taken back, erased, or more than 64 s away', async (t) => {
    const store = fresh(t)
    const ledger = await store.open()
    const again = (number: number, afterMs: number) => ({
      ...sampleBlock(number + 10),
      transaction: sampleBlock(number).transaction,
      at: sampleBlock(number).at + afterMs,
    })
    const [back] = await Promise.all([1, 2, 3].map((number) => ledger.record(sampleBlock(number))))
    await ledger.release(back!, SAMPLE_START_MS + 300, 'late')
    await ledger.erase({ by: 'receipt', receipt: sampleBlock(2).personal.receipt }, SAMPLE_START_MS + 300)

    const recorded = [
      await ledger.record(again(1, 500)),
      await ledger.record(again(2, 500)),
      await ledger.record(again(3, 64_001)),
    ]

    assert.deepEqual(
      recorded.map(({ seq, earlier }) => [seq, earlier]),
      [
        [6, undefined],
        [7, undefined],
        [8, undefined],
      ],
    )
    assert.equal(ledger.figures().repeated, 0)
    await ledger.close()
    assert.deepEqual(look(store), { entries: 8, fault: undefined })
  })

  test('a released block stays in the ledger, is marked, and comes back as released after a restart', async (t) => {
    const store = fresh(t)
    const ledger = await store.open()
    await ledger.record(sampleBlock(1))
    const late = await ledger.record(sampleBlock(2))

    await ledger.release(late, SAMPLE_START_MS + 900, 'late')

    const recent = await ledger.recentBlocks(SAMPLE_START_MS)
    assert.deepEqual(
      recent.map(({ receipt, released }) => [receipt, released]),
      [
        [sampleBlock(1).personal.receipt, false],
        [sampleBlock(2).personal.receipt, true],
      ],
    )
    const reader = store.read()
    assert.equal(reader.find(late.receipt)?.released, true)
    assert.equal(reader.find(sampleBlock(1).personal.receipt)?.released, false)
    const [entry] = reader.list({ entry: 'released' }, 'oldest', 10)
    assert.deepEqual([entry?.open.cause, entry?.open.transaction], ['late', late.transaction])
    assert.equal(ledger.figures().released, 1)
    reader.close()
    await ledger.close()
    assert.deepEqual(look(store), { entries: 3, fault: undefined })
  })

  test('a restart finds the blocks of the last minute with the octets that were sent, and goes on with the chain', async (t) => {
    const store = fresh(t)
    const before = await store.open()
    for (let number = 0; number < 20; number++) void before.record(sampleBlock(number))
    await before.close()

    const after = await store.open()
    const recent = await after.recentBlocks(SAMPLE_START_MS + 5)
    const { seq } = await after.record(sampleBlock(20))

    assert.deepEqual(
      recent,
      Array.from({ length: 15 }, (_, index) => {
        const { at, transaction, personal } = sampleBlock(index + 5)
        const { receipt, callId, answer } = personal
        return { at, transaction, receipt, callId, answer, released: false }
      }),
    )
    assert.equal(seq, 21)
    await after.close()
    assert.deepEqual(look(store), { entries: 21, fault: undefined })
  })

  test('rule numbers and secrets are given once and survive a restart', async (t) => {
    const store = fresh(t)
    const ask = async () => {
      const ledger = await store.open()
      const answers = [
        Array.from(await ledger.ruleNumbers(['dno', 'volume'], 1)),
        Array.from(await ledger.ruleNumbers(['volume', 'allow', 'dno'], 2)),
        Buffer.from(await ledger.secret('transaction')).toString('hex'),
      ]
      assert.notDeepEqual(await ledger.secret('other'), await ledger.secret('transaction'))
      await ledger.close()
      return answers
    }

    const first = await ask()
    const second = await ask()

    assert.deepEqual(second, first)
    assert.deepEqual(first.slice(0, 2), [
      [
        ['dno', 1],
        ['volume', 2],
      ],
      [
        ['volume', 2],
        ['allow', 3],
        ['dno', 1],
      ],
    ])
    assert.match(String(first[2]), /^[0-9a-f]{64}$/)
  })

  test('the journal is written in the background, is capped, and counts what it drops', async (t) => {
    const store = fresh(t)
    const ledger = await store.open()
    const call: JournalRow = {
      at: SAMPLE_START_MS,
      calling: '+12125550117',
      called: '911',
      peer: 'edge',
      trunk: '',
      attestation: 'none',
      verdict: 'exempt',
      rule: 'emergency',
    }

    for (let i = 0; i < 70_000; i++) ledger.note(noteOf(call))
    await ledger.close()
    ledger.note(noteOf(call))

    const { journalled, journalDrops } = ledger.figures()
    assert.equal(journalled + journalDrops, 70_001)
    assert.ok(journalDrops >= 4_000, `${journalDrops} dropped`)
    assert.equal(store.count('SELECT count(*) FROM journal'), journalled)
    assert.deepEqual(look(store), { entries: 0, fault: undefined })
  })

  test('a closed ledger refuses, and closing waits for what was handed in', async (t) => {
    const store = fresh(t)
    const ledger = await store.open()
    const last = ledger.record(sampleBlock(1))

    await ledger.close()

    assert.equal((await last).seq, 1)
    await assert.rejects(
      ledger.record(sampleBlock(2)),
      (cause) => cause instanceof Unrecorded && cause.code === 'closed',
    )
    await assert.rejects(ledger.ruleNumbers(['dno'], 1), Unrecorded)
    await ledger.close()
  })

  test('readers page through the entries while they are being written, each once and in order', async (t) => {
    const store = fresh(t)
    const ledger = await store.open()
    for (let number = 0; number < 500; number++) void ledger.record(sampleBlock(number))
    await ledger.record(sampleBlock(500))
    const reader = store.read()
    const seen: string[] = []
    let after: string | undefined

    for (;;) {
      void ledger.record(sampleBlock(1_000 + seen.length))
      const page = reader.list({ untilMs: SAMPLE_START_MS + 501 }, 'oldest', 50, after)
      if (page.length === 0) break
      seen.push(...page.map(({ personal }) => personal!.receipt))
      after = page.at(-1)!.cursor
    }

    assert.deepEqual(
      seen,
      Array.from({ length: 501 }, (_, number) => sampleBlock(number).personal.receipt),
    )
    const newest = reader.list({ rule: 'volume-block', number: '+12125550007' }, 'newest', 10)
    assert.deepEqual(
      newest.map(({ open }) => open.at - SAMPLE_START_MS),
      [7],
    )
    assert.equal(reader.list({ called: '+14155550007' }, 'newest', 10)[0]?.personal?.callId, '1@pc33.example')
    assert.equal(reader.list({ calling: '+14155550007' }, 'newest', 10).length, 0)
    reader.close()
    await ledger.close()
  })
}

/** Each change goes around the ledger; the verifier must name the first entry that shows it. */
const TAMPERS: [name: string, sql: string, fault: string, seq: number][] = [
  ...[
    `at = at + 1`,
    `entry = 'released'`,
    `"transaction" = 'ffffffffffffffff'`,
    `receiptHash = replace(receiptHash, substr(receiptHash, 1, 1), 'f') || 'f'`,
    `noticeKind = '607'`,
    `noticeStatus = 607`,
    `cause = 'invalid'`,
    `program = 'network'`,
    `rule = 'other'`,
    `policy = 2`,
    `attestation = NULL`,
    `optOut = 1`,
    `optOut = 7`,
    `peer = 'elsewhere'`,
    `tenant = 'nobody'`,
    `trunk = 'another'`,
    `erased = '[["gate",1,1]]'`,
    `"commitment" = hash`,
    `hash = "commitment"`,
  ].map((change): [string, string, string, number] => [
    change,
    `UPDATE entry SET ${change} WHERE id % 1000 = 5`,
    'changed',
    5,
  ]),
  ...[
    `receipt = replace(receipt, substr(receipt, 1, 1), '_') || '_'`,
    `calling = '+19995550117'`,
    `called = '911'`,
    `displayName = ''`,
    `callId = 'x'`,
    `request = X'00'`,
    `answer = X'00'`,
    `grounds = '[]'`,
    `salt = zeroblob(16)`,
    `salt = zeroblob(15)`,
  ].map((change): [string, string, string, number] => [
    `personal ${change}`,
    `UPDATE personal SET ${change} WHERE id % 1000 = 5`,
    'changed-personal',
    5,
  ]),
  ['an entry deleted', `DELETE FROM entry WHERE id % 1000 = 4`, 'missing', 4],
  ['the first entry deleted', `DELETE FROM entry WHERE id % 1000 = 1`, 'missing', 1],
  ['the last entries cut off', `DELETE FROM entry WHERE id % 1000 > 7`, 'cut-short', 8],
  ['all entries deleted', `DELETE FROM entry`, 'cut-short', 1],
  ['personal columns deleted', `DELETE FROM personal WHERE id % 1000 = 6`, 'lost-personal', 6],
  [
    'two entries exchanged',
    `UPDATE entry SET id = -1 WHERE id % 1000 = 3; UPDATE entry SET id = id - 1 WHERE id % 1000 = 4;
     UPDATE entry SET id = (SELECT id + 1 FROM entry WHERE id % 1000 = 3) WHERE id = -1`,
    'changed',
    3,
  ],
  [
    'personal columns exchanged',
    `UPDATE personal SET id = -1 WHERE id % 1000 = 3; UPDATE personal SET id = id - 1 WHERE id % 1000 = 4;
     UPDATE personal SET id = (SELECT id + 1 FROM personal WHERE id % 1000 = 3) WHERE id = -1`,
    'changed-personal',
    3,
  ],
  [
    'an entry inserted at the end of the chain',
    `INSERT INTO entry SELECT id + 1, entry, at, "transaction", receiptHash, noticeKind, noticeStatus, cause, program, rule,
     policy, attestation, optOut, peer, tenant, erased, "commitment", hash, trunk FROM entry WHERE id % 1000 = 10`,
    'changed',
    11,
  ],
  ['the chain renamed', `UPDATE chain SET name = 'other'`, 'changed', 1],
  ['the chain forgotten', `DELETE FROM chain`, 'cut-short', 1],
  [
    'a checkpoint edited',
    `UPDATE checkpoint SET line = replace(line, '"version":1', '"version":1,"at":1')`,
    'unsigned',
    0,
  ],
  ['a checkpoint spelled otherwise', `UPDATE checkpoint SET line = line || ' '`, 'unsigned', 0],
  ['a checkpoint dated otherwise', `UPDATE checkpoint SET at = at + 1`, 'unsigned', 0],
  ['a checkpoint that is none', `UPDATE checkpoint SET line = 'x'`, 'unsigned', 0],
  ['the time that retention goes by', `UPDATE personal SET at = at + 1 WHERE id % 1000 = 5`, 'changed-personal', 5],
  [
    'personal columns of no entry',
    `INSERT INTO personal SELECT id + 100, at, salt, receipt, calling, called, displayName, callId, request, answer, grounds
     FROM personal WHERE id % 1000 = 5`,
    'stray',
    105,
  ],
  [
    'an entry of no chain',
    `INSERT INTO entry SELECT id + 7 * CHAIN, entry, at, "transaction", receiptHash, noticeKind, noticeStatus, cause, program,
     rule, policy, attestation, optOut, peer, tenant, erased, "commitment", hash, trunk FROM entry WHERE id % 1000 = 5`,
    'stray',
    5,
  ],
  ['the key forgotten', `DELETE FROM checkpoint_key`, 'unsigned', 10],
]

function tampering(fresh: (t: TestContext) => StoreOnTrial): void {
  for (const [name, sql, fault, seq] of TAMPERS) {
    test(`verify finds it and names the entry: ${name}`, async (t) => {
      const store = fresh(t)
      const ledger = await store.open()
      for (let number = 1; number < 10; number++) void ledger.record(sampleBlock(number))
      await ledger.record(sampleBlock(10))
      await ledger.close()
      assert.deepEqual(look(store), { entries: 10, fault: undefined }, 'the control must verify')

      store.execute(idsToSeq(sql))

      const { fault: found } = verify(store)
      assert.deepEqual(found && { kind: found.kind, seq: found.seq }, { kind: fault, seq })
    })
  }

  test('a store put back to an older state is a fork for whoever kept the checkpoints', async (t) => {
    const store = fresh(t)
    const checkpointFile = store.file('checkpoints.jsonl')
    const record = async (from: number, to: number) => {
      const ledger = await store.open({ checkpointFile })
      for (let number = from; number <= to; number++) await ledger.record(sampleBlock(number))
      await ledger.close()
    }
    await record(1, 5)
    await record(6, 9)
    const kept = readCheckpoints(checkpointFile)
    assert.equal(kept.length, 2)

    // What a backup of after the first run holds, and then goes on by itself.
    store.execute(
      idsToSeq(`DELETE FROM entry WHERE id % 1000 > 5; DELETE FROM personal WHERE id % 1000 > 5;
        DELETE FROM checkpoint WHERE id > 1`),
    )
    assert.equal(verify(store).fault, undefined, 'by itself it looks whole')
    assert.equal(verify(store, kept).fault?.kind, 'cut-short')
    await record(11, 18)

    assert.equal(verify(store).fault, undefined, 'by itself it looks whole')
    const { fault } = verify(store, kept)
    assert.deepEqual(fault, { kind: 'forked', chain: 'gate', seq: 9 })
  })

  test('checkpoints signed by anyone else do not count', async (t) => {
    const store = fresh(t)
    const ledger = await store.open()
    await ledger.record(sampleBlock(1))
    await ledger.close()
    const stranger = { key: '0123456789abcdef', sign: () => new Uint8Array(64) }

    const { fault } = verify(store, [signCheckpoint(1, [{ chain: 'gate', seq: 1, hash: 'ff'.repeat(32) }], stranger)])

    assert.equal(fault?.kind, 'unsigned')
  })

  test('a checkpoint is signed while entries arrive, without waiting for the end', async (t) => {
    const store = fresh(t)
    const ledger = await store.open({ checkpointEveryMs: 1, checkpointFile: store.file('checkpoints.jsonl') })
    await ledger.record(sampleBlock(1))
    while (ledger.figures().checkpoints === 0) await new Promise((resolve) => setTimeout(resolve, 20))

    const kept = readCheckpoints(store.file('checkpoints.jsonl'))

    assert.deepEqual(
      kept[0]?.heads.map(({ chain, seq }) => [chain, seq]),
      [['gate', 1]],
    )
    assert.equal(verify(store, kept).fault, undefined)
    await ledger.close()
    assert.equal(ledger.figures().checkpoints, 1, 'nothing new, nothing to sign')
  })
}

function erasing(fresh: (t: TestContext) => StoreOnTrial): void {
  test('an erasure takes the personal columns and leaves a chain that verifies and says so', async (t) => {
    const store = fresh(t)
    const ledger = await store.open()
    for (let number = 0; number < 40; number++) void ledger.record(sampleBlock(number))
    ledger.note(noteOf({ ...JOURNALLED, calling: '+12125550009' }))
    ledger.note(noteOf({ ...JOURNALLED, calling: '+12125550010' }))
    await ledger.record(sampleBlock(40))
    const one = sampleBlock(3).personal.receipt

    const erasures = [
      await ledger.erase({ by: 'receipt', receipt: one }, SAMPLE_START_MS + 100),
      await ledger.erase({ by: 'number', number: '+12125550009' }, SAMPLE_START_MS + 101),
      await ledger.erase({ by: 'age', beforeMs: SAMPLE_START_MS + 6 }, SAMPLE_START_MS + 102),
      await ledger.erase({ by: 'receipt', receipt: one }, SAMPLE_START_MS + 103),
    ]

    assert.deepEqual(
      erasures.map(({ blocks, journal }) => [blocks, journal]),
      [
        [1, 0],
        [1, 1],
        [5, 1],
        [0, 0],
      ],
    )
    const reader = store.read()
    const found = reader.find(one)!
    assert.deepEqual([found.personal, found.salt, found.open.seq], [undefined, undefined, 4])
    assert.equal(reader.find(sampleBlock(6).personal.receipt)?.personal?.callId, '6@pc33.example')
    assert.deepEqual(
      reader.list({ entry: 'erasure' }, 'oldest', 10).map(({ open }) => [open.cause, open.erased]),
      [
        ['request', [{ chain: 'gate', first: 4, last: 4 }]],
        ['request', [{ chain: 'gate', first: 10, last: 10 }]],
        [
          'retention',
          [
            { chain: 'gate', first: 1, last: 3 },
            { chain: 'gate', first: 5, last: 6 },
          ],
        ],
      ],
    )
    assert.equal((await ledger.recentBlocks(SAMPLE_START_MS)).length, 34)
    reader.close()
    await ledger.close()
    assert.deepEqual(look(store), { entries: 44, fault: undefined })
    assert.equal(verify(store).erased, 7)
  })

  test('another writer with a chain of its own may erase while the gate records', async (t) => {
    const store = fresh(t)
    const gate = await store.open()
    const clerk = await store.open({ chain: 'erase' })
    const recording = Array.from({ length: 300 }, (_, number) => gate.record(sampleBlock(number)))
    await recording[100]

    const erasing = clerk.erase({ by: 'number', number: '+12125550050' }, SAMPLE_START_MS)
    await Promise.all(recording)
    assert.equal((await erasing).blocks, 1)
    const { seq } = await gate.record(sampleBlock(300))

    assert.equal(seq, 301)
    await clerk.close()
    await gate.close()
    const { entries, erased, fault, heads } = verify(store)
    assert.deepEqual({ entries, erased, fault }, { entries: 302, erased: 1, fault: undefined })
    assert.deepEqual(
      heads.map(({ chain, seq }) => [chain, seq]),
      [
        ['gate', 301],
        ['erase', 1],
      ],
    )
  })

  for (const [name, sql] of [
    ['erased = white space before it', `UPDATE entry SET erased = ' ' || erased WHERE entry = 'erasure'`],
    ['erased = a wider range', `UPDATE entry SET erased = '[["gate",1,2]]' WHERE entry = 'erasure'`],
    ['noticeStatus = 603', `UPDATE entry SET noticeStatus = 603 WHERE entry = 'erasure'`],
    ['optOut = 0', `UPDATE entry SET optOut = 0 WHERE entry = 'erasure'`],
  ] as const) {
    test(`verify finds it in an entry without personal columns: ${name}`, async (t) => {
      const store = fresh(t)
      const ledger = await store.open()
      await ledger.record(sampleBlock(1))
      await ledger.erase({ by: 'receipt', receipt: sampleBlock(1).personal.receipt }, SAMPLE_START_MS)
      await ledger.close()
      assert.equal(verify(store).fault, undefined, 'the control must verify')

      store.execute(sql)

      assert.deepEqual(verify(store).fault, { kind: 'changed', chain: 'gate', seq: 2 })
    })
  }

  test('an erasure that did not happen, or was undone, does not verify', async (t) => {
    const store = fresh(t)
    const ledger = await store.open()
    for (let number = 0; number < 5; number++) await ledger.record(sampleBlock(number))
    await ledger.close()
    store.execute('CREATE TABLE kept AS SELECT * FROM personal')
    const clerk = await store.open()
    await clerk.erase({ by: 'receipt', receipt: sampleBlock(2).personal.receipt }, SAMPLE_START_MS)
    await clerk.close()
    assert.equal(verify(store).fault, undefined)

    store.execute('INSERT OR IGNORE INTO personal SELECT * FROM kept')

    assert.deepEqual(verify(store).fault, { kind: 'kept-personal', chain: 'gate', seq: 3 })
  })

  for (const [name, jumpMs] of [
    ['more than 90 days ahead of the newest row', 91 * DAY_MS],
    ['more than a day behind the newest row', -2 * DAY_MS],
  ] as const) {
    test(`a clock that is ${name} erases nothing by age, and it is said`, async (t) => {
      const store = fresh(t)
      const before = await store.open()
      for (let number = 0; number < 5; number++) await before.record(sampleBlock(number))
      await before.close()
      const ledger = await store.open()
      const atMs = SAMPLE_START_MS + jumpMs
      // What it records itself by the same clock does not make that clock any better.
      await ledger.record({ ...sampleBlock(5), at: atMs })
      const old = { by: 'age', beforeMs: SAMPLE_START_MS + 3 } as const

      await assert.rejects(ledger.erase(old, atMs), {
        code: 'clock',
        message:
          /^nothing is erased by age: the clock says \d{4}-\d\d-\d\d, \d+ days (after|before) the newest row .*--older/,
      })

      const one = { by: 'receipt', receipt: sampleBlock(4).personal.receipt } as const
      assert.equal((await ledger.erase(one, atMs)).blocks, 1, 'a person who asks is another matter')
      assert.ok((await ledger.erase(old, SAMPLE_START_MS + 9)).blocks >= 3, 'set right again, it goes on')
      await ledger.close()
      const clerk = await store.open({ chain: 'clerk', trustClock: true })
      assert.equal((await clerk.erase({ by: 'age', beforeMs: SAMPLE_START_MS + 4 }, atMs + 3_650 * DAY_MS)).blocks, 1)
      await clerk.close()
    })
  }

  test('an erasure of more rows than one step or one entry takes is still whole', async (t) => {
    const store = fresh(t)
    const ledger = await store.open()
    const blocks = 2_600
    for (let number = 0; number < blocks; number++) {
      void ledger.record(sampleBlock(number, number % 2 === 0 ? { calling: '+13035550100' } : {}))
    }

    const { blocks: erased } = await ledger.erase({ by: 'number', number: '+13035550100' }, SAMPLE_START_MS)

    await ledger.close()
    assert.equal(erased, blocks / 2)
    const { fault, erased: gone } = verify(store)
    assert.deepEqual({ fault, gone }, { fault: undefined, gone: blocks / 2 })
  })
}

function killing(fresh: (t: TestContext) => StoreOnTrial): void {
  test('killed at random moments, no block that was told of is lost, none is there twice, and the chain verifies', async (t) => {
    const store = fresh(t)
    const told: string[] = []

    for (let round = 0; round < 5; round++) told.push(...(await recordUntilKilled(store.url, round, {})))

    const { missing, doubled } = compare(store, told)
    t.diagnostic(`${told.length} blocks told of before 5 kills, ${missing} missing`)
    assert.ok(told.length > 500, 'too few to prove anything')
    assert.deepEqual({ missing, doubled, fault: verify(store).fault }, { missing: 0, doubled: 0, fault: undefined })
  })

  test('control: told of before the commit, the same kills do lose blocks', async (t) => {
    const store = fresh(t)
    let missing = 0

    for (let round = 0; round < 10 && missing === 0; round++) {
      const told = await recordUntilKilled(store.url, round, { acknowledge: 'before-commit' })
      missing = compare(store, told).missing
    }

    assert.ok(missing > 0, 'a check that cannot fail proves nothing')
  })
}

/** Runs a process that records, kills it without warning, and answers with the receipts it was told were safe. */
async function recordUntilKilled(url: string, round: number, options: LedgerOptions): Promise<string[]> {
  const script = fileURLToPath(new URL('./contract-child.ts', import.meta.url))
  const child = spawn(process.execPath, [script, url, String(round), JSON.stringify(options)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const told: string[] = []
  const lines = createInterface({ input: child.stdout })
  lines.on('line', (line) => {
    if (line === 'open') setTimeout(() => child.kill('SIGKILL'), 100 + Math.random() * 300)
    else if (line.length === 64) told.push(line)
  })
  await Promise.all([once(child, 'exit'), once(lines, 'close')])
  return told
}

function compare(store: StoreOnTrial, told: readonly string[]): { missing: number; doubled: number } {
  const reader = store.read()
  const missing = told.filter((receipt) => reader.find(receipt) === undefined).length
  reader.close()
  const doubled = store.count('SELECT count(*) - count(DISTINCT receipt) FROM personal')
  return { missing, doubled }
}

function look(store: StoreOnTrial) {
  const { entries, fault } = verify(store)
  return { entries, fault }
}

function verify(store: StoreOnTrial, checkpoints: readonly Checkpoint[] = []) {
  const reader = store.read()
  try {
    return reader.verify({ checkpoints })
  } finally {
    reader.close()
  }
}

const DAY_MS = 86_400_000

const JOURNALLED: JournalRow = {
  at: SAMPLE_START_MS,
  calling: '',
  called: '+14155550199',
  peer: 'edge',
  trunk: 'tg1',
  attestation: 'A',
  verdict: 'allow',
  rule: '',
}

function readCheckpoints(path: string): Checkpoint[] {
  return readFileSync(path, 'utf8')
    .trimEnd()
    .split('\n')
    .map((line) => parseCheckpoint(line)!)
}

/** The tables above say `id % 1000` for an entry's number in its chain. */
function idsToSeq(sql: string): string {
  return sql.replaceAll('id % 1000', `id % ${CHAIN_SPAN}`).replaceAll('CHAIN', String(CHAIN_SPAN))
}

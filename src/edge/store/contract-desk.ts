// One thing: everything a store must keep of what the desk promises, as one suite that any store runs.
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { test, type TestContext } from 'node:test'
import { fileURLToPath } from 'node:url'
import { readCase } from '#core/redress/case.ts'
import {
  askClaimant,
  confirmCase,
  decideCase,
  noteProof,
  withdrawCase,
  type Step,
  type StepTerms,
} from '#core/redress/steps.ts'
import {
  SAMPLE_AT,
  SAMPLE_LETTERS,
  SAMPLE_TERMS,
  sampleId,
  sampleOpened,
  sampleOpening,
} from './contract-desk-samples.ts'
import type { DeskStore, DeskStoreOptions } from './desk-store.ts'

/** A store of its own for one test, removed after it. */
export type DeskOnTrial = {
  readonly url: string
  readonly open: (options?: Partial<DeskStoreOptions>) => DeskStore
  /** Somebody with write access who goes around the desk. */
  readonly execute: (sql: string) => void
  readonly count: (sql: string) => number
}

/** Registers the suite; `fresh` gives each test an empty store. */
export function deskContract(fresh: (t: TestContext) => DeskOnTrial): void {
  test('a case is read back with everything it was recorded with, and by its link alone', (t) => {
    const store = fresh(t).open()
    assert.equal(store.record(sampleOpened(1)), 'recorded')

    const { id, statusToken, claim } = sampleOpening(1)
    const [opened, ...more] = store.events(id)
    assert.deepEqual([opened!.seq, opened!.at, opened!.kind, more], [1, SAMPLE_AT, 'opened', []])
    assert.deepEqual(readCase([opened!], SAMPLE_AT, SAMPLE_TERMS)!.claim.numbers, claim.numbers)
    assert.equal(store.caseOf(statusToken.hash, 'status', SAMPLE_AT), id)
    assert.equal(store.caseOf(statusToken.hash, 'confirm', SAMPLE_AT), undefined)
    assert.equal(store.caseOf('0'.repeat(64), 'status', SAMPLE_AT), undefined)
    assert.deepEqual(store.events(sampleId('another')), [])
  })

  test('a change is recorded whole or not at all: who was slower changes nothing, and sends nothing', (t) => {
    const trial = fresh(t)
    const store = trial.open()
    store.record(sampleOpened(1))
    const confirmed = changeOf(confirmCase(stepOf(store, 1), [], []))
    const mails = (): number => trial.count('SELECT count(*) FROM mail')
    const withdrawn = changeOf(withdrawCase(stepOf(store, 1), 'no more'))

    assert.equal(store.record(confirmed), 'recorded')
    const before = mails()
    assert.equal(store.record({ ...withdrawn, mails: confirmed.mails }), 'behind')

    assert.equal(mails(), before)
    assert.equal(store.events(sampleId('case 1')).length, 3)
    const marked = sampleOpened(2, { marks: [{ name: 'once', value: 'x' }] })
    assert.deepEqual(
      [store.record(marked), store.record(sampleOpened(3, { marks: marked.marks ?? [] }))],
      ['recorded', 'behind'],
    )
    assert.deepEqual([store.mark('once'), store.events(sampleId('case 3'))], ['x', []])
  })

  test('a lift, its entries for gates and its message are one change, and the event names the entries', (t) => {
    const trial = fresh(t)
    const store = trial.open()
    store.record(sampleOpened(1))
    store.record(changeOf(confirmCase(stepOf(store, 1), [], [])))
    const mails = trial.count('SELECT count(*) FROM mail')

    assert.equal(decide(store, 1), 'recorded')

    const effective = store.events(sampleId('case 1')).at(-1)!
    assert.equal(effective.kind, 'effective')
    const standing = store.standingOf(sampleId('case 1'))
    assert.deepEqual(
      effective.kind === 'effective' && effective.data.standing,
      standing.map(({ id }) => id),
    )
    assert.equal(standing.length, 1)
    assert.equal(trial.count('SELECT count(*) FROM mail'), mails + 2, 'the question and the decision')
    const { claim } = sampleOpening(1)
    assert.equal(store.liftsOn(claim.numbers[0]!, SAMPLE_AT).length, 1)
    assert.equal(store.liftsOn('+12125559999', SAMPLE_AT).length, 0)
  })

  test('a number is in lifts of itself, its block and its range while they are in force, and in none beside it', (t) => {
    const trial = fresh(t)
    const store = trial.open()
    const [from, until] = [SAMPLE_AT, SAMPLE_AT + 1_000]
    const common = { kind: 'lift', from, until, attestation: undefined, rule: undefined } as const
    const range = (first: string, last: string) => ({ kind: 'range', first, last }) as const
    const scopes = [
      { kind: 'number', number: '+12125550117' },
      { kind: 'block', prefix: '+1212555' },
      range('+12125540118', '+12125550117'),
      range('+12125550117', '+12125560116'),
      range('+12125550118', '+12125550119'),
      range('+121255501170', '+121255501179'),
      { kind: 'block', prefix: '+12125551' },
      { kind: 'block', prefix: '+121255501170' },
    ] as const
    const standing = scopes.map((scope, index) => ({ ...common, scope, origin: String(index) }))
    const change = { at: SAMPLE_AT, events: [], mails: [], ended: [], audit: [] }
    store.record({ ...change, standing })
    const found = (number: string, at: number) =>
      store
        .liftsOn(number, at)
        .map(({ origin }) => Number(origin))
        .toSorted((a, b) => a - b)
    assert.deepEqual(found('+12125550117', from), [0, 1, 2, 3])
    assert.deepEqual(found('+12125550117', until - 1), [0, 1, 2, 3])
    assert.deepEqual(found('+12125550117', from - 1), [])
    assert.deepEqual(found('+12125550117', until), [])
    assert.deepEqual(found('+12125540117', from), [])
    assert.deepEqual(found('+12125560116', from), [3])
    assert.deepEqual(found('+12125560117', from), [])
    assert.deepEqual(found('+121255501170', from), [1, 5, 7], 'a longer number is in no range of shorter ones')
    for (const odd of ['', '+', '+1', 'withheld', '+9']) assert.deepEqual(found(odd, from), [], odd)
    assert.deepEqual(store.registeredOn('+12125550117', from), [])
    store.record({ ...change, standing: [], ended: [store.liftsOn('+12125550117', from)[1]!.id] })
    assert.deepEqual(found('+12125550117', from), [0, 2, 3])
  })

  test('how many cases wait is right after every change, whoever made it', (t) => {
    const trial = fresh(t)
    const [store, other] = [trial.open(), trial.open()]
    const waiting = () => [store, other].map((one) => [one.waiting(), one.unconfirmed()].join())
    assert.deepEqual(waiting(), ['0,0', '0,0'])
    for (const number of [1, 2, 3]) store.record(sampleOpened(number))
    assert.deepEqual(waiting(), ['0,3', '0,3'], 'they wait to be confirmed')
    other.record(changeOf(confirmCase(stepOf(store, 1), [], [])))
    assert.deepEqual(waiting(), ['1,2', '1,2'])
    store.record(changeOf(withdrawCase(stepOf(store, 2), 'enough')))
    assert.deepEqual(waiting(), ['1,1', '1,1'])
    decide(other, 1)
    assert.deepEqual(waiting(), ['0,1', '0,1'])
    store.erase(SAMPLE_AT + 1, SAMPLE_AT + 2, 100)
    store.rebuildViews()
    assert.deepEqual(waiting(), ['0,1', '0,1'])
  })

  test('events are neither edited nor deleted, by whoever writes to the store', (t) => {
    const trial = fresh(t)
    trial.open().record(sampleOpened(1))

    for (const sql of [
      "UPDATE case_event SET data = '{}'",
      'UPDATE case_event SET at = 1, erasedAt = 5',
      "UPDATE case_event SET kind = 'withdrawn', erasedAt = 5",
      'DELETE FROM case_event',
    ])
      assert.throws(() => trial.execute(sql), /not edited|not deleted/, sql)
    assert.equal(trial.count('SELECT count(*) FROM case_event'), 1)
  })

  test('the queue is in the order of what is due, page by page, without a case twice or left out', (t) => {
    const store = fresh(t).open()
    for (let number = 0; number < 25; number++) {
      store.record(sampleOpened(number, { at: SAMPLE_AT + (number % 7) * 1_000, way: 'telephone' }))
    }
    for (const order of ['due', 'newest'] as const) {
      const seen: string[] = []
      let after: string | undefined
      do {
        const page = store.cases({ isOpen: true, order }, after, 4, SAMPLE_AT)
        seen.push(...page.cases.map(({ id }) => id))
        ;({ after } = page)
      } while (after !== undefined)
      assert.deepEqual([seen.length, new Set(seen).size], [25, 25])
    }
    const late = SAMPLE_AT + SAMPLE_TERMS.decideWithinMs + 3_500
    assert.equal(store.cases({ isOverdue: true }, undefined, 50, late).cases.length, 16)
    assert.equal(store.cases({ isOverdue: false }, undefined, 50, late).cases.length, 9)
    const { claim } = sampleOpening(3)
    assert.equal(store.cases({ number: claim.numbers[0] }, undefined, 50, late).cases.length, 1)
    assert.equal(store.cases({ receipt: claim.receipts[0] }, undefined, 50, late).cases.length, 1)
    assert.equal(store.cases({ receipt: 'x' }, undefined, 50, late).cases.length, 0)
  })

  test('what lists are made of can be thrown away and made anew, the same', (t) => {
    const trial = fresh(t)
    const store = trial.open()
    for (let number = 0; number < 8; number++) {
      store.record(sampleOpened(number))
      if (number % 2 === 0) store.record(changeOf(confirmCase(stepOf(store, number), [], [])))
      if (number % 4 === 0) decide(store, number)
    }
    const before = store.cases({}, undefined, 50, SAMPLE_AT)
    trial.execute("UPDATE case_view SET status = 'expired', claimant = 'nobody'; DELETE FROM case_number")

    assert.equal(store.rebuildViews(), 8)

    assert.deepEqual(store.cases({}, undefined, 50, SAMPLE_AT), before)
    assert.equal(trial.count('SELECT count(*) FROM case_number'), 8)
  })

  test('cases of the same number or claimant are found as related, others are not', (t) => {
    const store = fresh(t).open()
    const { claim } = sampleOpening(1)
    store.record(sampleOpened(1))
    store.record(sampleOpened(2))
    store.record(sampleOpened(3, { claim: { ...sampleOpening(3).claim, numbers: claim.numbers } }))
    store.record(sampleOpened(4, { claim: { ...sampleOpening(4).claim, claimant: claim.claimant } }))

    const related = store.related(sampleId('case 1'), 'all', 10, SAMPLE_AT)
    assert.deepEqual(new Set(related.map(({ id }) => id)), new Set([sampleId('case 3'), sampleId('case 4')]))
    assert.equal(store.related(sampleId('case 1'), 'open', 10, SAMPLE_AT).length, 0)
  })

  test('erased, a closed case still reads as what it was and names nobody; an open one is left alone', (t) => {
    const trial = fresh(t)
    const store = trial.open()
    for (const number of [1, 2]) {
      store.record(sampleOpened(number))
      store.record(changeOf(confirmCase(stepOf(store, number), [], [])))
    }
    decide(store, 1)
    const status = stepOf(store, 1).found.status

    const { cases } = store.erase(SAMPLE_AT + 1, SAMPLE_AT + 2, 100)

    assert.equal(cases, 1)
    assert.equal(stepOf(store, 1).found.status, status)
    const text = JSON.stringify(store.events(sampleId('case 1')))
    assert.doesNotMatch(text, /ann1@|Ann 1|\+1212/)
    assert.match(JSON.stringify(store.events(sampleId('case 2'))), /ann2@/)
    assert.equal(trial.count('SELECT count(*) FROM case_number'), 1)
    assert.equal(store.caseOf(sampleOpening(1).statusToken.hash, 'status', SAMPLE_AT), undefined)
    assert.equal(store.erase(SAMPLE_AT + 1, SAMPLE_AT + 3, 100).cases, 0)
  })

  test('killed 50 times while cases are filed and decided, nothing that was told of is lost', async (t) => {
    const trial = fresh(t)
    trial.open().close()
    const told: string[] = []
    for (let round = 0; round < KILLS; round++) told.push(...(await workUntilKilled(trial.url, round, {})))
    const store = trial.open()

    const missing = told.filter((line) => !isThere(store, line))

    t.diagnostic(`${told.length} answers before ${KILLS} kills, ${missing.length} missing`)
    assert.ok(
      told.length >= KILLS && told.some((line) => line.startsWith('decided')),
      `${told.length} are too few to prove anything`,
    )
    assert.deepEqual(missing, [])
    // A decision without its entries for gates, or entries without their decision, would be half a change.
    assert.equal(
      trial.count("SELECT count(*) FROM case_event WHERE kind = 'decided'"),
      trial.count("SELECT count(*) FROM standing WHERE kind = 'lift'"),
    )
  })

  test('control: answered before the commit, the same kills do lose cases', async (t) => {
    const trial = fresh(t)
    trial.open().close()
    let missing = 0
    for (let round = 0; round < 10 && missing === 0; round++) {
      const told = await workUntilKilled(trial.url, round, { acknowledge: 'before-commit' })
      const store = trial.open()
      missing = told.filter((line) => !isThere(store, line)).length
      store.close()
    }
    assert.ok(missing > 0, 'a check that cannot fail proves nothing')
  })
}

function stepOf(store: DeskStore, number: number): StepTerms {
  const events = store.events(sampleId(`case ${number}`))
  const found = readCase(events, SAMPLE_AT, SAMPLE_TERMS)!
  return { at: SAMPLE_AT, found, events, status: 'S'.repeat(22), letters: SAMPLE_LETTERS, terms: SAMPLE_TERMS }
}

function decide(store: DeskStore, number: number): 'recorded' | 'behind' {
  const worker = { name: 'Ben', account: 'ben' }
  const [contested = ''] = stepOf(store, number).found.numbers
  const proof = { number: contested, way: 'letter', at: SAMPLE_AT, detail: 'signed', strength: 'full' } as const
  store.record(changeOf(noteProof(stepOf(store, number), proof, worker)))
  store.record(changeOf(askClaimant(stepOf(store, number), 'Who calls?', worker)))
  const scope = { kind: 'number', number: contested } as const
  const lifts = [{ scope, until: undefined, attestation: undefined, rule: undefined }]
  return store.record(
    changeOf(decideCase(stepOf(store, number), { outcome: 'lift', lifts, reason: 'Heard.' }, undefined, worker, [])),
  )
}

function changeOf(step: Step) {
  if (step.kind === 'change') return step.change
  throw new Error(JSON.stringify(step))
}

function isThere(store: DeskStore, line: string): boolean {
  const [what, id = ''] = line.split(' ')
  return store.events(id).some(({ kind }) => kind === what)
}

/** Runs a process that works, kills it without warning, and answers what it was told is safe. */
async function workUntilKilled(url: string, round: number, options: Partial<DeskStoreOptions>): Promise<string[]> {
  const script = fileURLToPath(new URL('./contract-desk-child.ts', import.meta.url))
  const child = spawn(process.execPath, [script, url, String(round), JSON.stringify(options)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const told: string[] = []
  const lines = createInterface({ input: child.stdout })
  lines.on('line', (line) => {
    if (line === 'open') setTimeout(() => child.kill('SIGKILL'), 20 + Math.random() * 120)
    else if (/^(?:opened|decided) [A-Za-z0-9_-]{22}$/.test(line)) told.push(line)
  })
  await Promise.all([once(child, 'exit'), once(lines, 'close')])
  return told
}

const KILLS = 50

// The writer's thread: takes what has queued up, records it in one transaction, and only then says so.
import { setImmediate } from 'node:timers/promises'
import { type MessagePort, parentPort, receiveMessageOnPort, workerData } from 'node:worker_threads'
import { hashReceipt } from '#core/ledger/chain.ts'
import type { Erasure, Recorded, ReleaseCause, Selection, UnrecordedCode } from '#core/ledger/ledger.ts'
import type { AuditEntry } from './audit.ts'
import { ChainWriter, type Repeat, type WriterTerms } from './chain-writer.ts'
import { doubtClock } from './clock.ts'
import { createMention } from './mention.ts'
import { BLOCK_WIDTH, JOURNAL_WIDTH, unpackBlock, type JournalRows, type Packed } from './packed.ts'
import { SQLITE_BUSY, SQLITE_FULL, SQLITE_LOCKED, StoreError, sqliteCode, type StoreErrorCode } from './store-error.ts'

export type ThreadTerms = Omit<WriterTerms, 'acknowledged'> & {
  /** The `seq` of the last row that anybody was told of, as a double; NaN before the first start. Shared, for this thread may end. */
  readonly acknowledged: SharedArrayBuffer
  /** `before-commit` tells of rows that are not there yet: a control for tests that must then fail. */
  readonly acknowledge: 'after-commit' | 'before-commit'
  readonly journalKeepMs: number
  readonly checkpointEveryMs: number
  readonly scrubOctetsMax: number
  /** Somebody named the day: an erasure by age need not ask whether the clock can be right. */
  readonly trustClock: boolean
}

/** What the thread is sent. */
export type Order =
  | { readonly kind: 'blocks'; readonly values: Packed }
  | { readonly kind: 'journal'; readonly rows: JournalRows }
  | { readonly kind: 'ask'; readonly id: number; readonly question: Question }
  /** Another thread hands in blocks and journal rows on a port of its own. */
  | { readonly kind: 'join'; readonly port: MessagePort }

export type Question =
  | { readonly kind: 'release'; readonly block: Recorded; readonly atMs: number; readonly cause: ReleaseCause }
  | { readonly kind: 'audit'; readonly entry: AuditEntry }
  | { readonly kind: 'rules'; readonly ids: readonly string[]; readonly atMs: number }
  | { readonly kind: 'secret'; readonly name: string }
  | { readonly kind: 'erase'; readonly selection: Selection; readonly atMs: number }
  | { readonly kind: 'close' }

/** What it sends. Blocks are told of in the order they came in, so a count says which. */
export type Report =
  | { readonly kind: 'opened' }
  | { readonly kind: 'unopened'; readonly code: StoreErrorCode; readonly message: string }
  | { readonly kind: 'recorded'; readonly count: number; readonly first: number; readonly repeats: readonly Repeat[] }
  | { readonly kind: 'refused'; readonly count: number; readonly code: UnrecordedCode; readonly detail: string }
  | { readonly kind: 'journalled'; readonly written: number; readonly dropped: number }
  | { readonly kind: 'answer'; readonly id: number; readonly value: unknown }
  | { readonly kind: 'fault'; readonly id: number; readonly code: UnrecordedCode; readonly detail: string }
  | { readonly kind: 'declined'; readonly id: number; readonly code: StoreErrorCode; readonly message: string }
  | { readonly kind: 'state'; readonly state: ThreadState }

export type ThreadState = {
  readonly checkpoints: number
  readonly reopened: number
  readonly lost: number
  readonly failure: string | undefined
}

/** What one message brought, and how far it has been taken. */
type Handed = { readonly from: MessagePort; readonly values: Packed; at: number }

/** The same of journal rows. */
type HandedRows = { readonly from: MessagePort; readonly rows: JournalRows; at: number }

/** Rows of one batch, and whose they are: so many of one port, then so many of the next. */
type Taken = { readonly values: Packed; readonly shares: { readonly from: MessagePort; rows: number }[] }

const terms = workerData as ThreadTerms
const acknowledged = new Float64Array(terms.acknowledged)
/** Who hands in: the thread that started this one, and those that have joined since. */
const owner = parentPort!
const ports = new Set<MessagePort>([owner])
const blocks: Handed[] = []
const journal: HandedRows[] = []
const questions: { from: MessagePort; id: number; question: Question }[] = []
/** Why blocks cannot be recorded just now. */
let failure: { code: UnrecordedCode; detail: string; at: number } | undefined
/** Why the last checkpoint could not be signed or written. */
let trouble: string | undefined
/** Why the journal keeps what it should have forgotten. */
let overdue: string | undefined
let told = ''
/** In an object, for it changes while others wait. */
const run = { working: false, closed: false }
/** By the steady clock: the other may be set back, and nothing would be signed for as long. */
let lastCheckpointAt = performance.now()

const writer = open()
if (writer !== undefined) {
  hear(owner, writer)
  setInterval(() => look(writer), 1_000).unref()
  setInterval(() => void forget(writer), 3_600_000).unref()
}

function hear(port: MessagePort, writer: ChainWriter): void {
  port.on('message', (order: Order) => {
    take(order, port)
    if (order.kind === 'join') hear(order.port, writer)
    void work(writer)
  })
  port.on('close', () => ports.delete(port))
}

function open(): ChainWriter | undefined {
  try {
    const last = acknowledged[0]!
    const writer = new ChainWriter({ ...terms, acknowledged: Number.isNaN(last) ? undefined : last })
    // Whatever the thread before did not get to tell has been settled now.
    acknowledged[0] = writer.seq
    tell({ kind: 'opened' })
    return writer
  } catch (cause) {
    const code = cause instanceof StoreError ? cause.code : 'failed'
    tell({ kind: 'unopened', code, message: cause instanceof Error ? cause.message : String(cause) })
    return undefined
  }
}

function tell(report: Report, to: MessagePort = owner): void {
  to.postMessage(report, [])
}

function take(order: Order, from: MessagePort): void {
  if (order.kind === 'ask') questions.push({ from, id: order.id, question: order.question })
  else if (order.kind === 'join') ports.add(order.port)
  else if (order.kind === 'blocks') blocks.push({ from, values: order.values, at: 0 })
  else journal.push({ from, rows: order.rows, at: 0 })
}

/** Works until nothing waits. Asynchronous for the sake of long questions, which let recording go on between steps. */
async function work(writer: ChainWriter): Promise<void> {
  if (run.working) return
  run.working = true
  while (!run.closed) {
    drain()
    if (blocks.length > 0 || journal.length > 0) {
      recordSome(writer)
      continue
    }
    const asked = questions.shift()
    if (asked === undefined) break
    await answer(writer, asked)
  }
  run.working = false
}

function drain(): void {
  for (const port of ports) {
    for (let next = receiveMessageOnPort(port); next !== undefined; next = receiveMessageOnPort(port)) {
      const order = next.message as Order
      take(order, port)
      if (order.kind === 'join' && writer !== undefined) hear(order.port, writer)
    }
  }
}

/** One group commit: up to `BATCH_ROWS` blocks, and a few journal rows that come along at no cost. */
function recordSome(writer: ChainWriter): void {
  const batch = takeRows(blocks, BLOCK_WIDTH, BATCH_ROWS)
  const notes = takeJournal(JOURNAL_ROWS)
  const entries = []
  for (let at = 0; at < batch.values.length; at += BLOCK_WIDTH) entries.push(unpackBlock(batch.values, at))
  if (terms.acknowledge === 'before-commit') tellRecorded(batch, 0, [])
  const refuse = ({ code, detail }: { code: UnrecordedCode; detail: string }) => {
    if (terms.acknowledge === 'after-commit') {
      for (const { from, rows } of batch.shares) tell({ kind: 'refused', count: rows, code, detail }, from)
    }
    for (const { from, rows } of notes.shares) tell({ kind: 'journalled', written: 0, dropped: rows }, from)
  }
  if (failure !== undefined && performance.now() - failure.at < RETRY_MS) return refuse(failure)
  try {
    const { first, repeats } = writer.record(entries, notes.rows)
    acknowledged[0] = writer.seq
    if (terms.acknowledge === 'after-commit') tellRecorded(batch, first, repeats)
    for (const { from, rows } of notes.shares) tell({ kind: 'journalled', written: rows, dropped: 0 }, from)
    failure = undefined
  } catch (cause) {
    failure = { ...classify(cause), at: performance.now() }
    refuse(failure)
  }
  tellState(writer)
}

/** Tells each port of its own rows, which lie side by side. */
function tellRecorded({ shares }: Taken, first: number, repeats: readonly Repeat[]): void {
  let start = 0
  let seq = first
  for (const { from, rows } of shares) {
    const [begin, end] = [start, start + rows]
    const own = repeats.filter(({ index }) => index >= begin && index < end)
    tell({ kind: 'recorded', count: rows, first: seq, repeats: own.map((repeat) => moved(repeat, begin)) }, from)
    seq += rows - own.length
    start = end
  }
}

function moved(repeat: Repeat, by: number): Repeat {
  return by === 0 ? repeat : { ...repeat, index: repeat.index - by }
}

function takeRows(queue: Handed[], width: number, rows: number): Taken {
  const head = queue[0]
  if (head === undefined) return { values: [], shares: [] }
  if (head.at === 0 && head.values.length <= width * rows && queue.length === 1) {
    queue.shift()
    return { values: head.values, shares: [{ from: head.from, rows: head.values.length / width }] }
  }
  const taken: Taken = { values: [], shares: [] }
  for (let next = queue[0]; next !== undefined && taken.values.length < width * rows; next = queue[0]) {
    const end = Math.min(next.values.length, next.at + width * rows - taken.values.length)
    const count = (end - next.at) / width
    for (let at = next.at; at < end; at++) taken.values.push(next.values[at])
    const last = taken.shares.at(-1)
    if (last?.from === next.from) last.rows += count
    else taken.shares.push({ from: next.from, rows: count })
    if (end === next.values.length) queue.shift()
    else next.at = end
  }
  return taken
}

/** Takes up to so many journal rows, and says whose they were. */
function takeJournal(most: number): { rows: JournalRows[]; shares: { from: MessagePort; rows: number }[] } {
  const taken: ReturnType<typeof takeJournal> = { rows: [], shares: [] }
  let room = most * JOURNAL_WIDTH
  for (let next = journal[0]; next !== undefined && room > 0; next = journal[0]) {
    const { values, words } = next.rows
    const some = values.subarray(next.at, next.at + room)
    taken.rows.push({ values: some, words })
    taken.shares.push({ from: next.from, rows: some.length / JOURNAL_WIDTH })
    room -= some.length
    next.at += some.length
    if (next.at === values.length) journal.shift()
  }
  return taken
}

async function answer(writer: ChainWriter, { from, id, question }: (typeof questions)[number]): Promise<void> {
  if (question.kind === 'close') return finish(writer, id)
  try {
    tell({ kind: 'answer', id, value: await answerTo(writer, question) }, from)
  } catch (cause) {
    if (cause instanceof StoreError && cause.code === 'clock') {
      tell({ kind: 'declined', id, code: cause.code, message: cause.message }, from)
    } else {
      tell({ kind: 'fault', id, ...classify(cause) }, from)
    }
  }
  tellState(writer)
}

/** The end, whatever the disk says to it: who waits for it must not wait forever. */
function finish(writer: ChainWriter, id: number): void {
  for (const last of [() => writer.checkpoint(Date.now()), () => writer.close()]) {
    try {
      last()
    } catch (cause) {
      trouble = classify(cause).detail
    }
  }
  tellState(writer)
  tell({ kind: 'answer', id, value: undefined })
  run.closed = true
  for (const port of ports) port.close()
}

function answerTo(writer: ChainWriter, question: Exclude<Question, { kind: 'close' }>): unknown {
  switch (question.kind) {
    case 'release': {
      const { block, atMs, cause } = question
      return writer.release(block.transaction, hashReceipt(block.receipt), atMs, cause)
    }
    case 'audit':
      return writer.noteAudit(question.entry)
    case 'rules':
      return writer.ruleNumbers(question.ids, question.atMs)
    case 'secret':
      return writer.secret(question.name)
    default:
      return erase(writer, question.selection, question.atMs)
  }
}

/** Throws StoreError where the clock that says what is old cannot be right. */
function assertClock(writer: ChainWriter, nowMs: number): void {
  const doubt = doubtClock(nowMs, writer.dated(performance.now()), 'the newest row')
  if (doubt === undefined) return
  const advice = 'set the clock right, or if it is, name the day: recourse ledger erase --older-than 2026-11-22 --yes'
  throw new StoreError('clock', `nothing is erased by age: ${doubt}; ${advice}`)
}

/** In short steps; blocks that come in meanwhile are recorded between them. */
async function erase(writer: ChainWriter, selection: Selection, atMs: number): Promise<Erasure> {
  if (selection.by === 'age' && !terms.trustClock) assertClock(writer, atMs)
  const erased = { blocks: 0, journal: 0, looked: 0 }
  const breathe = async () => {
    await setImmediate()
    drain()
    while (blocks.length > 0 || journal.length > 0) recordSome(writer)
  }
  for (let some = writer.eraseSome(selection, atMs); some > 0; some = writer.eraseSome(selection, atMs)) {
    erased.blocks += some
    erased.looked += some
    await breathe()
  }
  const mention = selection.by === 'number' ? createMention(selection.number) : undefined
  let place = mention === undefined ? undefined : { mention, from: 0 }
  while (place !== undefined) {
    const { blocks, looked, next } = writer.eraseMentions(place.mention, place.from, atMs)
    erased.blocks += blocks
    erased.looked += looked
    place = next === undefined ? undefined : { mention: place.mention, from: next }
    await breathe()
  }
  for (let from: number | undefined = 0; from !== undefined;) {
    const { journal, next }: { journal: number; next: number | undefined } = writer.eraseJournal(selection, from)
    erased.journal += journal
    from = next
    await breathe()
  }
  if (erased.blocks + erased.journal === 0) return { ...erased, scrubbed: true }
  return { ...erased, scrubbed: writer.scrub(terms.scrubOctetsMax) }
}

/** Signs a checkpoint when one is due. */
function look(writer: ChainWriter): void {
  if (run.closed || performance.now() - lastCheckpointAt < terms.checkpointEveryMs) return
  lastCheckpointAt = performance.now()
  try {
    writer.checkpoint(Date.now())
    trouble = undefined
  } catch (cause) {
    trouble = classify(cause).detail
  }
  tellState(writer)
}

/** Deletes what the journal has kept long enough. */
async function forget(writer: ChainWriter): Promise<void> {
  const nowMs = Date.now()
  const selection: Selection = { by: 'age', beforeMs: nowMs - terms.journalKeepMs }
  try {
    assertClock(writer, nowMs)
    for (let next: number | undefined = 0; next !== undefined; await setImmediate()) {
      if (run.closed) return
      next = writer.eraseJournal(selection, next).next
    }
    overdue = undefined
  } catch (cause) {
    overdue = classify(cause).detail
  }
  tellState(writer)
}

function classify(cause: unknown): { code: UnrecordedCode; detail: string } {
  const number = sqliteCode(cause instanceof StoreError ? cause.cause : cause)
  const code = number === SQLITE_FULL ? 'full' : number === SQLITE_BUSY || number === SQLITE_LOCKED ? 'busy' : 'failed'
  return { code, detail: cause instanceof Error ? cause.message : String(cause) }
}

function tellState({ checkpoints, reopened, lost }: ChainWriter): void {
  const state = { checkpoints, reopened, lost, failure: failure?.detail ?? trouble ?? overdue }
  const text = JSON.stringify(state)
  if (text === told) return
  told = text
  tell({ kind: 'state', state })
}

/** Blocks in one group commit: more would keep the first of them waiting. */
const BATCH_ROWS = 512
/** Journal rows that one transaction takes along. */
const JOURNAL_ROWS = 2_048
/** How long a failed store is left alone before it is opened again. */
const RETRY_MS = 250

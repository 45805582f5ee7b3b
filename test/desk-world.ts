import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { DatabaseSync } from 'node:sqlite'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { JournalRow } from '#core/ledger/ledger.ts'
import type { Worker } from '#core/redress/office.ts'
import type { Policy, VolumeRule } from '#core/rules/policy.ts'
import { noteOf, sampleBlock } from '#edge/store/contract-samples.ts'
import { JournalTable } from '#edge/store/journal-table.ts'
import { JournalPacker } from '#edge/store/packed.ts'
import { openLedger } from '#edge/store/sqlite-ledger.ts'
import { parseParty } from '#core/call/party.ts'
import type { Config, VerificationConfig } from '#main/config/config.ts'
import { type DeskRoom, openDeskRoom } from '#main/desk/desk-room.ts'

/** Cases and calls in a store of their own, by the code of the service, with a clock that a test moves. */
export type DeskWorld = DeskRoom & {
  readonly path: string
  readonly evidence: string
  readonly alarms: unknown[]
  /** Milliseconds since 1970. */
  now: number
  /** Opens a case as a page does, and follows the link of its message. */
  confirmed(number: string): Promise<string>
  /** Proves the number of a case by a letter, and lifts it. */
  lifted(
    id: string,
    number: string,
    more?: { rule?: string; attestation?: 'A'; until?: number; part?: true },
  ): Promise<void>
  /** Gates screened calls. */
  screened(...rows: readonly Partial<JournalRow>[]): void
  /** A gate blocked a call. */
  blocked(block: {
    calling: string
    at: number
    rule?: string
    cause?: 'analytics' | 'do-not-originate'
    attestation?: 'A' | 'C'
    /** Taken back at once: the call was continued. */
    isReleased?: boolean
  }): Promise<void>
  mails(): { to: string; purpose: string; subject: string }[]
  kinds(id: string): string[]
}

export const WORKER: Worker = { name: 'Beth', account: 'beth' }
export const DESK_START_MS = Date.UTC(2026, 10, 23, 12)
const VOLUME: VolumeRule = {
  kind: 'volume',
  id: 'volume',
  number: 1,
  mode: 'enforce',
  cause: 'analytics',
  program: 'opt-out',
  of: 'number',
  prefix: undefined,
  perMs: 600_000,
  capacity: 1024,
  counter: 0,
  limit: 100,
}
/** Two rules of analytics, and one that no lift reaches. */
export const POLICY: Policy = {
  version: 'v1',
  exemptions: [],
  rules: [
    VOLUME,
    { ...VOLUME, id: 'volume-2', number: 2, counter: 1, of: 'block' },
    {
      kind: 'invalid',
      id: 'no-such-number',
      number: 3,
      mode: 'enforce',
      cause: 'invalid',
      program: 'none',
      except: [],
      isNorthAmerican: true,
    },
  ],
}
const VERIFICATION: VerificationConfig = {
  kind: 'number',
  begins: parseParty('+18005550142'),
}

export async function openDeskWorld(owner: { after(end: () => unknown): void }): Promise<DeskWorld> {
  const directory = mkdtempSync(join(tmpdir(), 'recourse-desk-'))
  const path = join(directory, 'recourse.db')
  const evidence = join(directory, 'evidence')
  const config = {
    operator: { name: 'Northwire' },
    store: { kind: 'sqlite', path },
    policy: POLICY,
    desk: { public: 'https://desk.northwire.example', evidence, verification: VERIFICATION, zone: 'America/New_York' },
  } as unknown as Config
  const ledger = await openLedger(`sqlite:${path}`)
  const alarms: unknown[] = []
  const room = openDeskRoom({
    config: () => config,
    receipts: () => ({ keys: new Map([[0, new Uint8Array(32)]]), currentSlot: 0 }),
    holders: () => [],
    now: () => world.now,
    alarm: (cause) => void alarms.push(cause),
  })
  const db = new DatabaseSync(path)
  owner.after(async () => {
    db.close()
    room.close()
    await ledger.close()
    rmSync(directory, { recursive: true })
  })
  let blocks = 0
  const world: DeskWorld = {
    ...room,
    path,
    evidence,
    alarms,
    now: DESK_START_MS,
    async confirmed(number) {
      const claimant = {
        name: 'Ann',
        email: `a${number.slice(1)}@caller.example`,
        organisation: undefined,
        tel: undefined,
        acts: 'for-itself',
      } as const
      const claim = {
        receipts: [],
        numbers: [number],
        calls: [],
        claimant,
        purpose: 'Reminders',
        changed: '',
        webhook: undefined,
      }
      const filed = await room.desk.file(claim, {
        address: '192.0.2.7',
        work: undefined,
        waited: false,
        once: undefined,
      })
      assert.ok(filed.kind === 'filed', filed.kind)
      await room.desk.confirm(room.cases.confirmToken(filed.case).token)
      return filed.case
    },
    async lifted(id, number, { rule, attestation, until, part } = {}) {
      await room.office.prove(id, { number, way: 'letter', detail: 'signed' }, WORKER)
      const lifts = [{ scope: { kind: 'number', number }, until, attestation, rule }] as const
      const decision =
        part === undefined
          ? ({ outcome: 'lift', lifts, reason: 'Wanted.' } as const)
          : ({ outcome: 'partly', lifts, reason: 'Wanted.', next: 'Ask again.' } as const)
      const decided = await room.office.decide(id, decision, undefined, WORKER)
      assert.equal(decided.kind, 'done', JSON.stringify(decided))
    },
    screened(...rows) {
      const packer = new JournalPacker()
      for (const row of rows) packer.add(noteOf({ ...ROW, at: world.now, ...row }))
      new JournalTable(db).insert(packer.take())
    },
    async blocked({ calling, at, rule = 'volume', cause = 'analytics', attestation = 'A', isReleased = false }) {
      const block = sampleBlock(++blocks, { calling })
      const recorded = await ledger.record({ ...block, at, rule, cause, attestation })
      if (isReleased) await ledger.release(recorded, at, 'late')
    },
    mails: () =>
      db
        .prepare('SELECT recipient AS "to", purpose, subject FROM mail ORDER BY id')
        .all()
        .map((row) => ({ to: String(row['to']), purpose: String(row['purpose']), subject: String(row['subject']) })),
    kinds: (id) => room.store.events(id).map(({ kind }) => kind),
  }
  return world
}

const ROW: JournalRow = {
  at: 0,
  calling: '+12125550117',
  called: '+14155550163',
  peer: 'edge',
  trunk: '',
  attestation: 'A',
  verdict: 'allow',
  rule: '',
}

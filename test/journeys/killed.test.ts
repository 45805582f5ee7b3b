import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { DatabaseSync } from 'node:sqlite'
import { type TestContext, test } from 'node:test'
import { fileURLToPath } from 'node:url'

test('killed 50 times while businesses register and are vetted, nothing that was told of is lost, and no half of a step is there', async (t) => {
  const { path, count } = freshStore(t)
  const told = await toldUntilKilled('registry', path, KILLS)
  const missing = missingIn('registry', count, told)
  t.diagnostic(`${told.length} answers before ${KILLS} kills, ${missing.length} missing`)
  for (const what of ['opened', 'confirmed', 'approved', 'proved', 'withdrawn'])
    assert.ok(
      told.some((line) => line.startsWith(`${what} `)),
      `${what}: too few to prove anything`,
    )
  assert.ok(told.length >= KILLS)
  assert.deepEqual(missing, [])
  // What gates are told comes and goes with the step that it follows from, in one transaction.
  assert.equal(
    count(`SELECT count(*) FROM registration_view WHERE status = 'approved' AND registration IN
           (SELECT registration FROM registration_event WHERE kind = 'proved')`),
    count("SELECT count(*) FROM standing WHERE kind = 'registered' AND endedAt IS NULL"),
  )
  assert.equal(
    count("SELECT count(*) FROM registration_event WHERE kind = 'approved'"),
    count("SELECT count(*) FROM audit WHERE action = 'registry-approved'"),
  )
})

test('killed 50 times while accounts and tokens come and go, nothing that was told of is lost, and each is in the audit trail', async (t) => {
  const { path, count } = freshStore(t)
  const told = await toldUntilKilled('accounts', path, KILLS)
  const missing = missingIn('accounts', count, told)
  t.diagnostic(`${told.length} answers before ${KILLS} kills, ${missing.length} missing`)
  for (const what of ['made', 'token', 'ended', 'closed'])
    assert.ok(
      told.some((line) => line.startsWith(`${what} `)),
      `${what}: too few to prove anything`,
    )
  assert.ok(told.length >= KILLS)
  assert.deepEqual(missing, [])
  for (const [rows, action] of [
    ['FROM account', 'account-made'],
    ['FROM account_token', 'account-token-made'],
    ['FROM account_token WHERE ended IS NOT NULL', 'account-token-ended'],
  ] as const)
    assert.equal(
      count(`SELECT count(*) ${rows}`),
      count(`SELECT count(*) FROM audit WHERE action = '${action}'`),
      action,
    )
})

test('control: told before the step is taken, the same kills do lose it', async (t) => {
  for (const what of ['registry', 'accounts'] as const) {
    const { path, count } = freshStore(t)
    let missing = 0
    for (let round = 0; round < 20 && missing === 0; round++) {
      const told = await toldUntilKilled(what, path, 1, round, 'too-early')
      missing = missingIn(what, count, told).length
    }
    assert.ok(missing > 0, `${what}: a check that cannot fail proves nothing`)
  }
})

type Count = (sql: string, ...values: string[]) => number

function freshStore(t: TestContext): { readonly path: string; readonly count: Count } {
  const folder = mkdtempSync(join(tmpdir(), 'recourse-killed-'))
  t.after(() => rmSync(folder, { recursive: true }))
  const path = join(folder, 'recourse.db')
  const count: Count = (sql, ...values) => {
    const db = new DatabaseSync(path)
    try {
      return Number(Object.values(db.prepare(sql).get(...values)!)[0])
    } finally {
      db.close()
    }
  }
  return { path, count }
}

/** Lines that a process wrote and that the store knows nothing of. */
function missingIn(what: keyof typeof LOOKS, count: Count, told: readonly string[]): string[] {
  return told.filter((line) => {
    const [step = '', name = ''] = line.split(' ')
    return count(LOOKS[what].get(step)!, name) === 0
  })
}

/** Has a process work, kills it without warning, so many times, and answers what it was told is safe. */
async function toldUntilKilled(
  what: string,
  path: string,
  kills: number,
  from = 0,
  when: '' | 'too-early' = '',
): Promise<string[]> {
  const script = fileURLToPath(new URL('../peers/killed-child.ts', import.meta.url))
  const told: string[] = []
  for (let round = from; round < from + kills; round++) {
    const child = spawn(process.execPath, [script, what, path, String(round), when], {
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    const lines = createInterface({ input: child.stdout })
    // By what it has done, not by the clock: so a slow machine gets as far as a fast one.
    let left = Math.ceil(Math.random() * LINES_MAX)
    lines.on('line', (line) => {
      if (/^[a-z]+ [\w-]+$/.test(line)) told.push(line)
      if (left-- === 0) setTimeout(() => child.kill('SIGKILL'), Math.random() * 10)
    })
    const [[code]] = await Promise.all([once(child, 'exit'), once(lines, 'close')])
    assert.equal(code, null, 'it ended by itself')
  }
  return told
}

const KILLS = 50
/** Answers before a kill, at most. */
const LINES_MAX = 15
const eventOf = (kind: string): string =>
  `SELECT count(*) FROM registration_event JOIN registration_view USING (registration) WHERE kind = '${kind}' AND legalName = ?`
const LOOKS = {
  registry: new Map(['opened', 'confirmed', 'approved', 'proved', 'withdrawn'].map((kind) => [kind, eventOf(kind)])),
  accounts: new Map([
    ['made', 'SELECT count(*) FROM account WHERE name = ?'],
    ['token', 'SELECT count(*) FROM account_token WHERE account = (SELECT id FROM account WHERE name = ?)'],
    [
      'ended',
      'SELECT count(*) FROM account_token WHERE ended IS NOT NULL AND account = (SELECT id FROM account WHERE name = ?)',
    ],
    ['closed', 'SELECT count(*) FROM account WHERE isActive = 0 AND name = ?'],
  ]),
} as const

// A Recourse with made-up data beside one's own, by the commands of docs/console.md: it says on every page that it is, is whole in
// every place, and goes without a trace.
import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { parse, stringify } from 'yaml'
import { openBrowser } from '../peers/browser.ts'
import { openConsolePage, signIn } from '../peers/console-browser.ts'
import { Peer, missing, run } from '../peers/peer.ts'
import { COMMAND, Recourse } from '../peers/recourse.ts'

test(
  'sample data are put in, seen as what they are, and taken out',
  { skip: missing('chromium'), timeout: 400_000 },
  async (t) => {
    const own = await Recourse.start(t, { deny: ['+12125550199'] })
    const { directory } = own
    run(process.execPath, [
      COMMAND,
      'call',
      `sip:127.0.0.1:${own.port}`,
      '--from',
      '+12125550199',
      '--to',
      '+14155550163',
    ])
    assert.equal(own.ledger().length, 1)
    await own.peer.stop()
    const mine = filesOf(directory)
    assert.ok(mine.has('recourse.db'), [...mine.keys()].join())
    const begin = async (): Promise<Peer> => {
      const peer = new Peer(process.execPath, [COMMAND, 'sample'], { cwd: directory })
      t.after(() => peer.stop())
      await peer.says(/take it out again/, 120_000)
      return peer
    }
    const first = await begin()
    const folder = join(directory, 'recourse-sample')
    const office = 'http://127.0.0.1:8092'

    await t.test('every page says what it is, and none is empty', async () => {
      const { page, go, settle, look } = await openConsolePage(
        t,
        await openBrowser(t),
        office,
        signIn({ directory: folder }, 'admin'),
      )
      for (const [path, words] of [
        ['/overview', /calls of [\d,]+ blocked within 24 hours, 2 cases are open/],
        ['/blocks', '+12125550187'],
        ['/cases', 'Riverside Clinic'],
        ['/registry', 'Lakeside School District'],
        ['/calls', 'redress.farnet.example'],
      ] as const) {
        await go(path)
        await page.getByRole('note').getByText('Sample data: nothing here is real.').waitFor()
        await page.locator('main').getByText(words).first().waitFor()
      }
      await go('/overview')
      await settle()
      await look('sample')
    })

    await t.test('its blocks are those that its policy makes of its calls, each with its ground', () => {
      const { policy } = parse(readFileSync(join(folder, 'recourse.yaml'), 'utf8')) as { policy: unknown }
      writeFileSync(join(folder, 'again.yaml'), stringify(policy))
      const replayed = run(process.execPath, [COMMAND, 'replay', '--policy', 'again.yaml', '--from', 'journal'], {
        cwd: folder,
      })
      assert.match(replayed, /^blocked now (?<n>[\d,]+) \([^)]*\), with again\.yaml \k<n> /m)
      assert.match(replayed, /newly blocked 0 calls.*\nno longer blocked 0 calls/)
      const exported = run(process.execPath, [COMMAND, 'ledger', 'export', '--json'], { cwd: folder })
      const rows = exported.split('\n').filter(Boolean)
      const kinds = new Set(
        rows.map((row) => (JSON.parse(row) as { grounds: string }).grounds.match(/"kind":"(\w+)"/)?.[1]),
      )
      assert.deepEqual(kinds, new Set(['listed', 'volume']))
    })

    await t.test('it is not taken out while it runs, and is the same again later', async () => {
      assert.throws(
        () => run(process.execPath, [COMMAND, 'sample', '--remove'], { cwd: directory }),
        /is at work in recourse-sample/,
      )
      assert.deepEqual(filesOf(directory), mine)
      const cases = () => run(process.execPath, [COMMAND, 'case', 'list', '--json'], { cwd: folder })
      const before = cases()
      await first.stop()
      const again = await begin()
      assert.equal(cases(), before)
      assert.equal(before.trim().split('\n').length, 4)
      const numbers = before.split('\n').filter((line) => line.includes('"Riverside Clinic"'))
      assert.match(numbers.join(), /"numbers":\["\+12125550199"\]/)
      await again.stop()
    })

    await t.test('taken out, what was there before is there, and nothing else', () => {
      run(process.execPath, [COMMAND, 'sample', '--remove'], { cwd: directory })
      assert.deepEqual(filesOf(directory), mine)
      assert.ok(!existsSync(folder))
    })

    await t.test('a folder that it did not make is neither used nor removed', () => {
      mkdirSync(join(directory, 'mine'))
      writeFileSync(join(directory, 'mine', 'SAMPLE.txt'), 'my own notes')
      for (const words of [['mine'], ['mine', '--remove']])
        assert.throws(() => run(process.execPath, [COMMAND, 'sample', ...words], { cwd: directory }), /no sample/)
      assert.ok(existsSync(join(directory, 'mine', 'SAMPLE.txt')))
    })

    await t.test(
      'one that somebody is making is left alone, and one that nobody went on with is made anew',
      async () => {
        const note = (by: number): void => {
          mkdirSync(folder, { recursive: true })
          const begun = `Made-up data of recourse sample, not whole yet, made by process ${by}`
          writeFileSync(join(folder, 'SAMPLE.txt'), `${begun}\n`)
        }
        note(process.pid)
        for (const words of [[], ['--remove']])
          assert.throws(() => run(process.execPath, [COMMAND, 'sample', ...words], { cwd: directory }), /is making/)
        note(2 ** 30)
        await (await begin()).stop()
        run(process.execPath, [COMMAND, 'sample', '--remove'], { cwd: directory })
        assert.ok(!existsSync(folder))
      },
    )
  },
)

/** The files of a folder and their octets, as a digest of each; folders in it are left out. */
function filesOf(directory: string): Map<string, string> {
  const names = readdirSync(directory, { withFileTypes: true }).filter((entry) => entry.isFile())
  return new Map(
    names
      .map(
        ({ name }) =>
          [
            name,
            createHash('sha256')
              .update(readFileSync(join(directory, name)))
              .digest('hex'),
          ] as const,
      )
      .toSorted(([one], [other]) => (one < other ? -1 : 1)),
  )
}

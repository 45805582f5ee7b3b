import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import test from 'node:test'
import { answerExplain, explainRoutes, readExplainPage } from './explain-page.ts'

test('the page is answered with the policy that it carries, and once it is known with nothing', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'recourse-explain-'))
  t.after(() => rmSync(folder, { recursive: true }))
  assert.equal(readExplainPage(folder), undefined)
  const policy = "default-src 'none'; script-src 'sha256-x'; connect-src 'none'"
  const head = `<meta http-equiv="Content-Security-Policy" content="${policy}" />`
  writeFileSync(join(folder, 'explain.html'), `${head}<p>reads</p>`)
  const page = readExplainPage(folder)
  assert.ok(page)

  const answer = await answerExplain(new Request('https://redress.example/explain'), page)
  assert.equal(answer.headers.get('content-type'), 'text/html; charset=utf-8')
  assert.equal(answer.headers.get('content-security-policy'), `${policy}; frame-ancestors 'none'`)
  assert.equal(answer.headers.get('cache-control'), 'no-cache')
  assert.equal(await answer.text(), `${head}<p>reads</p>`)
  const known = { headers: { 'if-none-match': answer.headers.get('etag') ?? '' } }
  assert.equal((await answerExplain(new Request('https://redress.example/explain', known), page)).status, 304)
  assert.equal(explainRoutes(page).length, 1)
  assert.equal(explainRoutes(undefined).length, 0)
})

test('a page without a policy of its own is refused: it would be a fault of the build', (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'recourse-explain-'))
  t.after(() => rmSync(folder, { recursive: true }))
  writeFileSync(join(folder, 'explain.html'), '<p>reads</p>')
  assert.throws(() => readExplainPage(folder), /no policy of its own/)
})

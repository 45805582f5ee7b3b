// The page that explains SIP answers, as the one file that it is: from a disk, and from a host that knows nothing of it. What is
// pasted and dropped stays in the browser. docs/captures.md tells of it.
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import test, { type TestContext } from 'node:test'
import { gzipSync } from 'node:zlib'
import type { Page } from 'playwright-core'
import { refreshConsole } from '../../scripts/console.ts'
import { FOR_AXE, focusOf, lookEveryWay, openBrowser, openPage } from '../peers/browser.ts'
import { missing, temporaryDirectory } from '../peers/peer.ts'

const skip = missing('chromium')
const FILE = new URL('../../console/dist/explain.html', import.meta.url)
const COMMAND = new URL('../../bin/recourse.js', import.meta.url).pathname
const CAPTURE = new URL('../../vectors/capture/udp-ipv4.pcap', import.meta.url).pathname

test('an answer is pasted and explained: who, why, where to contest, each part, what is wrong', { skip }, async (t) => {
  const { page, asked } = await openExplain(t, FILE.href)
  await page.getByLabel('SIP answer').fill(answer('603 Network Blocked', `${NOTICE};location=XYZ`))
  await page.getByRole('button', { name: 'Explain it' }).click()
  await page.getByRole('heading', { name: 'A network blocked this call.' }).waitFor()
  assert.match(await page.locator('.panel.good').innerText(), /https:\/\/redress\.northwire\.example\/r\/1/)
  const row = page.getByRole('row', { name: /^location/ })
  assert.match(await row.innerText(), /R603P-21/)
  assert.match(await page.locator('.findings').innerText(), /R603P-21 Wrong\..*RFC 8606/s)
  assert.match(await page.getByText('Too little is left').innerText(), /write it anew/)
  assert.deepEqual(asked, [FILE.href])
})

test('by keyboard alone an answer is pasted, explained and its notice read', { skip }, async (t) => {
  const { page } = await openExplain(t, FILE.href)
  for (let stops = 0; (await focusOf(page)).tag !== 'TEXTAREA'; stops++) {
    assert.ok(stops < 5, 'Tab does not come to the text')
    await page.keyboard.press('Tab')
  }
  await page.keyboard.insertText(answer('603 Decline', `${NOTICE};location=RLN`))
  await page.keyboard.press('Control+Enter')
  await page.getByRole('heading', { name: 'As it should have been' }).waitFor()
  assert.equal((await focusOf(page)).tag, 'SECTION')
  assert.match(
    await page.getByLabel('The corrected notice').innerText(),
    /^SIP\/2\.0 603 Network Blocked\nReason: SIP;/,
  )
  assert.match(await page.locator('.panel.wait').innerText(), /phrase/)
})

test('a capture is dropped, packed or not; each refused call is explained', { skip }, async (t) => {
  const { page, asked } = await openExplain(t, FILE.href)
  for (const [name, buffer] of [
    ['trunk.pcap', readFileSync(CAPTURE)],
    ['trunk.pcap.gz', gzipSync(readFileSync(CAPTURE))],
  ] as const) {
    await page.locator('input[type=file]').setInputFiles({ name, mimeType: 'application/octet-stream', buffer })
    await page.getByRole('heading', { name: '2 refused calls' }).waitFor()
    assert.match(await page.getByRole('heading', { level: 2 }).nth(1).innerText(), /A network blocked this call/)
    await page.getByRole('radio').first().focus()
    await page.keyboard.press('ArrowDown')
    await page.getByRole('row', { name: 'status line SIP/2.0 608 Rejected' }).waitFor()
  }
  assert.deepEqual(asked, [FILE.href])
})

test('a link carries the text behind its # sign, and opens to the same', { skip }, async (t) => {
  const host = await serve(t)
  const { page, asked } = await openExplain(t, host)
  await page.getByLabel('SIP answer').fill(answer('607 Unwanted'))
  await page.getByRole('button', { name: 'Copy a link' }).click()
  await page.getByText('The link is in').waitFor()
  const link = page.url()
  assert.match(link, /#a=[\w-]+$/)
  const other = await openExplain(t, link)
  await other.page.getByRole('heading', { name: 'The person called refused this call.' }).waitFor()
  assert.equal(await other.page.getByLabel('SIP answer').inputValue(), answer('607 Unwanted'))
  assert.deepEqual([...asked, ...other.asked.map((url) => url.split('#')[0])], [host, host])
})

test('what a sender wrote is text: markup does nothing, and what would not be seen is named', { skip }, async (t) => {
  const { page } = await openExplain(t, FILE.href)
  const markup = '<img src=x onerror=document.title="owned">'
  await page
    .getByLabel('SIP answer')
    .fill(
      answer(`603 ${markup}`, `Reason: SIP;cause=603;text="${markup}\u202egpj"`, `${markup.replaceAll(' ', '')}: x`),
    )
  await page.getByRole('button', { name: 'Explain it' }).click()
  const text = await page.getByRole('region', { name: 'Parts of the answer' }).innerText()
  assert.ok(text.includes(markup))
  assert.ok(text.includes('right-to-left override'))
  assert.equal(await page.locator('article img').count(), 0)
  assert.notEqual(await page.title(), 'owned')
})

test('what is no answer is told so, and what to do', { skip }, async (t) => {
  const { page } = await openExplain(t, FILE.href)
  const text = page.getByLabel('SIP answer')
  await text.fill('it said network blocked, please help')
  await page.getByRole('button', { name: 'Explain it' }).click()
  assert.match(await page.getByRole('alert').innerText(), /no SIP message.*from its first line/s)
  await text.fill(answer('200 OK'))
  await text.press('Control+Enter')
  await page.getByRole('heading', { name: 'No refused call in the text' }).waitFor()
  const cut = readFileSync(CAPTURE).subarray(0, -20)
  await page.locator('input[type=file]').setInputFiles({ name: 'cut.pcap', mimeType: '', buffer: cut })
  await page.getByRole('heading', { name: 'Not all of it could be read' }).waitFor()
})

test('what an answer leaves open is said: no caller, no called party, no refusal', { skip }, async (t) => {
  const { page } = await openExplain(t, FILE.href)
  const explain = async (text: string): Promise<void> => {
    await page.getByLabel('SIP answer').fill(text)
    await page.getByRole('button', { name: 'Explain it' }).click()
  }
  await explain('SIP/2.0 607 Unwanted\r\nContent-Length: 0\r\n\r\n')
  await page.getByText('The answer names neither caller nor called party').waitFor()
  await explain(answer('407 Proxy Authentication Required'))
  await page.getByText('One answer of 400 or more was looked at; it refuses no call.').waitFor()
})

test('the page can ask nobody for anything, whatever runs in it', { skip }, async (t) => {
  const host = await serve(t)
  const browser = await openBrowser(t)
  const page = await (await browser.newContext()).newPage()
  await page.goto(host)
  const words = await page.evaluate(
    (url) =>
      fetch(url).then(
        () => 'sent',
        () => 'kept',
      ),
    host,
  )
  assert.equal(words, 'kept')
  await page.goto('about:blank')
  await page.goto(`${host}plain`)
  assert.equal(
    await page.evaluate(
      (url) =>
        fetch(url).then(
          () => 'sent',
          () => 'kept',
        ),
      host,
    ),
    'sent',
  )
})

test('recourse explain --page writes the page that is served, and never over a file', { skip }, (t) => {
  const path = join(temporaryDirectory(t), 'explain.html')
  const write = () => spawnSync(process.execPath, [COMMAND, 'explain', '--page', path], { encoding: 'utf8' })
  assert.match(write().stderr, /explain\.html: one file, \d+ octets/)
  assert.deepEqual(readFileSync(path), readFileSync(FILE))
  const again = write()
  assert.equal(again.status, 2)
  assert.match(again.stderr, /a file is there already/)
})

test('axe finds no fault in any state', { skip, timeout: 120_000 }, async (t) => {
  const { page } = await openExplain(t, FILE.href)
  await lookEveryWay(page, 'explain: nothing yet')
  for (const name of await page.locator('.chip').allInnerTexts()) {
    await page.getByRole('button', { name }).click()
    await page.getByRole('heading', { name: 'Part by part' }).waitFor()
    await lookEveryWay(page, `explain: ${name}`)
  }
  await page.locator('input[type=file]').setInputFiles(CAPTURE)
  await page.getByRole('heading', { name: '2 refused calls' }).waitFor()
  await lookEveryWay(page, 'explain: a capture')
  await page.getByLabel('SIP answer').fill('nothing')
  await page.getByRole('button', { name: 'Explain it' }).click()
  await page.getByRole('alert').waitFor()
  await lookEveryWay(page, 'explain: no answer')
})

async function openExplain(t: TestContext, url: string): Promise<{ readonly page: Page; readonly asked: string[] }> {
  await refreshConsole()
  const { page } = await openPage(t, await openBrowser(t), FOR_AXE)
  const asked: string[] = []
  page.on('request', (request) => asked.push(request.url()))
  await page.goto(url)
  await page.getByRole('heading', { name: 'What does this answer say?' }).waitFor()
  return { page, asked }
}

/** A host that knows nothing of the page, and has another one at `/plain`. */
async function serve(t: TestContext): Promise<string> {
  await refreshConsole()
  const server = createServer((request, response) => {
    response.setHeader('content-type', 'text/html')
    response.end(request.url === '/plain' ? '<!doctype html><title>plain</title>' : readFileSync(FILE))
  })
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening))
  t.after(() => server.close())
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/`
}

function answer(status: string, ...fields: readonly string[]): string {
  const head = [`SIP/2.0 ${status}`, 'Via: SIP/2.0/UDP 192.0.2.1;branch=z9hG4bK1', 'Call-ID: c1', 'CSeq: 1 INVITE']
  const parties = ['From: <sip:+12125550117@example.net>;tag=a', 'To: <sip:+14155550123@example.net>;tag=b']
  return `${[...head, ...parties, ...fields].join('\n')}\n\n`
}

const NOTICE = 'Reason: SIP;cause=603;text="v=analytics1;url=https://redress.northwire.example/r/1"'

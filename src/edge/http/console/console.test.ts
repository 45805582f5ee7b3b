import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { brotliDecompressSync, gunzipSync } from 'node:zlib'
import { openTestOffice } from '../../../../test/office.ts'
import { readConsoleBuild } from './console-build.ts'
import { CONSOLE_PLACES, consoleFileRoutes, consoleRoutes } from './console-routes.ts'

test('a page is the same at every place, for who is signed in alone, and each answer has a nonce of its own', async () => {
  const build = readPlanted(FILES)
  const office = openTestOffice({ routes: consoleRoutes(build), open: consoleFileRoutes(build) })
  try {
    const { session } = await office.staff('ann', 'admin')
    const nonces = new Set<string>()
    for (const place of CONSOLE_PLACES) {
      for (const path of [`/${place}`, `/${place}/one/two/three?a=b`]) {
        const response = await office.ask('GET', path, { session })
        assert.equal(response.status, 200, path)
        const nonce = /'nonce-([\w-]{22})'/.exec(response.headers.get('content-security-policy')!)![1]!
        assert.equal(await response.text(), `<meta property="csp-nonce" nonce="${nonce}" />`)
        assert.equal(response.headers.get('cache-control'), 'no-store')
        nonces.add(nonce)
      }
    }
    assert.equal(nonces.size, 2 * CONSOLE_PLACES.length)
    const away = await office.ask('GET', '/cases/x?open=true&text=a+b', { headers: { accept: 'text/html' } })
    assert.deepEqual(
      [away.status, away.headers.get('location')],
      [303, `/sign-in?to=${encodeURIComponent('/cases/x?open=true&text=a%20b')}`],
    )
    assert.equal((await office.ask('GET', '/cases/1/2/3/4', { session })).status, 404)
  } finally {
    office.close()
  }
})

test('files go to everybody in the coding that is asked for, and are not asked for twice', async () => {
  const build = readPlanted(FILES)
  const office = openTestOffice({ routes: consoleRoutes(build), open: consoleFileRoutes(build) })
  try {
    for (const [accepted, coding] of [
      ['gzip, deflate, br', 'br'],
      ['br;q=0, gzip;q=0.5', 'gzip'],
      ['identity', undefined],
      ['', undefined],
      ['x-br', undefined],
    ] as const) {
      const response = await office.ask('GET', '/console/index-AbCd1234.js', {
        headers: { 'accept-encoding': accepted },
      })
      const octets = new Uint8Array(await response.arrayBuffer())
      assert.equal(response.headers.get('content-encoding') ?? undefined, coding, accepted)
      const plain = coding === 'br' ? brotliDecompressSync(octets) : coding === 'gzip' ? gunzipSync(octets) : octets
      assert.equal(Buffer.from(plain).toString(), SCRIPT)
      assert.equal(response.headers.get('cache-control'), 'public, max-age=31536000, immutable')
      assert.equal(response.headers.get('content-type'), 'text/javascript; charset=utf-8')
      const headers = { 'if-none-match': response.headers.get('etag')! }
      assert.equal((await office.ask('GET', '/console/index-AbCd1234.js', { headers })).status, 304)
    }
    assert.equal((await office.ask('GET', '/console/icon.svg')).headers.get('cache-control'), 'no-cache')
    for (const path of ['/console/none.js', '/console/..%2findex.html', '/console/%2e%2e'])
      assert.notEqual((await office.ask('GET', path)).status, 200, path)
  } finally {
    office.close()
  }
})

test('where nobody built it a page says what to run, and everything else works', async () => {
  const office = openTestOffice({ routes: consoleRoutes(undefined), open: consoleFileRoutes(undefined) })
  try {
    const { session } = await office.staff('ann', 'admin')
    const response = await office.ask('GET', '/cases', { session })
    assert.equal(response.status, 503)
    assert.match(await response.text(), /npm run console/)
    assert.equal((await office.ask('GET', '/account', { session })).status, 200)
  } finally {
    office.close()
  }
})

test('a build without a place for the nonce is refused, and a folder without a build is none', () => {
  assert.throws(() => readPlanted({ ...FILES, 'index.html': '<!doctype html>' }), /no place for a nonce/)
  assert.equal(readPlanted({}), undefined)
})

test('who owes a second factor, and who may see nothing, begins at her own account', async () => {
  const office = openTestOffice({ routes: consoleRoutes(readPlanted(FILES)) })
  try {
    const { session } = await office.staff('ann', 'admin')
    assert.equal((await office.ask('GET', '/', { session })).status, 200)
    office.store.setTotp(office.store.accountNamed('ann')!.id, undefined)
    const owing = await office.ask('GET', '/', { session })
    assert.deepEqual([owing.status, owing.headers.get('location')], [303, '/account'])
    const deep = await office.ask('GET', '/cases', { session, headers: { accept: 'text/html' } })
    assert.deepEqual([deep.status, deep.headers.get('location')], [303, '/account'])
  } finally {
    office.close()
  }
})

function readPlanted(files: Readonly<Record<string, string>>) {
  const folder = mkdtempSync(join(tmpdir(), 'recourse-console-'))
  try {
    mkdirSync(join(folder, 'console'))
    for (const [path, text] of Object.entries(files)) writeFileSync(join(folder, path), text)
    return readConsoleBuild(folder)
  } finally {
    rmSync(folder, { recursive: true })
  }
}

const SCRIPT = `export const text = ${JSON.stringify('words '.repeat(200))}`
const FILES = {
  'index.html': '<meta property="csp-nonce" nonce="__NONCE__" />',
  'console/index-AbCd1234.js': SCRIPT,
  'console/icon.svg': '<svg/>',
}

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { encode } from 'uqr'
import { QR_OCTETS_MAX, qrCode } from './qr-code.ts'

test('the picture has each module of the symbol in its place, dark on white, with four modules of white around', async () => {
  for (const length of [1, 20, 60, 200]) {
    const uri = `otpauth://totp/Northwire:${'n'.repeat(length)}?secret=${'A2'.repeat(16)}&issuer=Northwire`
    const svg = String(await qrCode(uri, 'A "label"'))
    assert.match(svg, /^<svg class="qr" role="img" aria-label="A &quot;label&quot;" viewBox="0 0 (\d+) \1"/)
    assert.match(svg, /<path fill="#fff" d="M0 0h(\d+)v\1h-\1z"\/><path fill="#000"/)
    const { data, size } = encode(uri, { ecc: 'M', border: 0 })
    const white = Array.from({ length: size + 8 }, () => false)
    const sides = [false, false, false, false]
    const rows = data.map((row) => [...sides, ...row, ...sides])
    assert.deepEqual(draw(svg, size + 8), [white, white, white, white, ...rows, white, white, white, white])
  }
})

test('a text too long for a telephone to read has no picture', () => {
  assert.notEqual(qrCode('x'.repeat(QR_OCTETS_MAX), 'key'), undefined)
  assert.equal(qrCode('x'.repeat(QR_OCTETS_MAX + 1), 'key'), undefined)
  assert.equal(qrCode('é'.repeat(QR_OCTETS_MAX - 1), 'key'), undefined)
})

/** The modules of the dark path, drawn. */
function draw(svg: string, size: number): boolean[][] {
  const modules = Array.from({ length: size }, () => Array.from({ length: size }, () => false))
  const dark = /fill="#000" d="([^"]*)"/.exec(svg)![1]!
  for (const [, x, y, width] of dark.matchAll(/M(\d+) (\d+)h(\d+)v1h-\3z/g)) {
    modules[Number(y)]!.fill(true, Number(x), Number(x) + Number(width))
  }
  return modules
}

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { detectBatch } from './udp-batch.ts'
import { udpContract } from './udp-contract.ts'

udpContract('dgram', undefined)
udpContract('batch', detectBatch())

test('the batch transport is there on Linux with the Node that we lock, and says in words why not elsewhere', () => {
  if (process.platform === 'linux' && ['x64', 'arm64'].includes(process.arch)) assert.equal(detectBatch(), undefined)
  else assert.match(detectBatch() ?? '', /needs|knows/)
})

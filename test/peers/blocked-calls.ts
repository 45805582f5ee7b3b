import assert from 'node:assert/strict'
import { Caller, formatInvite, statusOf } from './caller.ts'
import { type ConsoleWorld, startConsole } from './console-browser.ts'
import { type Owner, until } from './peer.ts'

/** A console whose ledger has blocks of real calls. */
export type BlockedWorld = ConsoleWorld & {
  /** Places one call; answers the status. */
  readonly call: (calling: string, called?: string, name?: string, trunk?: string) => Promise<number>
}

/** A Recourse that was called: five times by one number, of which the last two were over its limit, and once by one refused by the called party. */
export async function startBlocked(owner: Owner): Promise<BlockedWorld> {
  const world = await startConsole(owner, {
    policy: POLICY,
    files: { 'called.csv': `called,calling\n${CALLED},${REFUSED}\n` },
  })
  const caller = await Caller.open(world.gate.port)
  owner.after(() => caller.close())
  let calls = 0
  const call = async (calling: string, called = CALLED, name = '', trunk = ''): Promise<number> => {
    const id = `${process.pid}-${caller.port}-${++calls}`
    const plain = formatInvite({
      calling,
      called,
      callId: `${id}@127.0.0.1`,
      branch: `z9hG4bK${id}`,
      fromTag: `t${calls}`,
      port: caller.port,
    })
    const named = plain.toString('latin1').replace('From: <', () => `From: "${Buffer.from(name).toString('latin1')}" <`)
    const over = trunk === '' ? named : named.replace(`sip:${called}@`, `sip:${called};tgrp=${trunk}@`)
    const answer = await caller.ask(Buffer.from(over, 'latin1'))
    assert.ok(answer !== undefined, 'the gate answers')
    return statusOf(answer)
  }
  for (const expected of [404, 404, 404, 603]) assert.equal(await call(BUSY), expected)
  assert.equal(await call(BUSY, CALLED, HOSTILE), 603)
  assert.equal(await call(REFUSED, CALLED, '', TRUNK), 607)
  await until('the calls to be counted', async () => {
    const { value } = await world.ask('auditor', 'GET', '/v1/overview?span=1h')
    const { screened, blocked } = value as { screened: number[]; blocked: number[] }
    return sum(screened) === 6 && sum(blocked) === 3
  })
  return { ...world, call }
}

function sum(values: readonly number[]): number {
  return values.reduce((total, one) => total + one, 0)
}

export const BUSY = '+12124442117'
export const REFUSED = '+12124442118'
export const CALLED = '+14154440163'
export const TRUNK = 'tg-west'
export const HOSTILE = '<img src=x onerror=planted()> \u202eevil'
const POLICY = {
  rules: [
    { id: 'called', 'called-list': 'file:called.csv' },
    { id: 'volume-number', volume: { of: 'number', limit: 3, per: '10m' }, program: 'opt-out' },
  ],
}

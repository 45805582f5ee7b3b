// The frame of the console and its first list, in a browser against a running Recourse: what keys and pointers do, what every role
// sees, what strangers wrote, and what is shown where nothing can be.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { brotliDecompressSync } from 'node:zlib'
import { ROLES } from '#core/account/permission.ts'
import { type ConsoleWorld, startConsole } from '../peers/console-browser.ts'
import { missing } from '../peers/peer.ts'

const skip = missing('chromium')

test(
  'the queue is read, filtered and left by clicks and by keys alone, in both schemes at every width',
  { skip, timeout: 240_000 },
  async (t) => {
    const world = await startConsole(t)
    await fileCases(world, 24)
    const { page, go, settle, look } = await world.open('case-worker')
    await go('/')
    assert.equal(new URL(page.url()).pathname, '/cases')
    await look('cases')
  },
)

async function fileCases(world: ConsoleWorld, count: number): Promise<void> {
  const file = async (at: number): Promise<void> => {
    const number = `+1212555${String(1000 + at)}`
    const { status, value } = await world.ask('case-worker', 'POST', '/v1/cases', {
      way: 'telephone',
      claim: {
        numbers: at % 7 === 0 ? [number, `+1212556${String(1000 + at)}`] : [number],
        claimant: {
          name: `${FIRST[at % FIRST.length]} ${LAST[at % LAST.length]}`,
          tel: '+12125550100',
          organisation: ORGANISATIONS[at % ORGANISATIONS.length],
        },
        purpose: 'appointment reminders',
      },
    })
    assert.equal(status, 201, JSON.stringify(value))
  }
  await Promise.all(Array.from({ length: count }, (_, at) => file(at)))
}

const FIRST = ['Ann', 'Bo', 'Carla', 'Dev', 'Elena']
const LAST = ['Lee', 'Okafor', 'Petrov', 'Quispe', 'Rossi', 'Singh', 'Tanaka']
const ORGANISATIONS = ['Acme Clinic', 'Lakeside School District', 'First River Bank', 'Harbor Dental']

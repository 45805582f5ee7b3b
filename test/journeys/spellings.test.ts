import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import test from 'node:test'
import { CALLER, gateWith, statuses } from '../gate.ts'
import { Caller } from '../peers/caller.ts'
import { startKamailio } from '../peers/kamailio.ts'
import { missing, temporaryDirectory } from '../peers/peer.ts'
import { freePort } from '../peers/port.ts'
import { SPELLINGS, spelled } from '../spellings.ts'

const skip = missing('kamailio')

/** Says in its answer which numbers it reads. */
const READER = `#!KAMAILIO
listen=LISTEN
children=1
log_stderror=yes
auto_aliases=no
loadmodule "sl.so"
loadmodule "pv.so"
loadmodule "siputils.so"
request_route {
	sl_send_reply("200", "From $(fU), asserted $(ai).");
	exit;
}
`

test(
  'a field in any spelling, alone or beside another: Kamailio reads the number that the gate reads, or one of them refuses',
  { skip },
  async (t) => {
    const config = join(temporaryDirectory(t), 'reader.cfg')
    writeFileSync(config, READER)
    const port = await freePort()
    await startKamailio(t, config, port, { LISTEN: `udp:127.0.0.1:${port}` })
    const caller = await Caller.open(port)
    t.after(() => caller.close())

    let agreed = 0
    let asserted = 0
    const disagreements: string[] = []
    for (const [at, { what, lines }] of MESSAGES.entries()) {
      const text = spelled(lines, { callId: `spelled-${at}`, port: caller.port })
      const gate = readByGate(text)
      if (gate === undefined) continue
      const kamailio = await readByKamailio(caller, text)
      if (kamailio === undefined) continue
      if (kamailio.isAsserted) asserted++
      if (kamailio.number === gate) agreed++
      else disagreements.push(`${what}: the gate reads ${gate}, Kamailio reads ${kamailio.number}`)
    }

    assert.deepEqual(disagreements, [])
    // The comparison is not blind.
    const other = await readByKamailio(caller, spelled(`From: ${from(OTHER)}`, { callId: 'other', port: caller.port }))
    assert.notEqual(other?.number, readByGate(spelled(FROM)))
    assert.equal(other?.number, OTHER)
    assert.ok(
      agreed >= 30 && asserted >= 8,
      `only ${agreed} of ${MESSAGES.length} were read by both, ${asserted} asserted`,
    )
    t.diagnostic(
      `${MESSAGES.length} messages, ${agreed} read by both and alike, ${asserted} of them with an asserted identity`,
    )
  },
)

/** The calling number that Kamailio reads: the asserted one, else that of From. It says nothing to what it cannot read. */
async function readByKamailio(
  caller: Caller,
  text: string,
): Promise<{ number: string; isAsserted: boolean } | undefined> {
  const answer = await caller.ask(Buffer.from(text, 'latin1'), SILENCE_MS)
  const [, from, asserted] = /From (.*), asserted (.*)\.\r\n/.exec(answer?.toString('latin1') ?? '') ?? []
  if (from === undefined || asserted === undefined) return undefined
  const isAsserted = asserted !== '<null>'
  return { number: /\+\d+/.exec(isAsserted ? asserted : from)?.[0] ?? '', isAsserted }
}

/** The calling number that the gate judges by; undefined where it refuses the message. */
function readByGate(text: string): string | undefined {
  const { say, journal } = gateWith()
  const answers = say(Buffer.from(text, 'latin1'))
  if (statuses(answers).some((status) => status === 400)) return undefined
  return journal[0]!.calling
}

const OTHER = '+13125550142'
/** How long Kamailio may say nothing. */
const SILENCE_MS = 300
const from = (number: string): string => `<sip:${number}@origin.example>;tag=f`
const identity = (number: string): string => `<sip:${number}@origin.example>`
const FROM = `From: ${from(CALLER)}`

/** Each spelling of From and of P-Asserted-Identity, alone, and before and behind the field as it is. */
const MESSAGES: { what: string; lines: string }[] = SPELLINGS.flatMap(({ name, line }) => [
  { what: `From, ${name}`, lines: line('From', from(CALLER)) },
  { what: `another From behind, ${name}`, lines: `${FROM}\r\n${line('From', from(OTHER))}` },
  { what: `another From before, ${name}`, lines: `${line('From', from(OTHER))}\r\n${FROM}` },
  { what: `identity, ${name}`, lines: `${FROM}\r\n${line('P-Asserted-Identity', identity(OTHER))}` },
  {
    what: `another identity behind, ${name}`,
    lines: `${FROM}\r\nP-Asserted-Identity: ${identity(CALLER)}\r\n${line('P-Asserted-Identity', identity(OTHER))}`,
  },
])

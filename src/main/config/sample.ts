import { writeFileSync } from 'node:fs'
import { join } from 'node:path'

/**
 * Writes a commented configuration and its lists into a folder, for a first run on this machine. A file that is there
 * stays as it is. Answers the names of the files it wrote.
 */
export function createSample(directory: string): string[] {
  return [...SAMPLE].flatMap(([name, text]) => {
    try {
      writeFileSync(join(directory, name), text, { flag: 'wx' })
      return [name]
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'EEXIST') return []
      throw error
    }
  })
}

/** The sample's files by name. */
export const SAMPLE: ReadonlyMap<string, string> = new Map([
  [
    'recourse.yaml',
    `# Recourse: one configuration. Every key is explained in docs/configuration.md, rules in docs/rules.md.
# As it stands, it screens calls from programs on this machine; nothing is open to others.

operator:
  name: Northwire
  # Told to callers whose calls analytics have blocked. These are examples: put in your own before other machines may ask.
  contact:
    url: "https://redress.northwire.example"
    tel: "+18005550142"
    email: "unblock@northwire.example"
  location: RLN # this network serves the called party (RFC 8606)

# The ledger of blocks and the journal of calls.
store: "sqlite:./recourse.db"

# Calls are counted in this process.
tally: memory

receipts:
  keys: "file:receipt-keys" # made at the first start; back it up with the ledger
  keep: 60d

gate:
  listen: ["udp:127.0.0.1:5060"]
  # The switches that may ask, and the status that tells each of them to carry on with the call.
  peers:
    - { name: edge, from: "127.0.0.0/8", continue: 404 }
  # How numbers without a plus are read; take it away where everybody sends E.164.
  dialPlan: { country: 1, national: 10, international: "011" }

policy:
  notices: us # which notice a cause gets
  exempt: [emergency] # never judged; add lists of PSAPs: [emergency, "file:psap.csv"]
  # Asked in this order; the first that has something to say decides.
  rules:
    # Whom the called party refuses: 607.
    - { id: called-list, called-list: true }
    # Numbers that never place calls: 603 Decline. Try --from +18005550100.
    - { id: dno, do-not-originate: "file:dno.csv" }
    # Numbers that are never blocked by the rules below.
    - { id: allow, allow: "file:allow.csv" }
    # Found to be unwanted: 603 Network Blocked, with a receipt. Try --from +12125550199.
    - { id: deny, deny: ["+12125550199"] }
    # Too many calls from one number, and from one block of a thousand numbers. The second only notes, for a week or so.
    - { id: volume-number, volume: { of: number, limit: 300, per: 10m }, program: opt-out }
    - { id: volume-block, volume: { of: block, limit: 2000, per: 10m }, program: opt-out, mode: shadow }

# Where callers contest a block. Notices point to public, which your proxy leads here; on this machine try the address itself.
desk:
  listen: "127.0.0.1:8080"
  public: "https://redress.northwire.example"
  tls: none
  verification: { number: "+18005550142" } # called, with a code behind it, by whoever has to show that a number is his

# Messages to those people. A folder is for trying: put in the server that sends your mail.
mail:
  server: "folder:./outgoing" # or smtp://mail.northwire.example:587
  from: "redress@northwire.example"

# Where your own people work: accounts, cases, registrations, as an API. The first account is made by a link at the start.
office:
  listen: "127.0.0.1:8082"

ledger:
  checkpoints: "./checkpoints.jsonl" # better on another machine's disk

metrics:
  listen: "127.0.0.1:9090" # /metrics for Prometheus, /health

log:
  level: info
`,
  ],
  [
    'dno.csv',
    `# Do not originate: numbers that never place calls, so that a call from one is not from its owner.
# One number a line; leading digits with a star stand for all numbers that start with them.
number,why
+18005550100,our own inbound-only line
+1900*,premium rate numbers place no calls
`,
  ],
  [
    'allow.csv',
    `# Calls from these numbers go on, whatever the rules behind this list find.
number,who
+12125550117,Acme Clinic
`,
  ],
])

import type { Fault, Head } from './chain.ts'
import { formatCanonical } from './canonical.ts'

/** A signed statement of how far every chain had come: whoever keeps one can prove a ledger was cut or rewritten. */
export type Checkpoint = {
  readonly version: 1
  /** Milliseconds since 1970. */
  readonly at: number
  readonly heads: readonly Head[]
  /** Names the signing key: the first 16 hexadecimal digits of the SHA-256 of its SubjectPublicKeyInfo. */
  readonly key: string
  /** ES256 over the canonical JSON of the other members: r and s, base64url. */
  readonly signature: string
}

export type Signer = { readonly key: string; readonly sign: (octets: Uint8Array) => Uint8Array }

export type Verifier = (key: string, octets: Uint8Array, signature: Uint8Array) => boolean

/** Signs the heads of all chains. */
export function signCheckpoint(at: number, heads: readonly Head[], { key, sign }: Signer): Checkpoint {
  const statement = { version: 1, at, heads: heads.map(({ chain, seq, hash }) => ({ chain, seq, hash })), key } as const
  return { ...statement, signature: Buffer.from(sign(octetsOf(statement))).toString('base64url') }
}

/** Whether the checkpoint is signed by the key it names. */
export function verifyCheckpoint({ signature, ...statement }: Checkpoint, verify: Verifier): boolean {
  return verify(statement.key, octetsOf(statement), Buffer.from(signature, 'base64url'))
}

function octetsOf(statement: Omit<Checkpoint, 'signature'>): Uint8Array {
  const { version, at, heads, key } = statement
  return Buffer.from(
    formatCanonical({ version, at, heads: heads.map(({ chain, seq, hash }) => ({ chain, seq, hash })), key }),
  )
}

/** Writes a checkpoint as one line of canonical JSON, without a line end. */
export function formatCheckpoint({ version, at, heads, key, signature }: Checkpoint): string {
  return formatCanonical({
    version,
    at,
    heads: heads.map(({ chain, seq, hash }) => ({ chain, seq, hash })),
    key,
    signature,
  })
}

/** Reads what `formatCheckpoint` writes, octet for octet; undefined if it is anything else. */
export function parseCheckpoint(line: string): Checkpoint | undefined {
  let value: unknown
  try {
    value = JSON.parse(line)
  } catch {
    return undefined
  }
  if (!isRecord(value) || value['version'] !== 1) return undefined
  const { at, heads, key, signature } = value
  if (!Number.isSafeInteger(at) || !Array.isArray(heads) || !heads.every(isHead)) return undefined
  if (typeof key !== 'string' || typeof signature !== 'string') return undefined
  const checkpoint: Checkpoint = { version: 1, at: at as number, heads, key, signature }
  return formatCheckpoint(checkpoint) === line && isCanonical(signature) ? checkpoint : undefined
}

/** Base64url leaves bits over at the end that decode to nothing: they must not be another way to write a signature. */
function isCanonical(signature: string): boolean {
  return Buffer.from(signature, 'base64url').toString('base64url') === signature
}

/** Whether a line is the beginning of a checkpoint, which a full disk or a power cut leaves behind. */
export function isHalfCheckpoint(line: string): boolean {
  if (!line.startsWith(CHECKPOINT_START) && !CHECKPOINT_START.startsWith(line)) return false
  try {
    JSON.parse(line)
    return false
  } catch {
    return true
  }
}

function isHead(value: unknown): value is Head {
  if (!isRecord(value)) return false
  const { chain, seq, hash } = value
  return typeof chain === 'string' && Number.isSafeInteger(seq) && typeof hash === 'string'
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null
}

/** What signed checkpoints say of each chain: hashes by entry number; two that contradict each other are a fault. */
export type Marks = {
  readonly chains: Map<string, Map<number, string>>
  readonly fault: Fault | undefined
  readonly looked: number
}

/** Collects the marks of all checkpoints, checking each signature. */
export function collectMarks(checkpoints: Iterable<Checkpoint>, verify: Verifier): Marks {
  const chains = new Map<string, Map<number, string>>()
  let fault: Fault | undefined
  let looked = 0
  for (const checkpoint of checkpoints) {
    looked++
    const last = checkpoint.heads[0]
    if (!verifyCheckpoint(checkpoint, verify)) {
      fault ??= { kind: 'unsigned', chain: last?.chain ?? '', seq: last?.seq ?? 0 }
      continue
    }
    for (const { chain, seq, hash } of checkpoint.heads) {
      const marks = chains.get(chain) ?? new Map<number, string>()
      chains.set(chain, marks)
      if ((marks.get(seq) ?? hash) !== hash) fault ??= { kind: 'forked', chain, seq }
      marks.set(seq, hash)
    }
  }
  return { chains, fault, looked }
}

/** What canonical JSON begins a checkpoint with. */
const CHECKPOINT_START = '{"at":'

import { PARTY_KINDS, type Party } from '#core/call/party.ts'
import type { Transaction } from '#core/transaction/transaction.ts'
import { createAesSiv } from './aes-siv.ts'

/** What a receipt says of a block. `rule` is the number a rule's id was given (0-65535), never reused. */
export type ReceiptFacts = {
  readonly atMs: number
  readonly calling: Party
  readonly called: Party
  readonly rule: number
  readonly transaction: Transaction
}

/** Seals receipts with one key and opens those of every key still kept. */
export type ReceiptRing = {
  /** Writes a receipt: 64 characters of the base64url alphabet. Throws RangeError on facts that no receipt can hold. */
  seal(facts: ReceiptFacts): string
  /** Reads a receipt; forged, altered, unknown and expired ones are all the same undefined. */
  open(id: string): ReceiptFacts | undefined
}

/**
 * Makes the ring of receipt keys: 32 octets by slot (0-31), `currentSlot` the one that seals.
 *
 * A receipt is a header octet (version 1 in bits 7-5, slot in bits 4-0) and 47 octets of AES-SIV, whose associated data
 * are the header octet and `recourse receipt`. Receipts sealed with a key that is not in the ring no longer open.
 */
export function createReceiptRing(keys: ReadonlyMap<number, Uint8Array>, currentSlot: number): ReceiptRing {
  const slots = new Map(Array.from(keys, ([slot, key]) => [slot, createSlot(slot, key)]))
  const current = slots.get(currentSlot)
  if (current === undefined) throw new RangeError(`the key ring has no key in slot ${currentSlot}`)
  const frame = Buffer.alloc(RECEIPT_OCTETS)
  const text = Buffer.alloc(TEXT_OCTETS)

  return {
    seal(facts) {
      writeFacts(facts, text)
      frame[0] = current.header
      current.siv.seal(current.prepared, text, frame, 1)
      return frame.toString('base64url')
    },

    open(id) {
      if (id.length !== RECEIPT_CHARACTERS) return undefined
      // Decoding is lenient about the alphabet; a receipt has exactly one spelling, so writing it again must give the same.
      const received = Buffer.from(id, 'base64url')
      if (received.length !== RECEIPT_OCTETS || received.toString('base64url') !== id) return undefined
      const header = received[0]!
      if (header >> 5 !== VERSION) return undefined
      const slot = slots.get(header & SLOT_MAX)
      const opened = slot?.siv.open(slot.prepared, received.subarray(1))
      return opened === undefined ? undefined : readFacts(Buffer.from(opened.buffer, opened.byteOffset, TEXT_OCTETS))
    },
  }
}

/** The slot whose key a receipt says that it was sealed with; undefined for what has not the form of one. */
export function slotOf(id: string): number | undefined {
  const header = id.length === RECEIPT_CHARACTERS ? Buffer.from(id.slice(0, 4), 'base64url')[0] : undefined
  return header === undefined || header >> 5 !== VERSION ? undefined : header & SLOT_MAX
}

function createSlot(slot: number, key: Uint8Array) {
  if (!Number.isInteger(slot) || slot < 0 || slot > SLOT_MAX) throw new RangeError(`${slot} is no key slot (0-31)`)
  const header = (VERSION << 5) | slot
  const siv = createAesSiv(key)
  return { header, siv, prepared: siv.prepare([Uint8Array.of(header), Buffer.from('recourse receipt')]) }
}

function writeFacts({ atMs, calling, called, rule, transaction }: ReceiptFacts, text: Buffer): void {
  if (!holds(calling) || !holds(called)) throw new RangeError('a party that no receipt can hold')
  text.writeUIntBE(atMs, 0, 6)
  writeParty(calling, text, 6)
  writeParty(called, text, 13)
  text[20] = (calling.count << 4) | called.count
  text.writeUInt16BE(rule, 21)
  text.writeUInt32BE(transaction.high, 23)
  text.writeUInt32BE(transaction.low, 27)
}

function readFacts(text: Buffer): ReceiptFacts | undefined {
  const calling = readParty(text, 6, text[20]! >> 4)
  const called = readParty(text, 13, text[20]! & 15)
  if (calling === undefined || called === undefined) return undefined
  const transaction = { high: text.readUInt32BE(23), low: text.readUInt32BE(27) }
  return { atMs: text.readUIntBE(0, 6), calling, called, rule: text.readUInt16BE(21), transaction }
}

/** Seven octets: the kind in the top 6 bits, the digits as a 50-bit number below. */
function writeParty({ kind, digits }: Party, text: Buffer, at: number): void {
  const high = Math.floor(digits / WORD)
  text[at] = (KIND_NUMBERS[kind] << 2) | (high >> 16)
  text.writeUInt16BE(high & 0xffff, at + 1)
  text.writeUInt32BE(digits % WORD, at + 3)
}

function readParty(text: Buffer, at: number, count: number): Party | undefined {
  const kind = PARTY_KINDS[text[at]! >> 2]
  if (kind === undefined) return undefined
  const high = ((text[at]! & 3) << 16) | text.readUInt16BE(at + 1)
  const party = { kind, digits: high * WORD + text.readUInt32BE(at + 3), count }
  return holds(party) ? party : undefined
}

/** Whether a party is spelled the one way there is: as many digits as its kind and number say. */
function holds({ kind, digits, count }: Party): boolean {
  if (kind === 'other' || kind === 'withheld') return digits === 0 && count === 0
  if (!Number.isInteger(digits) || digits < 0 || count < 1 || count > DIGITS_MAX || digits >= POWERS[count]!)
    return false
  return kind === 'digits' || digits >= POWERS[count - 1]!
}

/** A receipt has 48 octets, so that base64url has no bits to spare: 64 characters. */
export const RECEIPT_CHARACTERS = 64
const RECEIPT_OCTETS = 48
const TEXT_OCTETS = 31
const VERSION = 1
const SLOT_MAX = 31
const WORD = 2 ** 32

/** ITU-T E.164 §6: 15 digits at most; they fit into 50 bits. */
const DIGITS_MAX = 15
const POWERS = Array.from({ length: DIGITS_MAX + 1 }, (_, exponent) => 10 ** exponent)
const KIND_NUMBERS = { e164: 0, digits: 1, other: 2, withheld: 3 } as const

import type { X509Certificate } from 'node:crypto'
import { parseDate } from '#codec/sip/date.ts'
import { Malformed } from '#codec/sip/malformed.ts'
import { type Diversion, findDiversions } from '#codec/stir/diversion.ts'
import { type Identity, parseIdentity } from '#codec/stir/identity.ts'
import { type Claimant, type Passport, readPassport } from '#codec/stir/passport.ts'
import { STIR_REASONS, type StirReason } from '#codec/stir/reasons.ts'
import { rebuildSigned } from '#codec/stir/sign.ts'
import { covers } from '#codec/stir/tn-auth-list.ts'
import { decodeBase64url } from '#codec/stir/base64url.ts'
import type { CallFacts } from '#core/call/facts.ts'
import type { Party } from '#core/call/party.ts'
import { NOT_LOOKED, type Verification } from '#core/call/verification.ts'
import { Certificates, type CertificateFigures, type FetchCertificate, type Signer } from './certificates.ts'
import { verifyEs256 } from './signature.ts'

export type VerifierOptions = {
  /** Certificates of the authorities that are trusted, such as those of the STI-PA's list. */
  readonly roots: readonly X509Certificate[]
  readonly fetchCertificate: FetchCertificate
  /** How long a call may wait; whatever is not known by then is `unverified`. */
  readonly budgetMs: number
  /** How long ago, and how far ahead, a token may have been signed. */
  readonly maxAgeMs: number
}

/** What came of calls with an Identity field, counted since the start, with what became of certificates. */
export type VerifierFigures = {
  verified: number
  failed: number
  unverified: number
  /** Of the unverified: those whose time was up. */
  late: number
}

/** What a call's own request says beside its facts. */
export type SignedFacts = Pick<CallFacts, 'atMs' | 'calling' | 'called' | 'emergency' | 'forwarded'> & {
  /** Its Date field: part of what a token in the compact form was signed over. */
  readonly date?: string | undefined
  /** The number in its To field, which is the one that is signed (RFC 8224 §4.1). */
  readonly dialled?: Party | undefined
}

/** Makes a verifier; `recourse up` has one for all its gates. */
export function createVerifier(options: VerifierOptions): Verifier {
  return new Verifier(options)
}

/**
 * Finds out what the PASSporT of a call is worth. RFC 8224 §6.2, RFC 8588, RFC 8946.
 *
 * A call waits for at most the budget: a certificate that comes later is kept for the next one. What cannot be known is
 * `unverified`; `failed` says that the token, its signer, or its use for this call is wrong.
 */
export class Verifier {
  readonly figures: VerifierFigures = { verified: 0, failed: 0, unverified: 0, late: 0 }
  readonly #options: VerifierOptions
  readonly #certificates: Certificates

  constructor(options: VerifierOptions) {
    this.#options = options
    this.#certificates = new Certificates(options.roots, options.fetchCertificate)
  }

  get certificates(): CertificateFigures & { readonly kept: number } {
    return { ...this.#certificates.figures, kept: this.#certificates.size }
  }

  /**
   * Judges the values of a call's Identity fields. Never rejects, and never takes longer than the budget; an emergency call
   * is not looked at.
   */
  async verify(identities: readonly string[], facts: SignedFacts): Promise<Verification> {
    if (identities.length === 0 || facts.emergency) return NOT_LOOKED
    let timer: NodeJS.Timeout | undefined
    const late = new Promise<'late'>((resolve) => {
      timer = setTimeout(() => resolve('late'), this.#options.budgetMs)
    })
    const found: Verification[] = []
    const looking = this.#look(identities, facts, found).catch(() => void found.push(because('fault')))
    if ((await Promise.race([looking, late])) === 'late') found.push(because('late'))
    clearTimeout(timer)
    const verification = weigh(found)
    if (verification.kind === 'unverified' && verification.why === 'late') this.figures.late++
    if (verification.kind !== 'none') this.figures[verification.kind]++
    return verification
  }

  /** Puts what each token comes to into `found`, in their order as far as they are judged at once. */
  async #look(identities: readonly string[], facts: SignedFacts, found: Verification[]): Promise<void> {
    const { attesting, diversions, faults } = readTokens(identities, facts)
    const judge = async (token: Attesting): Promise<void> => {
      found.push(await this.#judge(token, diversions, facts))
    }
    const judged = Promise.all(attesting.map(judge))
    found.push(...faults.map((reason) => because(reason)))
    await judged
  }

  /** Judges one token, and the diversions that it needs to be about this call. */
  async #judge(
    { passport, isCompact }: Attesting,
    diversions: readonly Diversion[],
    facts: SignedFacts,
  ): Promise<Verification> {
    const doubt = compare(passport.orig, facts.calling)
    if (doubt === 'differs') return because('other-originator')
    const parties = calledParties(facts)
    const [chain] = parties.flatMap((party) => {
      const found = findDiversions(passport, diversions, (claimant) => compare(claimant, party) === 'same')
      return found === undefined ? [] : [found]
    })
    if (chain === undefined) {
      const ends = [passport, ...diversions].flatMap(({ dest }) => dest)
      const isUnclear = parties.some((party) => ends.some((claimant) => compare(claimant, party) === 'unclear'))
      if (isUnclear) return this.#doubt('number-form', passport, isCompact, facts)
      return facts.forwarded ? this.#doubt('forwarded', passport, isCompact, facts) : because('other-destination')
    }
    if (doubt === 'unclear') return this.#doubt('number-form', passport, isCompact, facts)
    let signer: Signer | undefined
    for (const token of [passport, ...chain]) {
      const found = await this.#findSigner(token, facts)
      if (typeof found === 'string') return faultOf(found, token === passport && isCompact)
      signer ??= found
    }
    if (passport.extension !== 'shaken') return because('no-attestation')
    const { attestation, originId } = passport
    return { kind: 'verified', attestation, signer: signer!.name, originId }
  }

  /** What cannot be told of a token's numbers excuses it only if it is signed: anybody can write one that fits no number. */
  async #doubt(why: StirReason, passport: Passport, isCompact: boolean, facts: SignedFacts): Promise<Verification> {
    const found = await this.#findSigner(passport, facts)
    return typeof found === 'string' ? faultOf(found, isCompact) : because(why)
  }

  /** The signer of a token that is fresh, authorised and truly signed. */
  async #findSigner(token: Passport, { atMs }: SignedFacts): Promise<Signer | StirReason> {
    const ageMs = atMs - token.issuedAtS * 1000
    if (ageMs > this.#options.maxAgeMs) return 'stale'
    if (-ageMs > this.#options.maxAgeMs) return 'ahead'
    const signer = await this.#certificates.find(token.certificateUri, atMs)
    if (signer.kind === 'fault') return signer.reason
    const signsFor = token.extension === 'div' ? token.diverted : token.orig
    if (signsFor.kind === 'tn' && !covers(signer.authority, signsFor.value)) return 'not-authorised'
    return (await verifyEs256(signer.key, token.signed, token.signature)) ? signer : 'signature'
  }
}

/** One good token is enough (RFC 8224 §6.2); else one that is wrong outweighs others of which nothing is known. */
function weigh(found: readonly Verification[]): Verification {
  for (const kind of ['verified', 'failed', 'unverified'] as const) {
    const best = found.find((verification) => verification.kind === kind)
    if (best !== undefined) return best
  }
  return because('no-attestation')
}

type Tokens = {
  /** Tokens about the caller. */
  readonly attesting: readonly Attesting[]
  readonly diversions: readonly Diversion[]
  readonly faults: readonly StirReason[]
}

/** `isCompact`: what was signed is rebuilt from the call. */
type Attesting = { readonly passport: Passport; readonly isCompact: boolean }

function readTokens(values: readonly string[], facts: SignedFacts): Tokens {
  const attesting: Attesting[] = []
  const diversions: Diversion[] = []
  const faults: StirReason[] = []
  for (const identity of readIdentities(values, faults)) {
    const reading = readPassport(identity)
    if (reading.kind === 'fault') faults.push(reading.reason)
    else if (reading.kind === 'compact') {
      const passport = rebuild(identity, facts)
      if (passport === undefined) faults.push('compact-form')
      else attesting.push({ passport, isCompact: true })
    } else if (reading.kind === 'passport') {
      const { passport } = reading
      if (passport.extension === 'div') diversions.push(passport)
      // A priority (rph) is about the call, not about who calls.
      else if (passport.extension !== 'rph') attesting.push({ passport, isCompact: false })
    }
  }
  return { attesting, diversions, faults }
}

function readIdentities(values: readonly string[], faults: StirReason[]): Identity[] {
  const identities: Identity[] = []
  for (const value of values.slice(0, IDENTITIES_MAX)) {
    try {
      identities.push(...parseIdentity(value))
    } catch (fault) {
      if (!(fault instanceof Malformed)) throw fault
      faults.push('identity')
    }
  }
  return identities.slice(0, IDENTITIES_MAX)
}

/** A token of the compact form as it must have been signed, if this is all about this call. RFC 8225 §7. */
function rebuild({ token, info, ppt }: Identity, facts: SignedFacts): Passport | undefined {
  const { calling, dialled } = facts
  const called = dialled?.kind === 'e164' ? dialled : facts.called
  const dateS = readDate(facts.date)
  const signature = decodeBase64url(token.slice(2))
  const hasNumbers = calling.kind === 'e164' && called.kind === 'e164'
  if (ppt !== undefined || dateS === undefined || signature === undefined || !hasNumbers) return undefined
  const [orig, dest] = [String(calling.digits), String(called.digits)]
  return {
    extension: 'base',
    certificateUri: info,
    signed: rebuildSigned(info, { orig, dest, issuedAtS: dateS }),
    signature,
    issuedAtS: dateS,
    orig: { kind: 'tn', value: orig },
    dest: [{ kind: 'tn', value: dest }],
  }
}

function readDate(date: string | undefined): number | undefined {
  try {
    return date === undefined ? undefined : parseDate(date)
  } catch (fault) {
    if (fault instanceof Malformed) return undefined
    throw fault
  }
}

/**
 * Whom a token may have been signed for. The Request-URI first: a call that was sent on keeps its To, and the tokens that
 * lead to where it is now are to be good. The number in To next: a Request-URI is translated without a word, as toll-free
 * numbers are.
 */
function calledParties({ called, dialled }: SignedFacts): Party[] {
  return dialled === undefined || dialled.kind === 'other' ? [called] : [called, dialled]
}

/**
 * Compares a signed number with one of the call. They differ only where they surely do: a number of the call without its
 * country code may be the one that was signed with it, a withheld one may be any.
 */
function compare(claimant: Claimant, party: Party): 'same' | 'differs' | 'unclear' {
  if (claimant.kind !== 'tn' || party.kind === 'withheld' || party.kind === 'other') return 'unclear'
  const digits = String(party.digits).padStart(party.count, '0')
  if (claimant.value === digits) return 'same'
  if (party.kind === 'e164') return 'differs'
  const national = digits.replace(/^0+/, '')
  return claimant.value.endsWith(national) || national.endsWith(claimant.value) ? 'unclear' : 'differs'
}

/** What was rebuilt may not be what was signed: numbers and Date change on the way. */
function faultOf(reason: StirReason, isRebuilt: boolean): Verification {
  return because(isRebuilt && DOUBTED.has(reason) ? 'compact-form' : reason)
}

function because(reason: StirReason): Verification {
  return { kind: STIR_REASONS[reason].kind, why: reason }
}

/** What says nothing of a token that was rebuilt. */
const DOUBTED: ReadonlySet<StirReason> = new Set(['signature', 'not-authorised'])
/** Values of Identity that are looked at: one for the caller, and one for each time the call was sent on. */
export const IDENTITIES_MAX = 8

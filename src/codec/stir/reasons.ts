/**
 * Why a PASSporT is not believed, or why nobody can tell, with the answer that RFC 8224 §6.2.2 has for it. `failed` says
 * something about the caller's side; `unverified` says only how far this side got.
 */
export const STIR_REASONS = {
  identity: { kind: 'failed', status: 438, words: 'the Identity field does not follow its grammar' },
  token: { kind: 'failed', status: 438, words: 'the token is not three parts of unpadded base64url with JSON inside' },
  'too-long': { kind: 'failed', status: 438, words: 'the token or a list in it is over the limit' },
  algorithm: { kind: 'failed', status: 438, words: 'the algorithm is not ES256' },
  type: { kind: 'failed', status: 438, words: 'the token says it is no PASSporT' },
  critical: { kind: 'failed', status: 438, words: 'the token asks for an extension of JWS that is not known here' },
  extension: { kind: 'failed', status: 438, words: 'the field names another PASSporT extension than the token' },
  'certificate-uri': {
    kind: 'failed',
    status: 436,
    words: 'the certificate has no https address, or the field and the token name two',
  },
  'issued-at': { kind: 'failed', status: 438, words: 'the time of signing is missing or no number' },
  originator: { kind: 'failed', status: 438, words: 'the originator is missing or not one number or URI' },
  destination: { kind: 'failed', status: 438, words: 'the destination is missing or not a list of numbers or URIs' },
  attestation: { kind: 'failed', status: 438, words: 'the attestation is not A, B or C' },
  'origin-id': { kind: 'failed', status: 438, words: 'the origination identifier is missing' },
  diversion: { kind: 'failed', status: 438, words: 'the diverting party is missing or not one number or URI' },
  priority: { kind: 'failed', status: 438, words: 'the list of priorities is missing or holds no priority' },
  stale: { kind: 'failed', status: 403, words: 'the token was signed too long ago' },
  ahead: { kind: 'failed', status: 403, words: 'the token was signed in the future' },
  'other-originator': { kind: 'failed', status: 438, words: 'the token was signed for another calling number' },
  'other-destination': { kind: 'failed', status: 438, words: 'the token was signed for another called number' },
  signature: { kind: 'failed', status: 438, words: 'the signature does not verify' },
  certificate: { kind: 'unverified', status: 437, words: 'what the address holds is no certificate that can be read' },
  key: { kind: 'failed', status: 437, words: 'the certificate has no P-256 key, or not one for signing' },
  expired: { kind: 'failed', status: 437, words: 'the certificate, or one above it, has expired' },
  early: { kind: 'failed', status: 437, words: 'the certificate, or one above it, is not valid yet' },
  chain: { kind: 'unverified', status: 437, words: 'the certificate does not lead to a root that is trusted here' },
  'tn-auth-list': { kind: 'failed', status: 437, words: 'the certificate does not say which numbers it is for' },
  'not-authorised': { kind: 'failed', status: 437, words: 'the certificate is for other numbers' },
  late: { kind: 'unverified', status: 436, words: 'the certificate did not come in time' },
  unreachable: { kind: 'unverified', status: 436, words: 'the certificate could not be fetched' },
  'not-fetched': { kind: 'unverified', status: 436, words: 'nothing is fetched from that host' },
  constrained: {
    kind: 'unverified',
    status: 437,
    words: 'the certificate limits what it may sign in a way that is not judged here',
  },
  roots: { kind: 'unverified', status: 437, words: 'the root that is trusted here, or every one, is not valid now' },
  'compact-form': {
    kind: 'unverified',
    status: 438,
    words: 'the short form of the token cannot be rebuilt, or does not fit the call',
  },
  'number-form': {
    kind: 'unverified',
    status: 438,
    words: 'the numbers of the call cannot be compared with the token',
  },
  forwarded: { kind: 'unverified', status: 438, words: 'the call was forwarded and nobody signed that' },
  'no-attestation': { kind: 'unverified', status: 428, words: 'no token attests the calling number' },
  fault: { kind: 'unverified', status: 436, words: 'a fault of our own' },
} as const

export type StirReason = keyof typeof STIR_REASONS

/** What RFC 8224 §6.2.2 answers to a request whose identity is missing or not believed. */
export const STIR_PHRASES = {
  403: 'Stale Date',
  428: 'Use Identity Header',
  436: 'Bad Identity Info',
  437: 'Unsupported Credential',
  438: 'Invalid Identity Header',
} as const

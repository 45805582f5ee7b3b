import {
  allowInsecureRequests,
  authorizationCodeGrant,
  buildAuthorizationUrl,
  calculatePKCECodeChallenge,
  type Configuration,
  discovery,
  enableNonRepudiationChecks,
  randomNonce,
  randomPKCECodeVerifier,
  randomState,
} from 'openid-client'

/** A provider of identities, and who we are there. */
export type OidcProvider = {
  /** Its issuer, whose `/.well-known/openid-configuration` says the rest. */
  readonly issuer: string
  readonly client: string
  readonly secret: string
  /** Where it sends browsers back to. */
  readonly redirect: string
  /** The claim that roles are read from. */
  readonly claim: string
}

/** What one sign-in has to come back with. */
export type OidcChecks = { readonly state: string; readonly nonce: string; readonly verifier: string }

/** Who the provider says it is. */
export type OidcIdentity = {
  readonly issuer: string
  readonly subject: string
  /** What the person may be called; empty where the provider says nothing. */
  readonly name: string
  /** The values of the claim. */
  readonly values: readonly string[]
}

export type OidcClient = {
  /** Where to send the browser, and what it must come back with. Rejects where the provider cannot be reached. */
  begin(): Promise<{ readonly url: string; readonly checks: OidcChecks }>
  /**
   * Fetches and checks what the code stands for: state, PKCE, and of the ID token the signature, issuer, audience, nonce
   * and times. Rejects where anything of it is wrong.
   */
  finish(url: URL, checks: OidcChecks): Promise<OidcIdentity>
}

/** A client of one provider; what the provider says of itself is fetched once, and again after a failure. */
export function createOidcClient(provider: OidcProvider): OidcClient {
  let found: Promise<Configuration> | undefined
  const configuration = async (): Promise<Configuration> => {
    found ??= discover(provider)
    try {
      return await found
    } catch (cause) {
      found = undefined
      throw cause
    }
  }
  return {
    async begin() {
      const checks = { state: randomState(), nonce: randomNonce(), verifier: randomPKCECodeVerifier() }
      const url = buildAuthorizationUrl(await configuration(), {
        redirect_uri: provider.redirect,
        scope: 'openid profile email',
        state: checks.state,
        nonce: checks.nonce,
        code_challenge: await calculatePKCECodeChallenge(checks.verifier),
        code_challenge_method: 'S256',
      })
      return { url: url.href, checks }
    },
    async finish(url, { state, nonce, verifier }) {
      const tokens = await authorizationCodeGrant(await configuration(), url, {
        expectedState: state,
        expectedNonce: nonce,
        pkceCodeVerifier: verifier,
        idTokenExpected: true,
      })
      const claims = tokens.claims()
      if (claims === undefined) throw new Error('the provider sent no ID token')
      const { iss, sub, preferred_username: username, email, [provider.claim]: claim } = claims
      const name = [username, email].find((text) => typeof text === 'string') ?? ''
      const values = (Array.isArray(claim) ? claim : [claim]).filter((value) => typeof value === 'string')
      return { issuer: iss, subject: sub, name, values }
    },
  }
}

async function discover({ issuer, client, secret }: OidcProvider): Promise<Configuration> {
  const url = new URL(issuer)
  // The signature is checked although the token comes from the provider itself: an unsigned one is refused.
  const execute = [enableNonRepudiationChecks]
  if (url.protocol === 'http:' && LOOPBACK.has(url.hostname)) execute.push(allowInsecureRequests)
  return await discovery(url, client, secret, undefined, { execute, timeout: TIMEOUT_S })
}

const LOOPBACK: ReadonlySet<string> = new Set(['127.0.0.1', '[::1]'])
/** For each request to the provider. */
const TIMEOUT_S = 10

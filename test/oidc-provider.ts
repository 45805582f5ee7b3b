import { createHash, randomBytes } from 'node:crypto'
import { type IncomingMessage, type ServerResponse, createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { type CryptoKey, type JWK, SignJWT, UnsecuredJWT, exportJWK, generateKeyPair } from 'jose'

/** A provider of identities on loopback, as small as OpenID Connect Core 1.0 lets it be; it signs by ES256. */
export type OidcTestProvider = {
  readonly issuer: string
  /** Who signs in next, as the ID token says it. */
  claims: Readonly<Record<string, unknown>>
  /** What the next ID token gets wrong; undefined for a sound one. */
  lie: OidcLie | undefined
  /** What a browser would do: follows the link, and comes back with the URL it is sent to. */
  visit(url: string): Promise<URL>
  /** Tokens that were given out: the least that a test must see. */
  readonly given: () => number
  close(): Promise<void>
}

export type OidcLie = 'nonce' | 'issuer' | 'audience' | 'none' | 'expired' | 'another-key' | 'no-id-token' | 'signature'

export const OIDC_LIES: readonly OidcLie[] = [
  'nonce',
  'issuer',
  'audience',
  'none',
  'expired',
  'another-key',
  'no-id-token',
  'signature',
]

export async function startOidcProvider(client: {
  readonly id: string
  readonly secret: string
}): Promise<OidcTestProvider> {
  const { publicKey, privateKey } = await generateKeyPair('ES256', { extractable: true })
  const other = await generateKeyPair('ES256')
  const jwk: JWK = { ...(await exportJWK(publicKey)), kid: 'one', alg: 'ES256', use: 'sig' }
  const codes = new Map<string, { readonly nonce: string; readonly challenge: string; readonly redirect: string }>()
  let given = 0

  const server = createServer((request, response) => {
    answer(request, response).catch((cause: unknown) => {
      response.writeHead(500).end(String(cause))
    })
  })
  await new Promise<void>((listening) => void server.listen(0, '127.0.0.1', listening))
  const issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const provider: OidcTestProvider = {
    issuer,
    claims: { sub: 'u1' },
    lie: undefined,
    async visit(url) {
      const away = await fetch(url, { redirect: 'manual' })
      const location = away.headers.get('location')
      if (location === null) throw new Error(`the provider answered ${away.status}: ${await away.text()}`)
      return new URL(location)
    },
    given: () => given,
    close: () =>
      new Promise((closed) => {
        server.close(() => closed())
        server.closeAllConnections()
      }),
  }

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? '/', issuer)
    const json = (value: unknown, status = 200): void => {
      response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(value))
    }
    if (url.pathname === '/.well-known/openid-configuration') {
      json({
        issuer,
        authorization_endpoint: `${issuer}/authorize`,
        token_endpoint: `${issuer}/token`,
        jwks_uri: `${issuer}/keys`,
        response_types_supported: ['code'],
        subject_types_supported: ['public'],
        id_token_signing_alg_values_supported: ['ES256'],
        token_endpoint_auth_methods_supported: ['client_secret_post'],
        code_challenge_methods_supported: ['S256'],
      })
    } else if (url.pathname === '/keys') json({ keys: [jwk] })
    else if (url.pathname === '/authorize') {
      const asked = (name: string): string => url.searchParams.get(name) ?? ''
      const isWhole = asked('response_type') === 'code' && asked('client_id') === client.id
      if (!isWhole || asked('code_challenge_method') !== 'S256' || asked('nonce') === '' || asked('state') === '') {
        json({ error: 'invalid_request' }, 400)
        return
      }
      const code = randomBytes(16).toString('base64url')
      codes.set(code, { nonce: asked('nonce'), challenge: asked('code_challenge'), redirect: asked('redirect_uri') })
      const back = new URL(asked('redirect_uri'))
      back.searchParams.set('code', code)
      back.searchParams.set('state', asked('state'))
      response.writeHead(303, { location: back.href }).end()
    } else if (url.pathname === '/token' && request.method === 'POST') {
      const form = new URLSearchParams(await textOf(request))
      const code = codes.get(form.get('code') ?? '')
      codes.delete(form.get('code') ?? '')
      const challenge = createHash('sha256')
        .update(form.get('code_verifier') ?? '')
        .digest('base64url')
      const isOurs = form.get('client_id') === client.id && form.get('client_secret') === client.secret
      if (code === undefined || !isOurs || challenge !== code.challenge || form.get('redirect_uri') !== code.redirect) {
        json({ error: 'invalid_grant' }, 400)
        return
      }
      given++
      const token = provider.lie === 'no-id-token' ? {} : { id_token: await idToken(code.nonce) }
      json({ access_token: 'unused', token_type: 'Bearer', expires_in: 60, ...token })
    } else json({ error: 'not_found' }, 404)
  }

  async function idToken(nonce: string): Promise<string> {
    const { lie, claims } = provider
    const now = Math.floor(Date.now() / 1000)
    const payload = {
      ...claims,
      iss: lie === 'issuer' ? 'https://elsewhere.example' : issuer,
      aud: lie === 'audience' ? 'somebody-else' : client.id,
      nonce: lie === 'nonce' ? 'another' : nonce,
      iat: lie === 'expired' ? now - 7_200 : now,
      exp: lie === 'expired' ? now - 3_600 : now + 300,
    }
    if (lie === 'none') return new UnsecuredJWT(payload).encode()
    const key: CryptoKey = lie === 'another-key' ? other.privateKey : privateKey
    const token = await new SignJWT(payload).setProtectedHeader({ alg: 'ES256', kid: 'one' }).sign(key)
    if (lie !== 'signature') return token
    const at = token.lastIndexOf('.') + 10
    return `${token.slice(0, at)}${token[at] === 'A' ? 'B' : 'A'}${token.slice(at + 1)}`
  }
  return provider
}

async function textOf(request: IncomingMessage): Promise<string> {
  let text = ''
  for await (const piece of request) text += String(piece)
  return text
}

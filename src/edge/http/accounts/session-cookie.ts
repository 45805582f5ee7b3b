/** The cookie of a session: of this host only, not for scripts, over TLS only, and not with requests of other sites. */
export function formatSessionCookie(session: string): string {
  return `${SESSION_COOKIE}=${session}; ${ATTRIBUTES}`
}

/** Makes a browser forget it. */
export function formatNoSession(): string {
  return `${SESSION_COOKIE}=; Max-Age=0; ${ATTRIBUTES}`
}

/** Says which browser began a sign-in at a provider; it must come back from there, so it goes along with that one link. */
export function formatBindingCookie(binding: string, ageS: number): string {
  return `${BINDING_COOKIE}=${binding}; Max-Age=${ageS}; ${ATTRIBUTES}`
}

/** What a cookie of ours holds; undefined where it is missing, twice there, or nothing that we gave. */
export function readCookie(request: Request, name: string): string | undefined {
  const found = (request.headers.get('cookie') ?? '')
    .split(';', COOKIES_MAX)
    .map((pair) => pair.trim())
    .filter((pair) => pair.startsWith(`${name}=`))
    .map((pair) => pair.slice(name.length + 1))
  const [value = '', more] = found
  return more === undefined && KEY.test(value) ? value : undefined
}

/** What a browser takes only over TLS (or from this machine), for this host alone, with `Path=/`: RFC 6265bis §4.1.3.2. */
export const SESSION_COOKIE = '__Host-recourse'
export const BINDING_COOKIE = '__Host-recourse-oidc'
const ATTRIBUTES = 'Path=/; Secure; HttpOnly; SameSite=Lax'
/** 128 bits of base64url. */
const KEY = /^[A-Za-z0-9_-]{22}$/
const COOKIES_MAX = 64

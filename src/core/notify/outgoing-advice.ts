/** What to do about mail that could not leave, by what the server or the system said. */
export function adviseMail(words: string): string {
  return adviseBy(MAIL, words) ?? 'Ask who runs the server, with these words.'
}

/** What to do about a webhook that did not take an event, by its status or by why there was no answer. */
export function adviseWebhook(status: number | undefined, words: string): string {
  if (status === undefined)
    return (
      adviseBy(LINK, words) ?? 'Look whether this machine can reach the address: name, port, firewall, certificate.'
    )
  if (status >= 300 && status < 400)
    return 'It sends elsewhere, and a redirect is not followed: name the address that it leads to.'
  if (status === 401 || status === 403)
    return 'It did not believe the signature, or wants a sign-in: compare the secret at both ends, and both clocks.'
  if (status === 404 || status === 405)
    return 'Nothing takes events at this path: compare the url with what the receiver says.'
  if (status === 413 || status === 415) return 'It takes no such body: it has to take JSON, of some kilobytes.'
  if (status === 429) return 'It was asked too often; events are tried again later by themselves.'
  if (status >= 500) return 'The receiver failed: its own log says why. Events are tried again for 24 hours.'
  return 'Its own log says why. Events are tried again for 24 hours.'
}

function adviseBy(table: readonly (readonly [found: RegExp, advice: string])[], words: string): string | undefined {
  return table.find(([found]) => found.test(words))?.[1]
}

const LINK: readonly (readonly [found: RegExp, advice: string])[] = [
  [/ECONNREFUSED/, 'Nothing listens there: look whether it runs, and compare host and port with the configuration.'],
  [
    /ENOTFOUND|EAI_AGAIN/,
    'The name is not known here: look for a slip in it, and whether this machine’s name server answers.',
  ],
  [/EHOSTUNREACH|ENETUNREACH/, 'There is no way there from this machine: look at its network and routes.'],
  [
    /certificate|self.signed|CERT_|altnames|issuer/i,
    'Its certificate is not believed: it has to be in force, for this name, and of an authority that this machine trusts.',
  ],
  [
    /SSL|TLS|EPROTO|wrong version number/i,
    'TLS could not be agreed on: the other side may speak none on this port, or a version that is too old.',
  ],
  [
    /timed? ?out|timeout|no answer|ETIMEDOUT/i,
    'It did not answer in time: it may hang, or a firewall drops what is sent.',
  ],
  [/ECONNRESET|EPIPE|socket|closed/i, 'It ended the connection: its own log says why.'],
]
const MAIL: readonly (readonly [found: RegExp, advice: string])[] = [
  [
    /\b53[0458]\b|authenticat|auth/i,
    'The server did not take the sign-in, or wants one: compare mail.login with what its operator gave you.',
  ],
  [
    /STARTTLS|\b50[0-2]\b.*command/i,
    'The server offers no TLS on this port: take smtps:// and its port for TLS, or let its operator turn STARTTLS on.',
  ],
  ...LINK,
  [
    /\b55[0-9]\b.*(?:relay|spf|sender|from)/i,
    'The server does not take mail of this sender: it has to be allowed to send for mail.from.',
  ],
  [/\b5[0-9]{2}\b/, 'The server refused it for good, for this recipient or this text: its words say which.'],
  [/\b4[0-9]{2}\b/, 'The server asks to come again; that happens by itself.'],
  [/ENOENT|EACCES|EROFS|ENOSPC/, 'The folder cannot be written: look at its owner, its mode and the room on its disk.'],
]

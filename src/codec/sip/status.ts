/** The SIP statuses this software says or explains, with their usual phrases: the one table of SIP status codes. */
export const STATUS = {
  ok: { status: 200, phrase: 'OK' },
  movedTemporarily: { status: 302, phrase: 'Moved Temporarily' },
  badRequest: { status: 400, phrase: 'Bad Request' },
  forbidden: { status: 403, phrase: 'Forbidden' },
  notFound: { status: 404, phrase: 'Not Found' },
  methodNotAllowed: { status: 405, phrase: 'Method Not Allowed' },
  unsupportedUriScheme: { status: 416, phrase: 'Unsupported URI Scheme' },
  badExtension: { status: 420, phrase: 'Bad Extension' },
  anonymityDisallowed: { status: 433, phrase: 'Anonymity Disallowed' },
  temporarilyUnavailable: { status: 480, phrase: 'Temporarily Unavailable' },
  callDoesNotExist: { status: 481, phrase: 'Call/Transaction Does Not Exist' },
  loopDetected: { status: 482, phrase: 'Loop Detected' },
  busyHere: { status: 486, phrase: 'Busy Here' },
  requestTerminated: { status: 487, phrase: 'Request Terminated' },
  serverError: { status: 500, phrase: 'Server Internal Error' },
  notImplemented: { status: 501, phrase: 'Not Implemented' },
  serviceUnavailable: { status: 503, phrase: 'Service Unavailable' },
  versionNotSupported: { status: 505, phrase: 'Version Not Supported' },
  messageTooLarge: { status: 513, phrase: 'Message Too Large' },
  busyEverywhere: { status: 600, phrase: 'Busy Everywhere' },
  decline: { status: 603, phrase: 'Decline' },
  networkBlocked: { status: 603, phrase: 'Network Blocked' },
  unwanted: { status: 607, phrase: 'Unwanted' },
  rejected: { status: 608, phrase: 'Rejected' },
} as const

/** The usual phrase of a status, or one that says no more than its class. RFC 3261 §21. */
export function phraseOf(status: number): string {
  for (const entry of Object.values(STATUS)) if (entry.status === status) return entry.phrase
  return CLASSES[Math.floor(status / 100) - 1] ?? 'Unknown'
}

const CLASSES = ['Trying', 'OK', 'Redirection', 'Request Failure', 'Server Failure', 'Global Failure']

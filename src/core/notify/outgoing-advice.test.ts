import assert from 'node:assert/strict'
import { test } from 'node:test'
import { adviseMail, adviseWebhook } from './outgoing-advice.ts'

test('what a server or a system says leads to what to do about it', () => {
  const cases: readonly (readonly [words: string, expected: RegExp])[] = [
    ['connect ECONNREFUSED 127.0.0.1:2525', /Nothing listens there/],
    ['getaddrinfo ENOTFOUND mail.example', /name is not known/],
    ['535 5.7.8 Authentication failed', /mail\.login/],
    ['550 5.1.1 no such user', /refused it for good/],
    ['550 5.7.1 relaying denied', /allowed to send for mail\.from/],
    ['451 4.7.1 try again later', /come again/],
    ['self-signed certificate', /certificate is not believed/],
    ['STARTTLS is required but not offered', /offers no TLS/],
    ['500 Error: command not recognized', /offers no TLS/],
    ['Connection timeout', /did not answer in time/],
    ["EACCES: permission denied, open '/x'", /folder cannot be written/],
    ['something that nobody has seen', /Ask who runs the server/],
  ]
  for (const [words, expected] of cases) assert.match(adviseMail(words), expected, words)
})

test('what a receiver answers, or that it does not, leads to what to do about it', () => {
  const cases: readonly (readonly [status: number | undefined, words: string, expected: RegExp])[] = [
    [undefined, 'ECONNREFUSED', /Nothing listens there/],
    [undefined, 'no answer within 10 s', /did not answer in time/],
    [undefined, 'DEPTH_ZERO_SELF_SIGNED_CERT', /certificate is not believed/],
    [undefined, 'what nobody has seen', /can reach the address/],
    [302, '', /redirect is not followed/],
    [401, '', /compare the secret/],
    [404, '', /at this path/],
    [429, '', /too often/],
    [500, 'oops', /receiver failed/],
    [418, '', /Its own log says why/],
  ]
  for (const [status, words, expected] of cases)
    assert.match(adviseWebhook(status, words), expected, `${status} ${words}`)
})

import { readFileSync } from 'node:fs'
import { FIELD } from 'recourse-sip/codec/sip/field'
import { Malformed } from 'recourse-sip/codec/sip/malformed'
import { parseMessage } from 'recourse-sip/codec/sip/message'
import { parseNameAddr } from 'recourse-sip/codec/sip/name-addr'
import { readReasons } from 'recourse-sip/codec/sip/reason'

try {
  const message = parseMessage(readFileSync(process.argv[2]!))
  for (const { name, at } of message.fields()) console.log(`${at}: ${name}`)
  console.log('from', parseNameAddr(message.first(FIELD.from)!).uri)
  for (const { protocol, cause, location } of readReasons(message)) console.log('reason', protocol, cause, location)
} catch (fault) {
  if (!(fault instanceof Malformed)) throw fault
  console.log(`${fault.code} at octet ${fault.at}, see ${fault.cite}`)
}

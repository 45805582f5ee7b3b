import { readFileSync } from 'node:fs'
import { readNotice } from 'recourse-sip/codec/notice/read'
import { parseMessage } from 'recourse-sip/codec/sip/message'

const response = parseMessage(readFileSync(process.argv[2]!))
const notice = readNotice(response)

if (notice?.kind === 'network-blocked') {
  console.log(`Blocked by analytics of a network (${notice.location ?? 'place not said'}).`)
  for (const way of [notice.url, notice.tel, notice.email]) if (way !== undefined) console.log(`Contest it at ${way}`)
  console.log(`Quote ${notice.id ?? 'the time and both numbers'}`)
} else console.log(`${response.status} ${response.phrase}: ${notice?.kind ?? 'not a notice of blocking'}`)

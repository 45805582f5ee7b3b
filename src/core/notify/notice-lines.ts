import { CAUSES } from '#core/rules/verdict.ts'
import { NOTICE_CHOICES, type Profile } from './notice-choices.ts'
import type { NoticeSettings } from './notice-terms.ts'

/** Lines of YAML that have the gate tell blocks by these settings: those of the configuration, and those of the policy. */
export type NoticeLines = { readonly operator: string; readonly policy: string }

/** Writes them, without indentation: the first belong under `operator`, the others into the policy. */
export function formatNoticeLines({
  profile,
  choices,
  contact,
  location,
  form,
  carry,
  announce,
}: NoticeSettings & { readonly profile: Profile }): NoticeLines {
  const { url, tel, email } = contact
  const named = Object.entries({ url, tel, email }).flatMap(([key, value]) =>
    value === undefined ? [] : [`  ${key}: ${quote(value)}`],
  )
  const told = CAUSES.filter((cause) => choices[cause] !== NOTICE_CHOICES[profile][cause][0])
  return {
    operator: lines('contact:' + (named.length === 0 ? ' {}' : ''), ...named, `location: ${location}`),
    policy: lines(
      ...(told.length === 0
        ? [`notices: ${profile}`]
        : ['notices:', `  profile: ${profile}`, ...told.map((cause) => `  ${cause}: ${quote(choices[cause])}`)]),
      `form: ${form}`,
      `carry: ${carry}`,
      ...(announce === undefined ? [] : [`announce: ${quote(announce)}`]),
    ),
  }
}

/** A scalar that no YAML reader takes for anything but this text. YAML 1.2 §7.3.1. */
function quote(text: string): string {
  return JSON.stringify(text)
}

function lines(...all: readonly string[]): string {
  return `${all.join('\n')}\n`
}

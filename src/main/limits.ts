import type { Figure } from '#edge/health/serve.ts'
import type { ProcessAbout } from '#main/desk/desk-messages.ts'

/** The limits that were hit, the most often hit first, read from the figures that count them. */
export function readLimits(figures: readonly Figure[]): ProcessAbout['limits'] {
  const counted = figures.flatMap((figure) =>
    figure.type !== 'histogram' && LIMIT_FIGURES.has(figure.name)
      ? [{ name: figure.name, words: figure.help, count: figure.read() }]
      : [],
  )
  return {
    hit: counted.filter(({ count }) => count > 0).toSorted((a, b) => b.count - a.count),
    watched: counted.length,
  }
}

/** Figures that count what was shed, dropped, refused or forgotten because there was too much of it, and nothing else. */
export const LIMIT_FIGURES: ReadonlySet<string> = new Set([
  'gate_overloaded_total',
  'gate_unread_total',
  'gate_uninquired_total',
  'gate_late_total',
  'gate_unrecorded_total',
  'gate_shed_total',
  'gate_oversize_total',
  'gate_evicted_total',
  'gate_unsent_total',
  'tally_evicted_total',
  'tally_takeovers_total',
  'hep_dropped_total',
  'ledger_journal_drops_total',
  'ledger_failed_total',
  'ledger_released_total',
  'stream_over_address_total',
  'stream_over_all_total',
  'stream_over_handshakes_total',
  'stream_handshakes_late_total',
  'stream_first_byte_late_total',
  'stream_head_late_total',
  'stream_body_late_total',
  'stream_stalled_total',
  'stream_over_queue_total',
  'stream_unsent_total',
  'http_screen_undecided_total',
  'http_pages_limited_total',
  'http_cards_limited_total',
  'http_over_address_total',
  'http_over_all_total',
  'score_late_total',
  'score_left_alone_total',
  'score_crowded_total',
  'verify_late_total',
  'verify_evicted_total',
  'verify_fetches_busy_total',
  'standing_unusable_total',
  'webhook_given_up_total',
  'mail_given_up_total',
  'news_given_up_total',
  'desk_limited_address_total',
  'desk_limited_number_total',
  'desk_limited_mail_total',
  'desk_limited_domain_total',
  'desk_puzzles_total',
  'desk_full_total',
  'desk_displaced_total',
  'desk_files_refused_total',
  'desk_challenges_refused_total',
  'desk_steps_refused_total',
  'desk_limits_forgotten_total',
  'registry_limited_address_total',
  'registry_limited_mail_total',
  'registry_limited_domain_total',
  'registry_full_total',
  'registry_limits_forgotten_total',
  'outcomes_forgotten_total',
  'monitor_forgotten_total',
  'monitor_hurried_total',
  'monitor_crowded_total',
  'monitor_lost_total',
  'monitor_alerts_given_up_total',
])

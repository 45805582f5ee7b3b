/** What the thread of the desk counts, by the name of the figure; names without `_total` rise and fall. */
export type DeskFigures = { readonly [name in DeskFigureName]?: number }

export type DeskFigureName = keyof typeof DESK_FIGURES

/** Each figure's name and its help text. */
export const DESK_FIGURES = {
  desk_waiting: 'cases that wait for somebody of the desk',
  desk_unconfirmed: 'cases that wait for their address to be confirmed',
  desk_limited_address_total: 'claims and steps told to come later: too many from one address',
  desk_limited_number_total: 'claims told to come later: too many about one number',
  desk_limited_mail_total: 'claims told to come later: too many with one mail address',
  desk_limited_domain_total: 'claims told to solve a puzzle or to wait: too many with one domain of mail',
  desk_puzzles_total: 'claims told to solve a puzzle or to wait: many came at once',
  desk_full_total: 'claims told that the desk is full',
  desk_displaced_total:
    'claims that nobody had confirmed and that gave way to newer ones; confirmed in time, they are taken up',
  desk_files_refused_total: 'files not taken: too many, too large, or of no kind that is taken',
  desk_challenges_refused_total: 'numbers to dial not given: too many of the case wait for their call',
  desk_steps_refused_total: 'steps of claimants, and mail about cases, not taken: the case has as many as it may',
  desk_limits_forgotten_total:
    'counts that limits of the desk had to forget: more addresses and numbers than they can tell apart',
  desk_calls_total: 'screened calls looked at for lifts and proofs',
  desk_blocks_total: 'recorded blocks looked at for lifts',
  desk_verified_total: 'cases verified: a lifted call went on',
  desk_regressed_total: 'cases regressed: a call within a lift was blocked',
  desk_proofs_total: 'proofs by a call',
  mail_waiting: 'messages that wait to leave',
  mail_overdue_seconds: 'for how long the oldest message could have left and did not',
  mail_sent_total: 'messages handed over to the mail server',
  mail_retried_total: 'tries that failed and are made again',
  mail_given_up_total:
    'messages given up: refused, not taken for three days, waiting for two weeks, or too many for one address',
  mail_answered_total: 'replies that came in and were taken',
  mail_bounced_total: 'messages that came back as undeliverable',
  mail_ignored_total:
    'messages that came in and were not taken: automatic, empty, in answer to nothing, one too many of its case, or unreadable',
  mail_repeated_total: 'messages that came in again',
  news_waiting: 'events of cases on their way to webhooks',
  news_told_total: 'events of cases that a webhook has taken',
  news_retried_total: 'tries to tell an event of a case that failed and are made again',
  news_given_up_total: 'events of cases that a webhook did not take within 24 hours',
  registry_limited_address_total: 'steps of the registry told to come later: too many from one address',
  registry_limited_mail_total: 'registrations told to come later: too many with one mail address',
  registry_limited_domain_total: 'registrations told to come later: too many with one domain of mail',
  registry_full_total: 'steps of the registry told that it is full',
  registry_limits_forgotten_total:
    'counts that limits of the registry had to forget: more addresses than they can tell apart',
  registry_pulls_total: 'times a feed of another registry was asked for',
  registry_unchanged_total: 'of these, with nothing new',
  registry_taken_total: 'of these, taken',
  registry_failed_total: 'of these, not taken: what was there before stands',
} as const

/**
 * The least each check must have looked at. A check that sees less than its floor fails: it has stopped looking.
 * Numbers go up with the tree; lowering one is a decision for review.
 */
export const FLOORS = {
  'source files': 160,
  'imports of codec': 300,
  'imports of core': 160,
  'imports of edge': 170,
  'imports of main': 180,
  'planted violations': 40,
  'words of the pure bands': 25_000,
  'packed modules': 100,
  'codec modules': 40,
  'notices read in a browser': 250,
  'words of the glossary': 20,
  'relative links': 150,
  'command blocks run': 40,
  'programs in the guides': 4,
  'tracked files': 800,
  'conformance claims': 75,
  'documents conformed to': 14,
  'cases of reliability': 28,
  'standards cited': 30,
  'tests of reliability': 140,
  'routes of the inside': 170,
  'requests to routes of the inside': 10_000,
} as const

/** The most that may be left out by hand; a check that needs more room than this needs a review. */
export const CEILINGS = {
  'command blocks not run': 3,
} as const

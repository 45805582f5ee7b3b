/**
 * The least each check must have looked at. A check that sees less than its floor fails: it has stopped looking.
 * Numbers go up with the tree; lowering one is a decision for review.
 */
export const FLOORS = {
  'source files': 30,
  'imports of codec': 20,
  'imports of core': 10,
  'imports of edge': 0,
  'imports of main': 0,
  'planted violations': 15,
  'words of the pure bands': 5_000,
  'packed modules': 30,
  'codec modules': 20,
  'notices read in a browser': 200,
  'words of the glossary': 20,
  'relative links': 5,
  'command blocks run': 0,
  'programs in the guides': 4,
  'tracked files': 500,
  'conformance claims': 60,
  'documents conformed to': 12,
  'standards cited': 30,
} as const

/** The most that may be left out by hand; a check that needs more room than this needs a review. */
export const CEILINGS = {
  'command blocks not run': 3,
} as const

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
} as const

import { tmpdir } from 'node:os'
import { join } from 'node:path'

const reports = 'test/mutation/reports'
const sandboxes = join(tmpdir(), 'recourse-mutation')

// Thousands of processes load the same modules: without this, that is most of the time.
process.env['NODE_COMPILE_CACHE'] = join(sandboxes, 'compiled')

// Tests over random input against a model, and over very long lists: they would take nine tenths of the time, and the
// score would differ from one time to the next. What only they notice counts as unnoticed.
const LONG_TESTS = [
  'whatever the rules',
  '^against ',
  'by a model',
  '^any text ',
  'a hundred thousand',
  '^a whole list',
].join('|')

/** Run from the root of the tree: `npm run mutate`. What it is for: README.md beside this file. */
export default {
  mutate: ['src/core/rules/**/*.ts', 'src/core/notify/**/*.ts', '!**/*.test.ts'],
  testRunner: 'tap',
  // In this order, up to the first that fails. Threads are left out: how long they wait for a lock is a matter of luck.
  testFiles: [
    'src/core/notify/*.test.ts',
    'src/core/rules/!(number-list|threads).test.ts',
    'src/core/rules/number-list.test.ts',
  ],
  tap: {
    nodeArgs: ['--test-reporter=tap', `--test-skip-pattern=${LONG_TESTS}`, '-r', '{{hookFile}}', '{{testFile}}'],
  },
  // A test file is the least that can be run by itself.
  coverageAnalysis: 'perTest',
  concurrency: 2,
  // Some mutants go round for ever, and some only nap in a lock; a busy machine is neither.
  timeoutMS: 5000,
  timeoutFactor: 2,
  // What the rooms' tests import; only that is copied.
  ignorePatterns: ['**', '!/package.json', '!/src/codec/**', '!/src/core/**', '!/test/call-facts.ts'],
  tempDirName: sandboxes,
  cleanTempDir: 'always',
  incremental: true,
  incrementalFile: `${reports}/incremental.json`,
  reporters: ['clear-text', 'progress-append-only', 'json', 'html'],
  jsonReporter: { fileName: `${reports}/mutation.json` },
  htmlReporter: { fileName: `${reports}/mutation.html` },
  clearTextReporter: { allowColor: false, reportTests: false },
  thresholds: { high: 90, low: 85, break: 80 },
}

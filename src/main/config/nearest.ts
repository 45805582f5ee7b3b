export { nearest } from '#core/words/nearest.ts'

import { Problem } from '../client.ts'

/** What is wrong with a field, as a sentence; undefined where it is something else. */
export function faultOf(problem: unknown, field: string): string | undefined {
  if (!(problem instanceof Problem) || problem.pointer !== `/${field}`) return undefined
  return `${problem.message.charAt(0).toUpperCase()}${problem.message.slice(1)}.`
}

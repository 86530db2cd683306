// What is a set of statements, and under which names are they prepared?
import { createHash } from 'node:crypto'
import type { Statement } from './postgres-client.ts'

/** Names every statement after its text, so that processes of two versions that share a pooler's connections never take one for the other. */
export function statements<Name extends string>(
  prefix: string,
  texts: Readonly<Record<Name, string>>,
): Readonly<Record<Name, Statement>>
export function statements(prefix: string, texts: Readonly<Record<string, string>>): Readonly<Record<string, Statement>> {
  return Object.fromEntries(
    Object.entries(texts).map(([name, text]) => {
      const digest = createHash('sha256').update(text).digest('hex').slice(0, 16)
      return [name, { name: `${prefix}_${digest}`, text }]
    }),
  )
}

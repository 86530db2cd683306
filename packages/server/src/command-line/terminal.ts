// Through what does a command talk to whoever called it?
import { isUtf8 } from 'node:buffer'
import { createInterface } from 'node:readline/promises'
import { PassThrough, type Readable, type Writable } from 'node:stream'
import { buffer } from 'node:stream/consumers'
import { CommandError, Finished, UsageError } from './usage.ts'

/** The streams and the environment of a command. */
export interface Terminal {
  readonly stdin: Readable & { readonly isTTY?: boolean }
  readonly stdout: Writable
  readonly stderr: Writable
  readonly env: Readonly<Record<string, string | undefined>>
}

/** Keeps a stream that nobody reads any more from ending the process: a server goes on, and a command is told by {@link say}. */
export function outliveReaders({ stdout, stderr }: Terminal): void {
  for (const stream of [stdout, stderr]) stream.on('error', () => {})
}

/**
 * Writes what a command has to say, and waits until it is out.
 *
 * @throws {Finished} where nobody reads it any more, as behind `| head`; {@link CommandError} where it cannot be written.
 */
export async function say({ stdout }: Terminal, text: string): Promise<void> {
  const { promise: written, resolve } = Promise.withResolvers<(Error & { readonly code?: string }) | null | undefined>()
  stdout.write(text, resolve)
  const error = await written
  if (error === null || error === undefined) return
  if (error.code === 'EPIPE') throw new Finished(16)
  throw new CommandError(`Standard output cannot be written: ${error.message}.`, { cause: error })
}

/** Reads a secret: all of standard input but its last line break, or typed twice without being shown. */
export async function readSecret(terminal: Terminal, what: string, from: 'stdin' | 'prompt'): Promise<string> {
  if (from === 'stdin') {
    const bytes = await buffer(terminal.stdin)
    // Other bytes would be read as U+FFFD: secrets that differ in them would be the same, and log nobody in elsewhere.
    if (!isUtf8(bytes)) throw new UsageError(`Standard input must hold the ${what} as UTF-8.`)
    const secret = new TextDecoder().decode(bytes).replace(/\r?\n$/, '')
    if (secret === '') throw new UsageError(`Standard input holds no ${what}.`)
    return secret
  }
  if (terminal.stdin.isTTY !== true)
    throw new UsageError(`There is no terminal to ask for the ${what}: pass it on standard input with --${what}-stdin.`)
  const first = await ask(terminal, `${what}: `, 'hidden')
  if (first !== (await ask(terminal, `${what} again: `, 'hidden'))) throw new UsageError(`The two entries of the ${what} differ.`)
  return first
}

/** Asks a question that only `y` or `yes` agrees to. */
export async function confirm(terminal: Terminal, question: string): Promise<boolean> {
  if (terminal.stdin.isTTY !== true) throw new UsageError('There is no terminal to ask: say --yes.')
  return /^y(es)?$/i.test(await ask(terminal, `${question} [y/N] `, 'shown'))
}

async function ask({ stdin, stderr }: Terminal, question: string, echo: 'shown' | 'hidden'): Promise<string> {
  // Whoever shows what is typed clears the line first, so that the question has to come from there.
  if (echo === 'hidden') stderr.write(question)
  const output = new PassThrough()
  if (echo === 'shown') output.pipe(stderr, { end: false })
  else output.resume()
  const lines = createInterface({ input: stdin, output, terminal: true })
  try {
    return await lines.question(echo === 'hidden' ? '' : question)
  } finally {
    lines.close()
    if (echo === 'hidden') stderr.write('\n')
  }
}

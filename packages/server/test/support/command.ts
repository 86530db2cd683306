// How do tests run commands without the cost of a process for each?
import { Readable, Writable } from 'node:stream'
import { main } from '../../src/main.ts'
import type { Ended } from './spawn.ts'

/** Runs a command in this process: the same code as the built command, with streams of its own. */
export async function command(
  args: readonly string[],
  { input = '', env = {}, broken }: { input?: string | Buffer; env?: Readonly<Record<string, string>>; broken?: Error } = {},
): Promise<Ended> {
  const [stdout, stderr] = [collector(broken), collector()]
  const code = await main(args, { stdin: Readable.from([input]), stdout: stdout.stream, stderr: stderr.stream, env })
  return { code, stdout: stdout.text(), stderr: stderr.text() }
}

/** A stream that keeps what is written to it, or fails each time. */
function collector(broken: Error | null = null) {
  let text = ''
  const stream = new Writable({
    write(chunk, _encoding, done) {
      if (broken === null) text += String(chunk)
      done(broken)
    },
  })
  return { stream, text: () => text }
}

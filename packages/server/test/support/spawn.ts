// How do tests run the built command as its users do?
import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const BIN = fileURLToPath(new URL('../../dist/bin.js', import.meta.url))

/** The environment without settings of whoever runs the tests. */
const ENV = Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith('SOJOURN_')))

export interface Ended {
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}

/** A directory of its own, removed at the end. */
export function scratch() {
  const path = mkdtempSync(join(tmpdir(), 'sojourn-'))
  return { path, [Symbol.dispose]: () => rmSync(path, { recursive: true, force: true }) }
}

export interface RunOptions {
  readonly cwd: string
  readonly input?: string
  readonly env?: Readonly<Record<string, string>>
  readonly nodeArgs?: readonly string[]
}

/** Runs one command to its end. */
export async function run(args: readonly string[], { input = '', ...options }: RunOptions): Promise<Ended> {
  const running = launch(args, options)
  running.child.stdin?.end(input)
  return running.ended
}

/** A server that is listening. */
export async function serve(args: readonly string[], options: RunOptions) {
  const running = launch(['serve', '--port', '0', ...args], options)
  const url = await Promise.race([
    running.seen(/address {3}(http:\S+)/),
    running.ended.then(({ stderr }) => Promise.reject(new Error(stderr))),
  ])
  return {
    ...running,
    url,
    credentials: () => ({
      username: /^username: (.+)$/m.exec(running.stdout())?.[1],
      password: /^password: (.+)$/m.exec(running.stdout())?.[1],
    }),
    [Symbol.asyncDispose]: async () => {
      running.child.kill('SIGKILL')
      await running.ended
    },
  }
}

function launch(args: readonly string[], { cwd, env = {}, nodeArgs = [] }: Omit<RunOptions, 'input'>) {
  const child: ChildProcess = spawn(process.execPath, [...nodeArgs, BIN, ...args], { cwd, env: { ...ENV, ...env } })
  let stdout = ''
  let stderr = ''
  child.stdout?.setEncoding('utf8').on('data', (text) => {
    stdout += text
  })
  child.stderr?.setEncoding('utf8').on('data', (text) => {
    stderr += text
  })
  const ended = new Promise<Ended>((resolve) => child.once('close', (code) => resolve({ code, stdout, stderr })))
  const seen = (pattern: RegExp) =>
    new Promise<string>((resolve) => {
      const look = () => {
        const found = pattern.exec(stdout)?.[1]
        if (found !== undefined) resolve(found)
      }
      child.stdout?.on('data', look)
      look()
    })
  return { child, ended, seen, stdout: () => stdout, stderr: () => stderr }
}

/** One request to a real server. */
export async function request(
  url: string,
  line: string,
  { token, body, cid }: { readonly token?: string; readonly body?: unknown; readonly cid?: string } = {},
) {
  const [method = '', path = ''] = line.split(' ')
  const answer = await fetch(`${url}${path}`, {
    method,
    headers: {
      ...(token !== undefined && { authorization: `Bearer ${token}` }),
      ...(cid !== undefined && { 'x-request-id': cid }),
      ...(body !== undefined && { 'content-type': 'application/json' }),
    },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  })
  const text = await answer.text()
  return { status: answer.status, text, body: text === '' ? undefined : JSON.parse(text) }
}

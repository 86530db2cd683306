// How are commands and scripts run to their end, whatever the servers are busy with?
import { setTimeout as delay } from 'node:timers/promises'
import { doneInPart, SojournError } from '../../engine/error.ts'
import type { Arg, Command, RedisLink } from './redis-link.ts'
import { bytesOrNone, listOf, textOf } from './redis-replies.ts'
import type { Script } from './redis-scripts.ts'

/** While a slot moves, commands on several keys are refused until all of them have: so often they are tried again, and so far apart. */
const TRIES = 40
const PAUSE = 50

/** What a server refuses before it has done anything. Not that there were too many redirections: one of them may have been a lost answer. */
const REFUSED =
  /^(?:NOSCRIPT|MOVED|ASK|TRYAGAIN|CLUSTERDOWN|LOADING|READONLY|OOM|MISCONF|MASTERDOWN|NOREPLICAS|NOAUTH|NOPERM|BUSY)\b/

/** What it was refused for that another try may overcome. */
const MOVING = /^(?:MOVED|ASK|TRYAGAIN)\b/

const messageOf = (error: unknown) => (error instanceof Error ? error.message : '')

/** Runs commands and scripts. */
export interface Runner {
  /** Reads in one round trip, in order; the errors of servers are thrown. */
  read(key: string, commands: readonly Command[]): Promise<readonly unknown[]>
  /** Runs one command. */
  call(key: string, command: Command): Promise<unknown>
  /** Runs a script; answers its reply and what it reported of replication. */
  run(script: Script, keys: readonly [string, ...string[]], args: readonly Arg[]): Promise<ScriptAnswer>
}

/** See redis-scripts.ts. */
export interface ScriptAnswer {
  readonly reply: readonly Buffer[]
  readonly replication: string
}

export function createRunner(link: RedisLink): Runner {
  async function patiently(key: string, command: Command): Promise<unknown> {
    for (let tries = 1; ; tries += 1) {
      try {
        return await link.call(key, command)
      } catch (error) {
        if (!messageOf(error).startsWith('TRYAGAIN') || tries === TRIES) throw error
        await delay(PAUSE)
      }
    }
  }

  return {
    call: patiently,

    async read(key, commands) {
      const answered = await link.pipeline(key, commands)
      const moved = answered.findIndex((reply) => reply instanceof Error)
      if (moved < 0) return answered
      const replies = [...answered]
      for (let index = moved; index < commands.length; index += 1) {
        const [reply, command] = [replies[index], commands[index]]
        if (command === undefined) break
        if (reply instanceof Error && !MOVING.test(reply.message)) throw reply
        replies[index] = await patiently(key, command) // all that follow as well, so that the order of reading stays
      }
      return replies
    },

    async run({ source, sha }, keys, args) {
      const rest = [String(keys.length), ...keys, ...args]
      let answer: unknown
      try {
        answer = await patiently(keys[0], ['EVALSHA', sha, ...rest])
      } catch (error) {
        if (!messageOf(error).startsWith('NOSCRIPT')) throw error
        answer = await patiently(keys[0], ['EVAL', source, ...rest])
      }
      const [reply, replication] = listOf(answer)
      return { reply: listOf(reply).map((part) => bytesOrNone(part) ?? Buffer.alloc(0)), replication: textOf(replication) }
    },
  }
}

/** What went wrong, as an error of ours. */
export function unavailable(error: unknown, kind: 'read' | 'write'): SojournError {
  if (error instanceof SojournError) return error
  const message = messageOf(error)
  if (message.startsWith('WRONGTYPE')) {
    return new SojournError('ERR_STORE_CORRUPT', 'A key of the store holds something else than the store put there.', {
      cause: error,
      fix: 'Give the store a `prefix` that nothing else uses.',
    })
  }
  const applied = kind === 'read' || REFUSED.test(message) ? 'no' : 'unknown'
  return new SojournError('ERR_STORE_UNAVAILABLE', 'Redis does not answer.', { cause: error, applied, retryAfter: 1 })
}

/** Waits for the writes that one call consists of. Where some were made and others refused, nobody may be told that nothing was done. */
export async function wholly(writes: readonly Promise<unknown>[]): Promise<void> {
  const results = await Promise.allSettled(writes)
  const failures = results.flatMap((result) => (result.status === 'rejected' ? [unavailable(result.reason, 'write')] : []))
  const [first] = failures
  if (first === undefined) return
  const isUntouched = failures.length === writes.length && failures.every(({ applied }) => applied === 'no')
  throw isUntouched ? first : doneInPart(first)
}

// How does a write wait until a replica has it?
//
// The script that wrote reports `INFO replication` of the server it ran on. Where that has replicas, a second round trip, on a connection
// of its own so that nobody else waits behind it: a mark is written, `WAIT` holds on until replicas have it, and `INFO replication` is
// read again. Confirmed is what it shows: that this is still the same history (`master_replid`), and that enough replicas are as far as
// the mark. `WAIT` alone proves nothing after a lost connection: it counts from the last write of its own connection.
// Where the history is another, after a failover or because the slot has moved, the script is run again: it changes nothing twice.
// Writes that arrive while one round waits share the next. A connection that answers nothing, because its host was lost or a firewall has
// forgotten it while it was idle, is given up with that round; the next has another.
import { createDeadline } from '../../engine/deadline.ts'
import { SojournError } from '../../engine/error.ts'
import type { Seconds } from '../../engine/time.ts'
import type { Command, OwnLink, RedisLink } from './redis-link.ts'
import { textOf } from './redis-replies.ts'
import type { ScriptAnswer } from './redis-run.ts'
import { LOOK, MARK } from './redis-scripts.ts'

/** How long the answer of a round may take, beside the time for which it waits. Unit: seconds. */
const ROUND_GRACE = 1

/** So often a script is run and its replicas are asked, while servers change. */
const TRIES = 5

/** What a master says of its replicas. */
interface Replication {
  /** Names the history of writes that this master goes on with. */
  readonly history: string
  readonly offset: number
  /** How far each replica is that follows. */
  readonly replicas: readonly number[]
}

/** Waits for replicas. */
export interface Confirmation {
  /**
   * Runs a script until replicas have what it wrote; answers its reply.
   *
   * @param mark a key on the same server.
   * @param run runs the script, which must change nothing when it is run again.
   * @throws {SojournError} `ERR_STORE_UNAVAILABLE`, applied `unknown`, when they do not in time.
   */
  confirmed(mark: string, run: () => Promise<ScriptAnswer>): Promise<ScriptAnswer['reply']>
  close(): void
}

/** Whether replicas have it, or its server no longer is the one to ask. */
type Verdict = 'confirmed' | 'elsewhere'

/** The connection that waits, and by how many rounds it is used. */
interface Own {
  readonly link: Promise<OwnLink>
  rounds: number
}

interface Waiting {
  readonly mark: string
  readonly need: number
  resolve(verdict: Verdict): void
  reject(error: unknown): void
}

function readReplication(info: string): Replication {
  const field = (name: string) => new RegExp(`^${name}:(.*?)\r?$`, 'm').exec(info)?.[1] ?? ''
  const online = info.matchAll(/^slave\d+:.*\bstate=online\b.*\boffset=(\d+)/gm)
  return {
    history: field('master_replid'),
    offset: Number(field('master_repl_offset')),
    replicas: [...online].map(([, offset]) => Number(offset)),
  }
}

/** @param replicas how many must confirm; omitted: one where there is one. */
export function createConfirmation(link: RedisLink, replicas: number | undefined, waitTimeout: Seconds): Confirmation {
  const waiting = new Map<string, Waiting[]>()
  const deadline = createDeadline(waitTimeout + ROUND_GRACE)
  let own: Own | undefined

  const unconfirmed = (cause?: unknown) =>
    new SojournError('ERR_STORE_UNAVAILABLE', `The change is made, but no replica confirmed it within ${waitTimeout} s.`, {
      applied: 'unknown',
      retryAfter: 1,
      fix: 'Repeat it; see that replicas follow their master, or change `waitReplicas`.',
      ...(cause === undefined ? {} : { cause }),
    })

  const letGo = (present: Own) =>
    void present.link.then(
      (opened) => opened.close(),
      () => undefined,
    )

  /** Asks over the connection that waits. One that fails or stays silent is given up, and closed when no other round uses it. */
  async function ask<T>(question: (opened: OwnLink) => Promise<T>): Promise<T> {
    own ??= { link: link.duplicate(), rounds: 0 }
    const present = own
    present.rounds += 1
    try {
      return await deadline.run('write', async () => await question(await present.link))
    } catch (error) {
      if (own === present) own = undefined
      throw unconfirmed(error)
    } finally {
      present.rounds -= 1
      if (own !== present && present.rounds === 0) letGo(present)
    }
  }

  async function round(history: string, mark: string, need: number): Promise<Verdict> {
    const commands: readonly Command[] = [
      ['EVAL', MARK, '1', mark],
      ['WAIT', String(need), String(Math.ceil(waitTimeout * 1000))],
      ['EVAL', LOOK, '1', mark],
    ]
    const replies = await ask((opened) => opened.pipeline(mark, commands))
    if (replies.some((reply) => reply instanceof Error)) {
      await ask((opened) => opened.call(mark, ['EVAL', LOOK, '1', mark])) // goes where the slot is now, and so learns it
      return 'elsewhere'
    }
    const [before, after] = [readReplication(textOf(replies[0])), readReplication(textOf(replies[2]))]
    if (before.history !== history || after.history !== history) return 'elsewhere'
    if (after.replicas.filter((offset) => offset >= before.offset).length >= need) return 'confirmed'
    if (Number(replies[1]) < need) throw unconfirmed()
    return 'elsewhere' // a lost connection came between the mark and the wait
  }

  /** Goes round for all who wait for one history, until nobody does. */
  async function serve(history: string): Promise<void> {
    for (;;) {
      const group = waiting.get(history) ?? []
      const [first] = group
      if (first === undefined) break
      waiting.set(history, [])
      const need = Math.max(...group.map((each) => each.need))
      try {
        const verdict = await round(history, first.mark, need)
        for (const { resolve } of group) resolve(verdict)
      } catch (error) {
        for (const { reject } of group) reject(error instanceof SojournError ? error : unconfirmed(error))
      }
    }
    waiting.delete(history)
  }

  async function wait(mark: string, report: string): Promise<Verdict> {
    const { history, replicas: online } = readReplication(report)
    const need = replicas ?? Math.min(1, online.length)
    if (need === 0) return 'confirmed'
    if (online.length < need) throw unconfirmed()
    return await new Promise<Verdict>((resolve, reject) => {
      const entry = { mark, need, resolve, reject }
      const group = waiting.get(history)
      if (group !== undefined) {
        group.push(entry)
        return
      }
      waiting.set(history, [entry])
      void serve(history)
    })
  }

  return {
    async confirmed(mark, run) {
      const first = await run()
      if ((await wait(mark, first.replication)) === 'confirmed') return first.reply
      try {
        for (let tries = 2; tries <= TRIES; tries += 1) {
          const { reply, replication } = await run()
          if ((await wait(mark, replication)) === 'confirmed') return reply
        }
      } catch (error) {
        throw unconfirmed(error) // even where this time nothing was done: the first time it was
      }
      throw unconfirmed()
    },

    close() {
      if (own !== undefined) letGo(own)
      own = undefined
    },
  }
}

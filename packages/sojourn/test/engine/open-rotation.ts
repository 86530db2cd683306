// With what do the tests of rotation begin: a session whose secret is due after ten minutes, and one that was replaced?
import type { SessionHeader } from '../../src/index.ts'
import { openEngine } from './open-engine.ts'

export const policy = { renewalTimeout: 600, renewalGrace: 30 }

/** An engine with a session, and its first token. */
export async function opened(options: Parameters<typeof openEngine>[0] = {}) {
  const engine = openEngine({ policy, ...options })
  const { session, token } = await engine.sessions.start({ principal: 'anna' })
  const header = async (): Promise<SessionHeader> => {
    const kept = await engine.store.load(session.id, 'header', engine.time.now())
    if (kept === undefined || kept === 'ended') throw new Error('It has ended.')
    return kept
  }
  return { engine, session, first: token, header, resume: (text: string) => engine.sessions.resume(text) }
}

/** Rotates and answers the new token. */
export async function rotated({ engine, first, resume }: Awaited<ReturnType<typeof opened>>) {
  engine.time.advance(600)
  const answer = await resume(first)
  if (typeof answer?.token !== 'string') throw new Error('It was not rotated.')
  return answer.token
}

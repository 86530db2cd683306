// How does an application of the express-session package keep its sessions in Sojourn?
import { type SessionData, Store } from 'express-session'
import { answer, type Callback } from './callback.ts'
import { openRecords, type Records, type SojournStoreOptions } from './express-session-records.ts'

/**
 * A store for the express-session package: `session({ store: new SojournStore(sso), ... })`.
 *
 * To the rest of Sojourn its sessions are guests': listed, ended one by one, and killed with guests or with all. A session lives as long as its
 * cookie; one without an expiry for the policy's absolute timeout after each request. One that was destroyed stays so, whatever a request that
 * is still running saves.
 */
export class SojournStore extends Store {
  readonly #records: Records
  /** What was read or saved here, and the sessions made of it: when one of them is gone by the time it is saved, it was ended. */
  readonly #stored = new WeakSet<object>()

  /**
   * @param sso what `createSojourn` answered.
   * @throws {SojournError} `ERR_OPTION_INVALID`
   */
  constructor(sso: object, options: SojournStoreOptions = {}) {
    super()
    this.#records = openRecords(sso, options)
  }

  override get(sid: string, callback: Callback<[session?: SessionData | null]>): void {
    answer(this.#records.get(sid), (error, session) => {
      if (session) this.#stored.add(session)
      callback(error, session)
    })
  }
  override createSession(...args: Parameters<Store['createSession']>): ReturnType<Store['createSession']> {
    const session = super.createSession(...args)
    if (this.#stored.has(args[1])) this.#stored.add(session)
    return session
  }
  override set(sid: string, session: SessionData, callback?: Callback): void {
    // The session of a request knows its sid: a copy under another one, or an object of somebody's own, is stored whatever was there.
    const isOwn = Reflect.get(Object(session), 'id') === sid
    const saved = this.#records.set(sid, session, isOwn && this.#stored.has(session) ? 'present' : 'always')
    const noted = saved.then(() => void (isOwn && this.#stored.add(session)))
    answer(noted, callback)
  }
  override touch(sid: string, session: SessionData, callback?: Callback): void {
    answer(this.#records.touch(sid, session), callback)
  }
  override destroy(sid: string, callback?: Callback): void {
    answer(this.#records.destroy(sid), callback)
  }
  override all(callback: Callback<[sessions?: SessionData[] | null]>): void {
    answer(this.#records.all(), callback)
  }
  override length(callback: Callback<[length?: number]>): void {
    answer(this.#records.length(), callback)
  }
  override clear(callback?: Callback): void {
    answer(this.#records.clear(), callback)
  }
}

// Over very many races on every store: is an entry ever lost, does a session that was ended ever answer again, is a one-time key ever taken twice?
import { randomBytes } from 'node:crypto'
import { createSojourn, isSojournError } from 'sojourn'
import { SojournStore } from 'sojourn/express-session'
import { type WebSession, webSessions } from 'sojourn/web'
import { expect, test } from 'vitest'
import { describeStores } from '../promises/stores.ts'
import { count } from '../support/scale.ts'

interface Entries {
  note: number
  sum: number
  [own: `own${number}`]: number
}

const AT_ONCE = 100

describeStores('web sessions', (open, isNear) => {
  async function openWeb() {
    const { store } = await open()
    const keys = [randomBytes(32).toString('base64url')]
    // Patience for slow machines: how long a store takes is not the question here.
    const sso = await createSojourn({ store, keys, sweepInterval: 0, storeTimeout: 120 })
    const web = webSessions<Entries>(sso)
    const load = (cookie: string) => web.load(new Request('https://shop.example/', { headers: { cookie } }))
    /** Commits, and answers the cookie to be sent from then on; `undefined` where the session had ended. */
    const commit = async (session: WebSession<Entries>, cookie: string) => {
      try {
        const [line] = (await web.commit(session, new Response())).headers.getSetCookie()
        return line === undefined ? cookie : line.split(';')[0]!
      } catch (error) {
        if (isSojournError(error, 'ERR_SESSION_ENDED')) return undefined
        throw error
      }
    }
    const login = async (user: string) => {
      const session = await load('')
      session.login(user)
      return (await commit(session, ''))!
    }
    return { sso, web, load, commit, login }
  }

  test('1,000 requests at once, each with its own entry and one more on a counter: all are there, and the counter is exact', async () => {
    const { sso, load, commit, login } = await openWeb()
    const cookie = await login('anna')
    const sessions = await Promise.all(Array.from({ length: 1000 }, () => load(cookie)))
    for (const [at, session] of sessions.entries()) {
      session.set(`own${at}`, at)
      session.increment('sum')
    }
    const answers = await Promise.all(sessions.map((session) => commit(session, cookie)))
    expect(new Set(answers)).toEqual(new Set([cookie]))
    const after = await load(cookie)
    expect(after.size).toBe(1001)
    expect(after.get('sum')).toBe(1000)
    expect(sessions.map((_, at) => after.get(`own${at}`))).toEqual(sessions.map((_, at) => at))
    await sso.close()
  })

  test('0 sessions are alive after a logout or a kill that raced writes', async () => {
    const { sso, web, load, commit, login } = await openWeb()
    const rounds = isNear ? count({ full: 100_000, quick: 2000 }) : count({ full: 10_000, quick: 300 })
    let alive = 0
    for (let done = 0; done < rounds; done += AT_ONCE) {
      const races = Array.from({ length: AT_ONCE }, async (_, at) => {
        const user = `u${done + at}`
        const cookie = await login(user)
        const [writer, resetter, ender] = await Promise.all([load(cookie), load(cookie), load(cookie)])
        writer.set('note', at)
        resetter.reset()
        const end = async () => {
          if (at % 2 === 0) return web.killSessionsByUser(user)
          ender.logout()
          await commit(ender, cookie)
        }
        // In every order in which they can start.
        const work = [() => commit(writer, cookie), end, async () => (at % 4 < 2 ? undefined : commit(resetter, cookie))]
        const started = [0, 1, 2].map((place) => work[(place + at) % 3]!())
        const cookies = [cookie, ...(await Promise.all(started))].filter((each) => typeof each === 'string')
        // A reset that came first gave the browser another session, which the logout of the old one does not know.
        if (at % 2 === 1 && at % 4 >= 2) return
        for (const each of cookies) if (!(await load(each)).isNew) alive += 1
        if ((await sso.sessions.list({ principal: user })).items.length > 0) alive += 1
      })
      await Promise.all(races)
    }
    expect(alive).toBe(0)
    await sso.close()
  })

  test('of 100 uses of a one-time key at once one wins', async () => {
    const { sso, load, commit } = await openWeb()
    const rounds = isNear ? count({ full: 10_000, quick: 200 }) : count({ full: 1000, quick: 30 })
    for (let done = 0; done < rounds; done += 1) {
      const issuing = await load('')
      const key = issuing.securityKey()
      const cookie = (await commit(issuing, ''))!
      const sessions = await Promise.all(Array.from({ length: 4 }, () => load(cookie)))
      const uses = Array.from({ length: 25 }, () => sessions).flat()
      const answers = await Promise.all(uses.map((session) => session.validateSecurityKey(key)))
      expect(answers.filter((answer) => answer !== undefined)).toHaveLength(1)
      await sso.sessions.end(issuing.id!)
    }
    await sso.close()
  })

  test('0 sessions of express-session are alive after a destroy that raced saves', async () => {
    const { sso } = await openWeb()
    const store = new SojournStore(sso)
    const done = (call: (callback: (error?: unknown) => void) => void) =>
      new Promise<void>((resolve, reject) => call((error) => (error ? reject(error) : resolve())))
    const rounds = isNear ? count({ full: 100_000, quick: 2000 }) : count({ full: 10_000, quick: 300 })
    let alive = 0
    for (let begun = 0; begun < rounds; begun += AT_ONCE) {
      const races = Array.from({ length: AT_ONCE }, async (_, at) => {
        const sid = `s${begun + at}`
        const session = { cookie: { originalMaxAge: null }, at } as never
        await done((callback) => store.set(sid, session, callback))
        const work = [
          () => done((callback) => store.set(sid, { ...(session as object), at: -1 } as never, callback)),
          () => done((callback) => store.destroy(sid, callback)),
          () => done((callback) => store.touch(sid, session, callback)),
        ]
        await Promise.all([0, 1, 2].map((place) => work[(place + at) % 3]!()))
        await done((callback) =>
          store.get(sid, (error, found) => {
            if (found) alive += 1
            callback(error)
          }),
        )
      })
      await Promise.all(races)
    }
    expect(alive).toBe(0)
    await sso.close()
  })
})

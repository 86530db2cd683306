// What is a chapter of the directory suite, and with what does each of its cases work?
import assert from 'node:assert/strict'
import type { AuditRecord, Directory, DirectoryWrite, StoredUser } from '../../sso/directory.ts'
import type { Attempt, Cases } from '../conformance-cases.ts'
import { NOW } from '../sessions/builders.ts'
import type { Said } from '../sessions/store-under-test.ts'

/** A directory that the suite was given to try, empty at first, and whatever else it is tried with. */
export interface OpenedDirectory {
  readonly directory: Directory
  /** Opens the same data once more, as another process would. The suite closes what it opened. */
  readonly another?: (() => Promise<Directory>) | undefined
  /** Lets go of everything after the case, `directory` included. */
  close(): Promise<void>
}

/**
 * What an opener gives: `another` as well, unless the directory was said not to be `shared`. Where it is `undefined` all the same, the cases
 * that need it fail.
 */
export type DirectoryUnderTest<Shared extends boolean = true> = Pick<OpenedDirectory, 'directory' | 'close'> &
  Said<OpenedDirectory, 'another', Shared>

/** Shows something that holds of every directory; throws an `AssertionError` otherwise. */
export type DirectoryCase = Attempt<OpenedDirectory, undefined>

/** Cases by name. */
export interface DirectoryChapter {
  readonly name: string
  readonly cases: Cases<OpenedDirectory, undefined>
}

/** A user called `name`, approved and unlocked, with whatever else a case needs. */
export function userOf(name: string, more: Partial<StoredUser> = {}): StoredUser {
  return {
    userId: `zusr-${name}`,
    username: name,
    usernameKey: name,
    isSuperUser: false,
    isInternal: false,
    isLocked: false,
    lockedTime: null,
    lockedBy: null,
    approvalStatus: 'approved',
    approvalStatusModTime: NOW,
    approvalStatusModBy: 'auto',
    signUpStatus: 'final',
    signUpTime: NOW,
    signUpConfirmTime: null,
    creationCtx: '{}',
    passwordHash: null,
    passwordMustChange: false,
    passwordLastSet: null,
    passwordExpiry: null,
    email: null,
    emailKey: null,
    displayName: '',
    firstName: '',
    middleName: '',
    lastName: '',
    appList: null,
    isTotpEnabled: false,
    totpKey: null,
    totpLabel: null,
    totpLastStep: null,
    isRateLimitActive: false,
    rateLimitDef: null,
    ...more,
  }
}

/** What goes with a write: nothing, unless a case says otherwise. */
export function writeOf(more: Partial<DirectoryWrite> = {}): DirectoryWrite {
  return { now: NOW, audit: [], effects: [], applyEffects: 'later', ...more }
}

/** An audit record with a correlation id of its own. */
export function recordOf(cid: string, more: Partial<AuditRecord> = {}): AuditRecord {
  return {
    at: NOW,
    cid,
    operation: 'user.update',
    outcome: 'ok',
    reason: null,
    actor: 'zusr-admin',
    target: 'zusr-alice',
    remoteAddr: '192.0.2.1',
    app: 'CRM',
    details: {},
    ...more,
  }
}

/** How many of the answers ended that way. */
export function countOf(answers: readonly { readonly outcome: string }[], outcome: string): number {
  return answers.filter((answer) => answer.outcome === outcome).length
}

/** Calls `run` with 0 to n - 1, all at once. */
export function together<T>(n: number, run: (index: number) => Promise<T>): Promise<T[]> {
  return Promise.all(Array.from({ length: n }, (_, index) => run(index)))
}

/** A page size, and where the page before it ended. */
export interface PageQuery {
  readonly after?: string
  readonly limit: number
}

/** Every item of a list that answers page by page, from `first` on. A page may be empty; that the list ends nevertheless is checked. */
export async function everyPage<T>(
  first: PageQuery,
  read: (query: PageQuery) => Promise<{ readonly items: readonly T[]; readonly next?: string }>,
): Promise<readonly T[]> {
  const all: T[] = []
  let query = first
  for (let pages = 0; pages < 10_000; pages += 1) {
    const page = await read(query)
    assert.ok(page.items.length <= query.limit, 'a page holds more than its limit')
    all.push(...page.items)
    if (page.next === undefined) return all
    query = { ...query, after: page.next }
  }
  throw new assert.AssertionError({ message: 'the list does not end' })
}

/** The names of all users. */
export async function namesOf(directory: Directory): Promise<readonly string[]> {
  return (await everyPage({ limit: 100 }, directory.listUsers)).map((user) => user.usernameKey)
}

/** The correlation ids of all audit records, newest first. */
export async function auditOf(directory: Directory): Promise<readonly string[]> {
  return (await everyPage({ limit: 100 }, directory.listAudit)).map((record) => record.cid)
}

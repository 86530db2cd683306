// What does `sojourn/testing` export?
export { MANUAL_START, type ManualClock, manualClock } from './testing/clock.ts'
export type { ConformanceCase, ConformanceSkip } from './testing/conformance-cases.ts'
export type { DirectoryUnderTest } from './testing/directory/directory-chapter.ts'
export { type DirectoryConformance, directoryConformance } from './testing/directory-conformance.ts'
export { type SessionStoreConformance, sessionStoreConformance } from './testing/session-store-conformance.ts'
export type { StoreUnderTest } from './testing/sessions/store-under-test.ts'

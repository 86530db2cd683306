// What do several changes of a session's header come to together?
import type { SessionHeader } from '../store.ts'
import type { HeaderChange } from './due.ts'

/** A renewal sets the deadline, whatever a touch would make of it. `undefined`: nothing changes. */
export function merged(
  due: HeaderChange | undefined,
  more: HeaderChange | undefined,
  dataKey: HeaderChange | undefined,
): HeaderChange | undefined {
  if (due === undefined) return more === undefined ? dataKey : { ...dataKey, ...more }
  const { touchInterval, ...others } = due
  return {
    ...others,
    ...(touchInterval !== undefined && more?.expiresAt === undefined && { touchInterval }),
    ...dataKey,
    ...more,
  }
}

/** A header after a change. */
export function applied(header: SessionHeader, change: HeaderChange | undefined): SessionHeader {
  if (change === undefined) return header
  const { touchInterval: _, interaction: __, ...state } = change
  return { ...header, ...state }
}

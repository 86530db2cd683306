// Does the example log a session line by line, with an hour between its beginning and its end?
import { expect, test } from 'vitest'
import { linesOf } from '../run.ts'

const INSTANT = String.raw`(\d{4}-\d\d-\d\d \d\d:\d\d:\d\d)`

test('session-get logs the four facts of a session, the empty address included', () => {
  const [creation = '', expiration = '', ...rest] = linesOf('session-get')
  const begin = new RegExp(`^INFO - creation_time   ${INSTANT}$`).exec(creation)?.[1]
  const end = new RegExp(`^INFO - expiration_time ${INSTANT}$`).exec(expiration)?.[1]
  expect(Date.parse(`${end}Z`) - Date.parse(`${begin}Z`)).toBe(3_600_000)
  expect(rest).toEqual(['INFO - remote_addr', 'INFO - user_agent      Firefox 139.0'])
})

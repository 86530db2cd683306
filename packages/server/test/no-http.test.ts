// Does everybody get an answer like any other whom Node itself would turn away?
import { once } from 'node:events'
import { connect } from 'node:net'
import { expect, test } from 'vitest'
import { openApi } from './support/api.ts'

/** Sends text as it is, and reads what comes until the end. */
async function exchange(port: number, text: string) {
  const socket = connect(port, '127.0.0.1')
  let answer = ''
  socket.setEncoding('utf8').on('data', (part) => {
    answer += part
  })
  socket.on('error', () => undefined) // the server may end the connection while text is still under way
  socket.write(text)
  await once(socket, 'close')
  const [head = '', body = ''] = answer.split('\r\n\r\n')
  return { head, body }
}

async function listening() {
  const api = await openApi()
  const url = await api.app.listen({ port: 0, host: '127.0.0.1' })
  return { ...api, port: Number(new URL(url).port) }
}

test.each([
  ['text', 'this is no HTTP\r\n\r\n', 400, 'request'],
  ['a header without a name', 'GET / HTTP/1.1\r\nHost: x\r\n: secret-value\r\n\r\n', 400, 'request'],
  ['two lengths', 'POST /v1/login HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n', 400, 'request'],
  ['no host', 'GET /healthz HTTP/1.1\r\nConnection: close\r\n\r\n', 400, 'Host'],
  ['two hosts', 'GET /healthz HTTP/1.1\r\nHost: x\r\nhost: y\r\nConnection: close\r\n\r\n', 400, 'Host'],
  ['endless headers', `GET /healthz HTTP/1.1\r\nHost: x\r\nX-Long: ${'secret-value'.repeat(2000)}\r\n\r\n`, 431, 'headers'],
])('%s', async (_title, text, status, field) => {
  await using api = await listening()
  const { head, body } = await exchange(api.port, text)
  expect(head).toMatch(new RegExp(`^HTTP/1\\.1 ${status} `))
  expect(head.toLowerCase()).toContain('content-type: application/problem+json')
  expect(head.toLowerCase()).toContain('cache-control: no-store')
  const problem = JSON.parse(body)
  expect(problem).toMatchObject({
    status,
    code: 'ERR_REQUEST_INVALID',
    errors: [{ field }],
    cid: expect.stringMatching(/^[0-9a-f]{24}$/),
  })
  expect(head).toContain(`x-request-id: ${problem.cid}`)
  expect(api.lines.map((line) => JSON.parse(line))).toContainEqual(expect.objectContaining({ cid: problem.cid, status }))
  expect(api.lines.join('')).not.toContain('secret-value')
})

test.each(['PROPFIND', 'TRACE', 'LOCK', 'PURGE', 'QUERY'])('%s is a method that no path knows', async (method) => {
  await using api = await listening()
  const { head, body } = await exchange(
    api.port,
    `${method} /v1/session HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`,
  )
  expect(head).toMatch(/^HTTP\/1\.1 405 /)
  expect(head.toLowerCase()).toContain('allow: get, head, patch, delete')
  expect(JSON.parse(body)).toMatchObject({ status: 405, code: 'ERR_METHOD_REFUSED', cid: expect.any(String) })
})

test('an expectation that nobody knows changes nothing', async () => {
  await using api = await listening()
  const { head, body } = await exchange(
    api.port,
    'GET /healthz HTTP/1.1\r\nHost: x\r\nExpect: wonders\r\nConnection: close\r\n\r\n',
  )
  expect(head).toMatch(/^HTTP\/1\.1 200 /)
  expect(JSON.parse(body)).toEqual({ status: 'ok' })
})

// Does the binding of plain Node servers serve HTTP/2 as it does HTTP/1?
import { once } from 'node:events'
import { connect, createServer as createHttp2 } from 'node:http2'
import { expect, test } from 'vitest'
import { serve } from './node-serve.ts'

test('HTTP/2 works the same way', async () => {
  const { url } = await serve((request, response) => {
    request.session.set('a', 1)
    response.writeHead(200, { 'x-own': 'yes' })
    response.end('two')
  }, createHttp2 as never)
  const client = connect(url)
  const stream = client.request({ ':path': '/' })
  const [headers] = await once(stream, 'response')
  expect([headers[':status'], headers['x-own'], headers['set-cookie']?.length]).toEqual([200, 'yes', 1])
  let text = ''
  for await (const chunk of stream.setEncoding('utf8')) text += chunk
  expect(text).toBe('two')
  client.close()
})

test('over HTTP/2, whose end writes by itself, the answer to a session that cannot be saved is whole', async () => {
  const { url, faults, errors } = await serve((request, response) => {
    request.session.set('a', 1)
    response.setHeader('x-own', 'yes')
    response.write('dropped')
    response.end('as well')
  }, createHttp2 as never)
  faults.set('create', new Error('away'))
  const client = connect(url)
  try {
    const stream = client.request({ ':path': '/' })
    const [headers] = await once(stream, 'response')
    let body = ''
    for await (const chunk of stream) body += chunk
    expect([headers[':status'], headers['retry-after'], headers['x-own']]).toEqual([503, '1', undefined])
    expect(JSON.parse(body)).toMatchObject({ status: 503, code: 'ERR_STORE_UNAVAILABLE' })
    expect(errors).toHaveLength(1)
  } finally {
    client.close()
  }
})

// What does somebody at a terminal see of the question that a command asks?
import { PassThrough, Writable } from 'node:stream'
import { expect, test } from 'vitest'
import { confirm } from '../src/command-line/terminal.ts'

test.each([
  ['y', true],
  ['yes', true],
  ['', false],
  ['n', false],
])('the question stays beside the answer %j', async (typed, agreed) => {
  const stdin = Object.assign(new PassThrough(), { isTTY: true })
  let text = ''
  const stderr = new Writable({
    write(chunk, _encoding, done) {
      text += String(chunk)
      done()
    },
  })
  const answer = confirm({ stdin, stdout: new PassThrough(), stderr, env: {} }, 'Delete anna?')
  stdin.write(`${typed}\r`)
  expect(await answer).toBe(agreed)
  // Of what was written before the line is cleared from its first column on, nothing is left.
  expect(text.split('\u001b[1G\u001b[0J').at(-1)).toContain('Delete anna? [y/N] ')
})

// What does the web face need to run where there is no Node, and how much is it?
import * as nodeCrypto from 'node:crypto'
import { fileURLToPath } from 'node:url'
import { runInNewContext } from 'node:vm'
import { gzipSync } from 'node:zlib'
import { build } from 'esbuild'
import { expect, test } from 'vitest'

const MOST_BYTES = 15_000

async function bundled(minify: boolean) {
  const { outputFiles, metafile } = await build({
    entryPoints: [fileURLToPath(new URL('../../src/web.ts', import.meta.url))],
    bundle: true,
    platform: 'neutral',
    format: 'esm',
    external: ['node:crypto'],
    minify,
    metafile: true,
    write: false,
  })
  return {
    text: outputFiles[0]!.text,
    imports: Object.values(metafile.outputs).flatMap((output) => output.imports.map(({ path }) => path)),
  }
}

test('sojourn/web imports node:crypto and nothing else of Node', async () => {
  const { text, imports } = await bundled(false)
  expect([...new Set(imports)]).toEqual(['node:crypto'])
  const code = text.replaceAll(/\/\/.*$/gm, '')
  expect(code).not.toMatch(/\bprocess\.|\brequire\(["']|\bsetImmediate\b|\b__dirname\b/)
  const module: unknown = await import(`data:text/javascript;base64,${Buffer.from(text).toString('base64')}`)
  expect(Object.keys(Object(module)).sort()).toEqual(['GUEST_USER', 'webSessions'])
})

/** What every runtime has that speaks HTTP in requests and responses. */
const WEB_GLOBALS = {
  AbortController,
  FormData,
  Headers,
  Request,
  Response,
  URL,
  clearInterval,
  clearTimeout,
  console,
  performance,
  setInterval,
  setTimeout,
}

const ONE_VISIT = `
import { registerCore } from '../../src/engine/core.ts'
import { createEngine } from '../../src/engine/engine.ts'
import { memoryStore } from '../../src/memory.ts'
import { webSessions } from '../../src/web.ts'
export async function visit() {
  const keys = ['${'A'.repeat(43)}']
  const sso = createEngine({ store: memoryStore().sessions, installationKey: new Uint8Array(32), keys })
  registerCore(sso, sso.core)
  const handle = webSessions(sso).handle(async (request, session) => {
    session.set('pin', new Map([[1, new Uint8Array(2)]]), { encrypt: true })
    session.increment('visits')
    return Response.json([session.get('visits'), session.securityKey().length, await session.validateSecurityKey('none') ?? null])
  })
  const first = await handle(new Request('https://shop.example/'))
  const cookie = first.headers.getSetCookie()[0].split(';')[0]
  const second = await handle(new Request('https://shop.example/', { headers: { cookie } }))
  await sso.close()
  return [first.status, await first.json(), await second.json()]
}`

// The engine and the web face; the users of `createSojourn` need more, as their passwords are hashed by Node.
test('sessions run where there are the globals of the web, node:crypto and Buffer', async () => {
  const { outputFiles } = await build({
    stdin: { contents: ONE_VISIT, loader: 'ts', resolveDir: fileURLToPath(new URL('.', import.meta.url)) },
    bundle: true,
    platform: 'neutral',
    format: 'cjs',
    external: ['node:crypto'],
    write: false,
  })
  const module: { exports: { visit?: () => Promise<unknown> } } = { exports: {} }
  const require = (name: string) => {
    if (name === 'node:crypto') return nodeCrypto
    throw new Error(`There is no ${name} here.`)
  }
  // Buffer comes with node:crypto, whose functions take and answer it: what has the one has the other. Both must know the same Uint8Array.
  runInNewContext(outputFiles[0]!.text, { ...WEB_GLOBALS, Buffer, Uint8Array, module, require })
  expect(await module.exports.visit?.()).toEqual([200, [1, 32, null], [2, 32, null]])
})

test(`sojourn/web is less than ${MOST_BYTES / 1000} kB, minified and compressed`, async () => {
  const { text } = await bundled(true)
  const bytes = gzipSync(text, { level: 9 }).length
  process.stdout.write(`sojourn/web: ${text.length} bytes minified, ${bytes} compressed\n`)
  expect(bytes).toBeLessThan(MOST_BYTES)
})

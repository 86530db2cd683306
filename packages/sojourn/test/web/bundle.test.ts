// Does the web face run where there is no Node, and how much is it?
import { fileURLToPath } from 'node:url'
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

test('sojourn/web needs node:crypto and nothing else of Node', async () => {
  const { text, imports } = await bundled(false)
  expect([...new Set(imports)]).toEqual(['node:crypto'])
  const code = text.replaceAll(/\/\/.*$/gm, '')
  expect(code).not.toMatch(/\bprocess\.|\brequire\(["']|\bsetImmediate\b|\b__dirname\b/)
  const module: unknown = await import(`data:text/javascript;base64,${Buffer.from(text).toString('base64')}`)
  expect(Object.keys(Object(module)).sort()).toEqual(['GUEST_USER', 'webSessions'])
})

test(`sojourn/web is less than ${MOST_BYTES / 1000} kB, minified and compressed`, async () => {
  const { text } = await bundled(true)
  const bytes = gzipSync(text, { level: 9 }).length
  process.stdout.write(`sojourn/web: ${text.length} bytes minified, ${bytes} compressed\n`)
  expect(bytes).toBeLessThan(MOST_BYTES)
})

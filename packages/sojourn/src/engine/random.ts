// Where do unpredictable bytes come from, cheaply?
import { randomFillSync } from 'node:crypto'

const POOL_BYTES = 4096
const pool = Buffer.allocUnsafeSlow(POOL_BYTES)
let used = POOL_BYTES

/** That many bytes of the system's generator, drawn from a pool; what was handed out is erased in the pool. */
export function randomBytes(length: number): Buffer {
  if (length > POOL_BYTES) return randomFillSync(Buffer.allocUnsafeSlow(length))
  if (used + length > POOL_BYTES) {
    randomFillSync(pool)
    used = 0
  }
  const bytes = Buffer.from(pool.subarray(used, used + length))
  pool.fill(0, used, used + length)
  used += length
  return bytes
}

/** The same as base64url. */
export function randomText(bytes: number): string {
  return randomBytes(bytes).toString('base64url')
}

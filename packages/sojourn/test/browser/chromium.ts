// Which browser do the tests run, and what if there is none?
import { existsSync } from 'node:fs'
import { type BrowserContext, chromium } from 'playwright-core'

const PLACES = [process.env['CHROMIUM'], '/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome']

const executablePath = PLACES.find((path) => path !== undefined && existsSync(path))

/** Without a browser the suite is skipped by its name; where CI asks for it, it fails. */
export const isSkipped = executablePath === undefined && process.env['CI'] !== 'true'

/** Starts a browser whose profile is kept in a folder, as a user's is. */
export async function openBrowser(profile: string): Promise<BrowserContext> {
  if (executablePath === undefined) throw new Error('There is no Chromium: install it, or name its path in CHROMIUM.')
  return chromium.launchPersistentContext(profile, {
    executablePath,
    ignoreHTTPSErrors: true,
    args: [
      '--no-sandbox',
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
    ],
  })
}

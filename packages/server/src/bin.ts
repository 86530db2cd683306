#!/usr/bin/env node
// Is this Node new enough to run the command, before anything is imported that needs it?

/** How long connections may take to end when everything is done. Unit: milliseconds. */
const LAST_WAIT = 2000

const [major = 0, minor = 0] = process.versions.node.split('.').map(Number)

if ((major === 24 && minor >= 16) || (major === 26 && minor >= 1) || major > 26) {
  const { main } = await import('./main.ts')
  process.exitCode = await main(process.argv.slice(2))
  // All is said and closed. Connections to a server that went silent would keep the process for as long as that stays silent.
  setTimeout(() => process.exit(), LAST_WAIT).unref()
} else {
  process.stderr.write(
    `sojourn: this is Node ${process.versions.node}, and Sojourn needs Node 26.1 or newer (or 24.16 or newer of 24). Install it from https://nodejs.org.\n`,
  )
  process.exitCode = 16
}

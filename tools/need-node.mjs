// Which Node runs this script, and is it new enough? Stops every npm script early, with the way out.
const [major = 0, minor = 0] = process.versions.node.split('.').map(Number)
const supported = (major === 24 && minor >= 16) || (major === 26 && minor >= 1) || major > 26
if (!supported) {
  console.error(
    `This script runs on Node ${process.versions.node}; it needs 26.1 or newer (or 24.16 or newer of 24).\n` +
      '`npm ci` puts the right one into node_modules/.bin, which `npm run` uses. If it is missing, this platform has\n' +
      'no package in tools/node-runtime, or npm ran with --omit=optional: install Node 26 yourself.',
  )
  process.exit(1)
}

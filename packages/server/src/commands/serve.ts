// How is the server started from the command line?
import type { Command } from 'commander'
import { addCommand } from '../command-line/command.ts'
import type { Run } from '../command-line/run.ts'
import { say, type Terminal } from '../command-line/terminal.ts'
import type { Report } from '../serve.ts'
import { settingsInForce } from '../settings/settings-in-force.ts'
import { VERSION } from '../version.ts'

/** Adds `sojourn serve`. */
export function addServe(program: Command, run: Run): void {
  addCommand(
    program,
    run,
    {
      name: 'serve',
      summary: 'Start the server.',
      example: 'sojourn serve --db sqlite:sojourn.db --port 8080',
      options: [
        ['--port <number>', 'the port to listen on (default: 8080)'],
        ['--host <host>', 'the address to listen on (default: 127.0.0.1)'],
        ['--trusted-proxies <list>', 'proxies whose X-Forwarded-For is believed, separated by commas (default: none)'],
        ['--log-level <level>', 'how much is logged to standard error (default: info)'],
        ['--print-config', 'print the settings in force, without secrets, and stop'],
      ],
    },
    async (call) => {
      const { settings, options, terminal } = call
      if (options['printConfig'] === true) {
        const inForce = await settingsInForce(settings)
        return { text: JSON.stringify(inForce, null, 2), data: inForce }
      }
      // The other commands start without the weight of a server.
      const { serve } = await import('../serve.ts')
      await serve(settings, call, options['json'] === true ? jsonReport(terminal) : textReport(terminal))
      return { text: '', data: { stopped: true } }
    },
  )
}

function textReport(terminal: Terminal): Report {
  return {
    credentials: ({ username, password }) => say(terminal, `username: ${username}\npassword: ${password}\n\n`),
    listening({ url, database, keys, username }) {
      const hint = username === undefined ? '' : ' (paste the password above, then press Enter)'
      const name = username ?? 'USERNAME'
      terminal.stdout.write(
        `Sojourn ${VERSION} is ready.\n` +
          `  address   ${url} (described by ${url}/openapi.json)\n` +
          `  database  ${database}\n` +
          `  keys      ${keys}\n\n` +
          `Next, log in${hint}:\n` +
          `  stty -echo; read -r PASSWORD; stty echo; printf '{"username":"${name}","password":"%s"}' "$PASSWORD" | curl -s ${url}/v1/login -H 'content-type: application/json' -d @-\n`,
      )
    },
  }
}

function jsonReport(terminal: Terminal): Report {
  return {
    credentials: (credentials) => say(terminal, `${JSON.stringify(credentials)}\n`),
    listening: ({ url, database, keys }) => void terminal.stdout.write(`${JSON.stringify({ url, database, keys })}\n`),
  }
}

// What does the server log, and what never?
import { type DestinationStream, type Logger, type LoggerOptions, pino } from 'pino'
import { isSojournError } from 'sojourn'
import type { LogLevel } from './log-level.ts'
import { withoutTokens } from './without-tokens.ts'

const OPTIONS: LoggerOptions = {
  base: null,
  timestamp: () => `,"time":"${new Date().toISOString()}"`,
  formatters: { level: (level) => ({ level }) },
  serializers: { err: describeError },
  redact: ['authorization', 'cookie', '*.authorization', '*.cookie', '*.*.authorization', '*.*.cookie', 'password', '*.password'],
}

/** A log of JSON lines. Tokens are cut out of every line, also those that come with a foreign error's message. */
export function createLog(level: LogLevel, stream: DestinationStream): Logger {
  return pino({ ...OPTIONS, level }, { write: (line: string) => stream.write(withoutTokens(line)) })
}

/** An error as the log shows it: what it is, where it comes from, and its causes. Fields of foreign errors, such as a query, are left out. */
function describeError(error: unknown): Readonly<Record<string, unknown>> {
  if (!(error instanceof Error)) return { type: typeof error }
  return {
    type: error.name,
    ...('code' in error && { code: error.code }),
    message: error.message,
    ...(!isSojournError(error) && { stack: error.stack }),
    ...(error.cause !== undefined && { cause: describeError(error.cause) }),
  }
}

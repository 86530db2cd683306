// How does somebody who waits see how far a long command is?
import type { Writable } from 'node:stream'

/** Shows how far something is. */
export interface Progress {
  /** Begins a step; `total` where it is known how much there is to do. */
  readonly begin: (step: string, total: number | undefined) => void
  readonly advance: (count: number) => void
  readonly end: () => void
}

/** Where and how progress is shown. */
export interface ProgressOptions {
  readonly stream: Writable & { readonly isTTY?: boolean; readonly columns?: number }
  readonly clock: () => number
}

/** How often a bar is drawn, and how often a line is written where there is no terminal. Unit: milliseconds. */
const REDRAW = 100
const LINE_EVERY = 5000

const BAR_WIDTH = 24

/** A bar that is drawn in place on a terminal, or a line every few seconds elsewhere, with the rate and the time that remains. */
export function showProgress({ stream, clock }: ProgressOptions): Progress {
  const isTerminal = stream.isTTY === true
  let step: { readonly name: string; readonly total: number | undefined; readonly begunAt: number; done: number } | undefined
  let shownAt = 0

  function show(now: number): void {
    if (step === undefined) return
    shownAt = now
    const line = lineOf(step.name, step.done, step.total, (now - step.begunAt) / 1000, isTerminal)
    stream.write(isTerminal ? `\r\x1b[K${line.slice(0, (stream.columns ?? 80) - 1)}` : `${line}\n`)
  }

  function finish(): void {
    // Steps that are over at once are not worth a line.
    if (step === undefined) return
    if (step.done > 0) show(clock())
    if (isTerminal) stream.write(step.done > 0 ? '\n' : '\r\x1b[K')
    step = undefined
  }

  return {
    begin(name, total) {
      finish()
      shownAt = clock()
      step = { name, total, begunAt: shownAt, done: 0 }
      if (isTerminal) stream.write(`\r\x1b[K${name}`)
    },
    advance(count) {
      if (step === undefined) return
      step.done += count
      const now = clock()
      if (now - shownAt >= (isTerminal ? REDRAW : LINE_EVERY)) show(now)
    },
    end: finish,
  }
}

/** Shows nothing. */
export const silentProgress: Progress = { begin: () => {}, advance: () => {}, end: () => {} }

function lineOf(name: string, done: number, total: number | undefined, seconds: number, isTerminal: boolean): string {
  const rate = seconds > 0 ? Math.round(done / seconds) : 0
  const speed = `${number(rate)}/s`
  if (total === undefined) return `${name}  ${number(done)}  ${speed}`
  const share = total === 0 ? 1 : Math.min(done / total, 1)
  const bar = '█'.repeat(Math.round(share * BAR_WIDTH)).padEnd(BAR_WIDTH, '░')
  const rest = rate > 0 ? `  ${duration((total - done) / rate)} left` : ''
  const percent = `${Math.floor(share * 100)}%`
  return `${name}  ${isTerminal ? `${bar} ` : ''}${percent}  ${number(done)} of ${number(total)}  ${speed}${rest}`
}

function number(value: number): string {
  return value.toLocaleString('en-US')
}

function duration(seconds: number): string {
  const whole = Math.max(0, Math.round(seconds))
  const [hours, minutes] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60]
  if (hours > 0) return `${hours} h ${minutes} min`
  return minutes > 0 ? `${minutes} min ${whole % 60} s` : `${whole} s`
}

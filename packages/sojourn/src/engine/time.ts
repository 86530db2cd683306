// In which units does Sojourn count time?

/** An instant: whole milliseconds since the epoch, UTC. */
export type Millis = number

/** A duration in seconds. */
export type Seconds = number

/** Answers the present instant. Injected everywhere, so that tests own the time. */
export type Clock = () => Millis

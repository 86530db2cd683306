// What does the web face need to know of a request, whatever kind of server it came through?

/** A request, as a binding hands it over. */
export interface RequestFacts {
  readonly method: string
  /** A header by its lower-case name; several of one name joined as HTTP says. */
  header(name: string): string | undefined
  /** Host and port as the client named them. */
  host(): string
  /** Whether the connection to this process is encrypted. */
  readonly encrypted: boolean
  /** The address at the other end of the connection; `undefined` where that is not known. */
  readonly remoteAddr: string | undefined
}

/** What a server knows about the connection of a standard `Request`. */
export interface LoadOptions {
  /** Whether the connection to this process is encrypted. Default: whether `request.url` begins with `https:`. */
  readonly encrypted?: boolean | undefined
  /** The address at the other end of the connection. Default: not known. */
  readonly remoteAddr?: string | undefined
  /** `true` for a request that must not keep the session alive, such as polling. Default: `false`. */
  readonly passive?: boolean | undefined
}

/** The facts of a standard `Request`. */
export function factsOf(request: Request, options: LoadOptions = {}): RequestFacts {
  return {
    method: request.method,
    header: (name) => request.headers.get(name) ?? undefined,
    host: () => new URL(request.url).host,
    encrypted: options.encrypted ?? request.url.startsWith('https:'),
    remoteAddr: options.remoteAddr,
  }
}

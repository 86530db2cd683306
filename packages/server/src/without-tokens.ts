// How is text shown that may hold a token, wherever it came from?

/** Anything that looks like a token of ours. */
const TOKEN = /sjn_[A-Za-z0-9_-]{24}\.[A-Za-z0-9_-]+/g

/** The text without its tokens. */
export function withoutTokens(text: string): string {
  return text.replaceAll(TOKEN, 'sjn_...')
}

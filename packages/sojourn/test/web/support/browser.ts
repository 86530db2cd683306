// What does a browser keep and send, as far as cookies go?

/** A client that keeps cookies and sends them back. */
export function createBrowser(fetch: (request: Request) => Promise<Response>, base = 'https://shop.example') {
  const jar = new Map<string, string>()
  const keep = (response: Response) => {
    for (const line of response.headers.getSetCookie()) {
      const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(line) ?? []
      if (/;\s*Max-Age=0/i.test(line)) jar.delete(name)
      else jar.set(name, value)
    }
    return response
  }
  const cookie = () => [...jar].map(([name, value]) => `${name}=${value}`).join('; ')
  return {
    jar,
    cookie,
    async send(path: string, init: RequestInit = {}) {
      const headers = new Headers(init.headers)
      if (jar.size > 0 && !headers.has('cookie')) headers.set('cookie', cookie())
      return keep(await fetch(new Request(new URL(path, base), { ...init, headers })))
    },
  }
}

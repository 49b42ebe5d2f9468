import type { IncomingMessage } from "node:http";

/**
 * Why a request is not answered, or undefined. The page listens on loopback, yet any web site can make a browser ask it:
 * under its own name (DNS rebinding: the Host is wrong) or from its own pages (the Origin is wrong).
 */
export function refusal({ method, headers }: IncomingMessage, port: number): string | undefined {
  const hosts = [`127.0.0.1:${port}`, `localhost:${port}`];
  const { host, origin } = headers;
  if (host === undefined || !hosts.includes(host)) return "This page answers to 127.0.0.1 and localhost only.";
  // Every browser sends Origin with a POST (Fetch standard); only a program leaves it out, and none has to post here.
  const ownOrigin = `http://${host}`;
  if (method !== "GET" && method !== "HEAD" && origin !== ownOrigin) return "This request comes from another site.";
  if (origin !== undefined && origin !== ownOrigin) return "This request comes from another site.";
  return undefined;
}

/** The frames of mails inherit this policy and add their own: hence inline styles and images in `data:`. */
export const PAGE_HEADERS: Readonly<Record<string, string>> = {
  "Content-Security-Policy":
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; connect-src 'self'; " +
    "frame-src 'self'; form-action 'none'; base-uri 'none'; frame-ancestors 'none'",
  "Cross-Origin-Opener-Policy": "same-origin",
  "Cross-Origin-Resource-Policy": "same-origin",
  "Referrer-Policy": "no-referrer",
  "X-Content-Type-Options": "nosniff",
  "Cache-Control": "no-store",
};

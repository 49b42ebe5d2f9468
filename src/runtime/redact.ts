/** Shorter ones would take letters out of ordinary words. */
const MIN_SECRET_CHARS = 4;

/** A password or token as it may come back in a server's answer: plain, and in the forms that AUTH PLAIN, LOGIN and XOAUTH2 send. */
export function secretForms(username: string, password: string): readonly string[] {
  const forms = [
    base64(`\0${username}\0${password}`),
    base64(`user=${username}\u0001auth=Bearer ${password}\u0001\u0001`),
    base64(password),
    password,
    encodeURIComponent(password),
  ];
  return [...new Set(forms)].filter((form) => form.length >= MIN_SECRET_CHARS);
}

function base64(text: string): string {
  return Buffer.from(text).toString("base64");
}

export function redact(text: string, secrets: readonly string[]): string {
  return secrets.reduce((redacted, secret) => redacted.replaceAll(secret, "…"), text);
}

/**
 * Whether a mail says beyond all doubt that it is from `allowed`, and from nobody else. Written without a look at the code
 * under test, and stricter: whoever could be let in by a mail that does not pass here has found a hole.
 */
export function isFromOnly(mail: Buffer, allowed: string): boolean {
  const [header = ""] = `\n${mail.toString("latin1")}`.split(/\n\r?\n/);
  // A reader that takes a lone CR for a line end must not see another sender either.
  const lines = header.split(/\r\n|\n|\r/);
  const values: string[] = [];
  let isOwn = false;
  for (const line of lines) {
    const field = /^from[ \t\0]*:(.*)$/i.exec(line);
    if (field) values.push(field[1] ?? "");
    else if (isOwn && /^[ \t]/.test(line)) values.push(`${values.pop() ?? ""} ${line.trim()}`);
    else {
      isOwn = false;
      continue;
    }
    isOwn = true;
  }
  const [value = ""] = values;
  if (values.length !== 1 || /[\0\x7f]/.test(value)) return false;
  const addresses = [...value.matchAll(/[^\s<>"(),;:\\]*@[^\s<>"(),;:\\]*/g)].map(([found]) => found.toLowerCase());
  // What has no dot is nobody's address on the Internet.
  const real = addresses.filter((address) => /@.*\./.test(address));
  return real.length > 0 && real.every((address) => address === allowed);
}

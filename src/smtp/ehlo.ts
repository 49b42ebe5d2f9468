export interface Ehlo {
  /** Keywords with their parameters, as the server gave them. */
  readonly capabilities: readonly string[];
  readonly sizeLimitBytes: number | undefined;
  readonly auth: readonly string[];
  readonly startTls: boolean;
  readonly smtpUtf8: boolean;
}

/** A server's answer to EHLO (RFC 5321 section 4.1.1.1). */
export function parseEhlo(response: string): Ehlo {
  const [, ...lines] = response.split(/\r?\n/).map((line) => line.replace(/^\d{3}[ -]?/, "").trim());
  const capabilities = lines.filter((line) => line !== "");
  const parameters = (keyword: string): readonly string[] | undefined =>
    capabilities
      .map((line) => line.split(/[\s=]+/))
      .find(([word]) => word?.toUpperCase() === keyword)
      ?.slice(1);
  // RFC 1870 section 4: absent or 0 is no fixed limit.
  const size = Number(parameters("SIZE")?.[0] ?? 0);
  return {
    capabilities,
    sizeLimitBytes: Number.isSafeInteger(size) && size > 0 ? size : undefined,
    auth: parameters("AUTH")?.map((mechanism) => mechanism.toUpperCase()) ?? [],
    startTls: parameters("STARTTLS") !== undefined,
    smtpUtf8: parameters("SMTPUTF8") !== undefined,
  };
}

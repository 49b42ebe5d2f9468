/** What the library says to a server that offers DSN, and to no other (RFC 3461). */
export interface ReportsWanted {
  readonly ret: "HDRS";
  readonly notify: "FAILURE";
  readonly envid?: string;
}

/** RFC 3461 section 4.4. */
const MAX_ENVELOPE_ID_CHARS = 100;

/** Of failures only, and with no more of the mail than its header; they are to name our Message-ID, so that we find it. */
export function reportsWanted(messageId: string): ReportsWanted {
  const envid = messageId.replace(/^<|>$/g, "");
  return { ret: "HDRS", notify: "FAILURE", ...(envid.length <= MAX_ENVELOPE_ID_CHARS ? { envid } : {}) };
}

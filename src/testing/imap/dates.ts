const MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

/** `20-Nov-2026 16:35:02 +0000` (RFC 3501 section 9, date-time). */
export function imapDateTime(date: Date): string {
  const day = `${date.getUTCDate()}`.padStart(2, " ");
  const time = [date.getUTCHours(), date.getUTCMinutes(), date.getUTCSeconds()]
    .map((value) => `${value}`.padStart(2, "0"))
    .join(":");
  return `${day}-${MONTHS[date.getUTCMonth()]}-${date.getUTCFullYear()} ${time} +0000`;
}

export function parseImapDateTime(text: string): Date | undefined {
  return dateFrom(/^\s?\d{1,2}-[A-Za-z]{3}-\d{4} \d\d:\d\d:\d\d [+-]\d{4}$/.test(text) ? text : undefined);
}

/** Midnight of `20-Nov-2026`; time and zone are disregarded in searches (RFC 3501 section 6.4.4). */
export function parseImapDay(text: string): Date | undefined {
  return dateFrom(/^\d{1,2}-[A-Za-z]{3}-\d{4}$/.test(text) ? `${text} 00:00:00 +0000` : undefined);
}

function dateFrom(text: string | undefined): Date | undefined {
  if (text === undefined) return undefined;
  const date = new Date(text.trim().replace(/^(\d+)-(\w+)-(\d+)/, "$1 $2 $3"));
  return Number.isNaN(date.getTime()) ? undefined : date;
}

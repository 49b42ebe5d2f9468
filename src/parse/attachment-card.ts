import { decodeWords } from "../domain/encoded-word.ts";
import { bodyOffset, firstValue, headerFields, utf8OrLatin1 } from "./header.ts";
import { readAddresses } from "./mime.ts";
import { contentLines, type ContentLine, plainValue } from "./content-lines.ts";
import { Removed } from "./removed.ts";
import { visibleCharacters } from "./visible-characters.ts";

/** Enough of the beginning of any invitation, contact or mail. */
const CARD_BYTES = 64 * 1024;

const MAX_ITEM_CHARS = 150;
const MAX_CARD_CHARS = 400;

/**
 * What a person would see of an attachment that mail programs show by what is in it, on one line and in no language: an
 * invitation (RFC 5545), a contact (RFC 6350), a mail. Undefined for all others. Whatever the sender wrote stays on that line.
 */
export function attachmentCard(type: string, head: Buffer): string | undefined {
  const items = itemsOf(type, head.subarray(0, CARD_BYTES));
  const shown = items?.map((item) => oneLine(item ?? "")).filter((item) => item !== "");
  if (!shown || shown.length === 0) return undefined;
  return shown.join(" · ").slice(0, MAX_CARD_CHARS);
}

function itemsOf(type: string, head: Buffer): (string | undefined)[] | undefined {
  if (type === "text/calendar" || type === "application/ics") return eventItems(contentLines(utf8OrLatin1(head)));
  if (/^text\/(?:x-)?vcard$|^text\/directory$/.test(type)) return contactItems(contentLines(utf8OrLatin1(head)));
  return type === "message/rfc822" ? mailItems(head) : undefined;
}

function oneLine(text: string): string {
  const line = visibleCharacters(text, new Removed())
    .replace(/[\p{Cc}\p{Cf}\s]+/gu, " ")
    .trim();
  return line.length > MAX_ITEM_CHARS ? `${line.slice(0, MAX_ITEM_CHARS - 1)}…` : line;
}

function eventItems(lines: readonly ContentLine[]): (string | undefined)[] {
  const begin = lines.findIndex(({ name, value }) => name === "BEGIN" && /^(?:VEVENT|VTODO)$/i.test(value));
  const end = lines.findIndex(({ name }, index) => index > begin && name === "END");
  const event = begin < 0 ? [] : lines.slice(begin, end < 0 ? undefined : end);
  const of = (name: string) => event.find((line) => line.name === name);
  const method = lines.find(({ name }) => name === "METHOD")?.value;
  const organizer = of("ORGANIZER");
  const address = organizer?.value.replace(/^mailto:/i, "");
  return [
    method?.toUpperCase(),
    plainValue(of("SUMMARY")),
    period(of("DTSTART"), of("DTEND") ?? of("DUE")),
    plainValue(of("LOCATION")),
    organizer?.parameters["CN"] === undefined ? address : `${organizer.parameters["CN"]} <${address}>`,
  ];
}

/** `2026-12-03 14:00–15:00 Europe/Berlin`; a day alone for one that lasts all of it. */
function period(start: ContentLine | undefined, end: ContentLine | undefined): string | undefined {
  const from = moment(start);
  if (from === undefined || start === undefined) return undefined;
  const to = moment(end);
  const until = to === undefined || to.time === "" ? "" : `–${to.day === from.day ? "" : `${to.day} `}${to.time}`;
  const zone = start.value.endsWith("Z") ? "UTC" : (start.parameters["TZID"] ?? "");
  return `${from.day} ${from.time}${until} ${from.time === "" ? "" : zone}`;
}

function moment(line: ContentLine | undefined): { day: string; time: string } | undefined {
  const [, year, month, day, hour, minute] =
    /^(\d{4})(\d\d)(\d\d)(?:T(\d\d)(\d\d)\d\dZ?)?$/.exec(line?.value ?? "") ?? [];
  if (year === undefined) return undefined;
  return { day: `${year}-${month}-${day}`, time: hour === undefined ? "" : `${hour}:${minute}` };
}

function contactItems(lines: readonly ContentLine[]): (string | undefined)[] {
  const of = (name: string) => plainValue(lines.find((line) => line.name === name && line.value !== ""));
  const name = of("FN") ?? of("N")?.split(";").filter(Boolean).toReversed().join(" ");
  return [name, of("ORG")?.split(";").filter(Boolean).join(", "), of("TEL")?.replace(/^tel:/i, ""), of("EMAIL")];
}

function mailItems(head: Buffer): (string | undefined)[] {
  const end = bodyOffset(head);
  const fields = headerFields(end < 0 ? head : head.subarray(0, end));
  const [from] = readAddresses(firstValue(fields, "from") ?? "");
  const subject = firstValue(fields, "subject");
  const sender = from && (from.name === "" ? from.address : `${from.name} <${from.address}>`);
  return [subject === undefined ? undefined : decodeWords(subject), sender, firstValue(fields, "date")];
}

import type { Place } from "./css/element-tests.ts";
import type { StyleText } from "./css/sheet.ts";
import type { HtmlDocument } from "./html-document.ts";

/** What only those can answer who know how many come after; an escape may spell anything. */
const ASKS_FOR_PLACE = /:(?:last|only|nth-last|first-of|nth-of)|\\/i;

/** The place of each element among its parent's, in the order in which they are opened; undefined when no sheet asks for it. */
export function elementPlaces(document: HtmlDocument, sheets: readonly StyleText[]): readonly Place[] | undefined {
  if (!sheets.some(({ text }) => ASKS_FOR_PLACE.test(text))) return undefined;
  const places: Place[] = [];
  const families = [new Family()];
  const handler = {
    open(name: string): void {
      families.at(-1)?.add(places.length, name);
      places.push(NOWHERE);
      families.push(new Family());
    },
    close: (): void => families.pop()?.settle(places),
    text: () => {},
    comment: () => {},
    flatOpen: () => {},
    flatClose: () => {},
  };
  document.read(handler);
  families[0]?.settle(places);
  return places;
}

const NOWHERE: Place = { fromEnd: 0, ofType: 0, ofTypeFromEnd: 0 };

/** The elements in one parent. */
class Family {
  readonly #members: { readonly at: number; readonly name: string; readonly ofType: number }[] = [];
  readonly #types = new Map<string, number>();

  add(at: number, name: string): void {
    const ofType = (this.#types.get(name) ?? 0) + 1;
    this.#types.set(name, ofType);
    this.#members.push({ at, name, ofType });
  }

  settle(places: Place[]): void {
    for (const [before, { at, name, ofType }] of this.#members.entries()) {
      const ofTypeFromEnd = (this.#types.get(name) ?? 0) - ofType + 1;
      places[at] = { fromEnd: this.#members.length - before, ofType, ofTypeFromEnd };
    }
  }
}

import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { Page } from "playwright-core";
import { Removed } from "../../src/parse/removed.ts";
import { visibleCharacters } from "../../src/parse/visible-characters.ts";

export const VISIBLE_MAILS = join(import.meta.dirname, "../mail/visible");

export interface VisibleMail {
  readonly name: string;
  readonly html: string;
  /** As its sender writes the plain form. */
  readonly plain: string | undefined;
  /** Each word that a person sees, as Chromium told and people checked. */
  readonly words: readonly string[];
}

export function visibleMails(): VisibleMail[] {
  const files = readdirSync(VISIBLE_MAILS);
  const read = (name: string): string | undefined =>
    files.includes(name) ? readFileSync(join(VISIBLE_MAILS, name), "utf8") : undefined;
  return files
    .filter((file) => file.endsWith(".html"))
    .map((file) => {
      const name = file.slice(0, -".html".length);
      return {
        name,
        html: read(file) ?? "",
        plain: read(`${name}.plain`),
        words: (read(`${name}.words`) ?? "").split(/\s+/).filter(Boolean),
      };
    });
}

/** Without links, numbers of lists and characters that nobody sees. */
export function words(text: string): string[] {
  const bare = visibleCharacters(text, new Removed()).replace(/<(?:https?|mailto|tel):[^>]*>|https?:\/\/\S+/g, " ");
  return bare.normalize("NFC").match(/[\p{L}\p{M}\p{N}\p{Emoji_Presentation}\u200c\u200d]+/gu) ?? [];
}

export function missing(from: readonly string[], wanted: readonly string[]): string[] {
  const have = new Set(from);
  return [...new Set(wanted)].filter((word) => !have.has(word));
}

/** A wide and a narrow screen, by day, and a wide one by night. */
const SCREENS = [
  { width: 1280, height: 800, colorScheme: "light" },
  { width: 390, height: 844, colorScheme: "light" },
  { width: 1280, height: 800, colorScheme: "dark" },
] as const;

/** What a person sees of an HTML mail on any of these screens, by layout and computed style. Nothing is loaded. */
export async function seenInChromium(page: Page, html: string): Promise<string> {
  const seen: string[] = [];
  for (const { colorScheme, ...size } of SCREENS) {
    await page.emulateMedia({ colorScheme });
    await page.setViewportSize(size);
    await page.setContent(html, { waitUntil: "domcontentloaded" });
    seen.push(await page.evaluate(seenTexts));
  }
  return seen.join("\n");
}

/** Runs in the page, so it can call nothing outside of itself. */
function seenTexts(): string {
  type Rgba = [number, number, number, number];
  const rgba = (value: string): Rgba => {
    const [r = 0, g = 0, b = 0, a = 1] = (value.match(/[\d.]+/g) ?? []).map(Number);
    return [r, g, b, a];
  };
  const luminance = ([r, g, b]: Rgba): number => {
    const part = (value: number): number => (value <= 10.31 ? value / 3294.6 : ((value / 255 + 0.055) / 1.055) ** 2.4);
    return 0.2126 * part(r) + 0.7152 * part(g) + 0.0722 * part(b);
  };
  const over = (top: Rgba, below: Rgba): Rgba => {
    const mix = (one: number, other: number): number => one * top[3] + other * (1 - top[3]);
    return [mix(top[0], below[0]), mix(top[1], below[1]), mix(top[2], below[2]), 1];
  };
  const ancestors = (element: Element): Element[] => {
    const all: Element[] = [];
    for (let one: Element | null = element; one; one = one.parentElement) all.push(one);
    return all;
  };
  const background = (element: Element): Rgba | undefined => {
    const layers: Rgba[] = [];
    for (const one of ancestors(element)) {
      const style = getComputedStyle(one);
      if (style.backgroundImage !== "none") return undefined;
      layers.push(rgba(style.backgroundColor));
    }
    return layers.toReversed().reduce((below, top) => over(top, below), [255, 255, 255, 1] as Rgba);
  };
  const legible = (element: Element): boolean => {
    const style = getComputedStyle(element);
    const color = rgba(style.webkitTextFillColor || style.color);
    if (color[3] < 0.1) return false;
    const below = background(element);
    if (!below || style.textShadow !== "none") return true;
    const top = over(color, below);
    const [a = 0, b = 0] = [luminance(top), luminance(below)].toSorted((one, other) => other - one);
    return (a + 0.05) / (b + 0.05) >= 1.25 || Math.hypot(top[0] - below[0], top[1] - below[1], top[2] - below[2]) >= 80;
  };
  const inSight = (element: Element, rect: DOMRect): boolean => {
    let [left, top, right, bottom] = [
      rect.left + scrollX,
      rect.top + scrollY,
      rect.right + scrollX,
      rect.bottom + scrollY,
    ];
    for (const one of ancestors(element)) {
      const style = getComputedStyle(one);
      const box = one.getBoundingClientRect();
      const clipped = style.clip !== "auto" && /absolute|fixed/.test(style.position);
      if (clipped || /inset\((?:50|100)%|circle\(0|polygon/.test(style.clipPath)) return false;
      if (one === document.body || one === document.documentElement || style.display === "inline") continue;
      if (style.overflowX !== "visible") [left, right] = [Math.max(left, box.left), Math.min(right, box.right)];
      if (style.overflowY !== "visible") [top, bottom] = [Math.max(top, box.top), Math.min(bottom, box.bottom)];
    }
    return right - Math.max(0, left) > 1.5 && bottom - Math.max(0, top) > 1.5 && left < 5000;
  };
  const shown = (element: Element): boolean => {
    if (!element.checkVisibility({ checkOpacity: true, checkVisibilityCSS: true })) return false;
    if (element instanceof HTMLDetailsElement && !element.open) return false;
    if (ancestors(element).some((one) => /opacity\(0\)/.test(getComputedStyle(one).filter))) return false;
    if (getComputedStyle(element).contentVisibility === "hidden") return false;
    return ancestors(element).reduce((all, one) => all * Number(getComputedStyle(one).opacity), 1) > 0.1;
  };
  const out: string[] = [];
  const walker = document.createTreeWalker(document, NodeFilter.SHOW_TEXT | NodeFilter.SHOW_ELEMENT);
  for (let node = walker.nextNode(); node; node = walker.nextNode()) {
    if (node instanceof HTMLImageElement) {
      // Without its picture it has no size but the one that it is given.
      const sizes = [node.getAttribute("width"), node.getAttribute("height"), node.style.width, node.style.height];
      const tiny = sizes.some((size) => /^[01](?:px)?$/.test(size ?? ""));
      if (node.alt.trim() !== "" && shown(node) && !tiny) out.push(` ${node.alt} `);
    }
    if (node instanceof Element && (node.tagName === "BR" || getComputedStyle(node).display !== "inline"))
      out.push(" ");
    const parent = node.parentElement;
    const { previousSibling: before } = node;
    if (before instanceof Element && getComputedStyle(before).display !== "inline") out.push(" ");
    if (node.nodeType !== Node.TEXT_NODE || !parent) continue;
    if (/^(?:SCRIPT|STYLE|TITLE|TEMPLATE|NOSCRIPT|TEXTAREA)$/.test(parent.tagName) || !node.textContent?.trim()) {
      if (node.nodeType === Node.TEXT_NODE) out.push(" ");
      continue;
    }
    const range = document.createRange();
    range.selectNodeContents(node);
    const seen =
      shown(parent) &&
      Number.parseFloat(getComputedStyle(parent).fontSize) >= 5 &&
      legible(parent) &&
      [...range.getClientRects()].some((rect) => inSight(parent, rect));
    out.push(seen ? node.textContent : " ");
  }
  return out.join("");
}

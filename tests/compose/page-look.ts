export interface Finding {
  readonly problem: "scroll" | "outside" | "contrast";
  readonly what: string;
}

/** Runs in the page. WCAG 2.1: a contrast of 4.5 for all text; nothing wider than the screen but what moves in a frame. */
export function lookAtPage(leastContrast: number): Finding[] {
  const found: Finding[] = [];
  const width = document.documentElement.clientWidth;
  const root = document.documentElement;
  if (root.scrollWidth > width) found.push({ problem: "scroll", what: `${root.scrollWidth} > ${width}` });

  const frameOf = (element: Element): Element | null => {
    for (let at = element.parentElement; at; at = at.parentElement)
      if (getComputedStyle(at).overflowX === "auto") return at;
    return null;
  };
  for (const element of document.querySelectorAll("body *")) {
    if (frameOf(element)) continue;
    const { left, right } = element.getBoundingClientRect();
    if (left < -0.5 || right > width + 0.5) {
      found.push({ problem: "outside", what: `${element.tagName} from ${left} to ${right} of ${width}` });
    }
  }

  type Colour = readonly [number, number, number, number];
  const colourOf = (css: string): Colour => {
    const [r = 0, g = 0, b = 0, a = 1] = (css.match(/[\d.]+/g) ?? []).map(Number);
    return [r, g, b, a];
  };
  const luminance = ([r, g, b]: Colour): number => {
    const [x = 0, y = 0, z = 0] = [r, g, b].map((value) => {
      const part = value / 255;
      return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
    });
    return 0.2126 * x + 0.7152 * y + 0.0722 * z;
  };
  // What lies behind a page that sets no background: Chromium's own canvas.
  const canvas: Colour =
    matchMedia("(prefers-color-scheme: dark)").matches && isDarkAware() ? [18, 18, 18, 1] : [255, 255, 255, 1];
  function isDarkAware(): boolean {
    return getComputedStyle(document.documentElement).colorScheme.includes("dark");
  }
  const behind = (element: Element): Colour => {
    for (let at: Element | null = element; at; at = at.parentElement) {
      const colour = colourOf(getComputedStyle(at).backgroundColor);
      if (colour[3] === 1) return colour;
      if (colour[3] > 0) found.push({ problem: "contrast", what: "a background that can be seen through" });
    }
    return canvas;
  };
  const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (texts.nextNode()) {
    const element = texts.currentNode.parentElement;
    const text = texts.currentNode.textContent?.trim() ?? "";
    if (!element || text === "") continue;
    const [ours, back] = [luminance(colourOf(getComputedStyle(element).color)), luminance(behind(element))];
    const contrast = (Math.max(ours, back) + 0.05) / (Math.min(ours, back) + 0.05);
    if (contrast < leastContrast)
      found.push({ problem: "contrast", what: `${contrast.toFixed(2)} of ${text.slice(0, 40)}` });
  }
  return found;
}

/** What a selector can ask of an element; everything in lower case, as in mail without a doctype (quirks mode). */
export interface StyledElement {
  readonly name: string;
  readonly attributes: Readonly<Record<string, string>>;
  readonly id: string;
  readonly classes: readonly string[];
  readonly parent: StyledElement | undefined;
  /** The element before it in the same parent. */
  readonly before: StyledElement | undefined;
  /** Counted from 1 among its parent's elements. */
  readonly index: number;
  /** Undefined while nobody asks for it. */
  readonly place: Place | undefined;
}

/** Counted from 1 among its parent's elements, from their end, or among those of the same name. */
export interface Place {
  readonly fromEnd: number;
  readonly ofType: number;
  readonly ofTypeFromEnd: number;
}

export type Test = (element: StyledElement, walk: Walk) => boolean;

/** How much matching may still cost; shared by all rules and elements of one mail. */
export interface Walk {
  steps: number;
}

export const nameIs =
  (name: string): Test =>
  (element) =>
    element.name === name;
export const idIs =
  (id: string): Test =>
  (element) =>
    element.id === id;
export const classIs =
  (name: string): Test =>
  (element) =>
    element.classes.includes(name);

export function attributeIs(name: string, operator: string | undefined, operand: string): Test {
  return ({ attributes }) => {
    const value = attributes[name]?.toLowerCase();
    if (value === undefined) return false;
    switch (operator) {
      case "=":
        return value === operand;
      case "~=":
        return operand !== "" && value.split(/\s+/).includes(operand);
      case "|=":
        return value === operand || value.startsWith(`${operand}-`);
      case "^=":
        return operand !== "" && value.startsWith(operand);
      case "$=":
        return operand !== "" && value.endsWith(operand);
      case "*=":
        return operand !== "" && value.includes(operand);
      case undefined:
        return true;
      default:
        return false;
    }
  };
}

/** Which of an element's places `nth` counts. */
export type Count = (element: StyledElement) => number;

export function nth(inside: string, count: Count): Test | undefined {
  const text = inside.trim().toLowerCase();
  const [, a, b = "0"] =
    /^([+-]?\d{0,6})n\s*(?:([+-]\s*\d{1,6}))?$/.exec(text.replace(/^odd$/, "2n+1").replace(/^even$/, "2n")) ?? [];
  if (a === undefined) return /^\d{1,6}$/.test(text) ? (element) => count(element) === Number(text) : undefined;
  const step = a === "" || a === "+" ? 1 : a === "-" ? -1 : Number(a);
  const offset = Number(b.replace(/\s/g, ""));
  return (element) => {
    const beyond = count(element) - offset;
    return step === 0 ? beyond === 0 : beyond % step === 0 && beyond / step >= 0;
  };
}

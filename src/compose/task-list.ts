/** `- [ ] open` and `- [x] done`: a box in place of the bullet. Checkboxes proper are dropped by every mail program. */
interface TaskToken {
  type: string;
  content: string;
  meta: unknown;
  children: TaskToken[] | null;
}

interface CoreState<Token extends TaskToken> {
  readonly tokens: readonly Token[];
  readonly Token: new (type: string, tag: string, nesting: -1 | 0 | 1) => TaskToken;
}

const TASK = /^\[([ xX])\][ \t]+(?=\S)/;

/** A core rule after the inline ones: the mark becomes a token of its own, and is noted at the list item. */
export function taskItems<Token extends TaskToken>({ tokens, Token: NewToken }: CoreState<Token>): void {
  for (const [index, item] of tokens.entries()) {
    if (item.type !== "list_item_open" || tokens[index + 1]?.type !== "paragraph_open") continue;
    const children = tokens[index + 2]?.children;
    const text = children?.[0];
    const mark = text?.type === "text" ? TASK.exec(text.content) : null;
    if (!children || !text || !mark) continue;
    text.content = text.content.slice(mark[0].length);
    const box = new NewToken("task_box", "", 0);
    box.content = mark[1] === " " ? "[ ] " : "[x] ";
    children.unshift(box);
    item.meta = { isTask: true };
  }
}

export function isTask({ meta }: { readonly meta: unknown }): boolean {
  return typeof meta === "object" && meta !== null && "isTask" in meta;
}

import { describe, expect, it } from "vitest";
import { highlighted } from "../../src/compose/highlight.ts";
import { renderMarkdown } from "../../src/compose/markdown.ts";

const escape = (text: string) => text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");

/** `[keyword:const] x` for what is coloured. */
function colours(code: string, language: string): string | undefined {
  return highlighted(code, language, (text) => text)?.replace(
    /<span class="mp-(\w+)" style="color:#[0-9a-f]{6}">([^]*?)<\/span>/g,
    "[$1:$2]",
  );
}

describe("code in colours", () => {
  it.each([
    ["js", "const x = f(1); // n", "[keyword:const] x = [name:f]([number:1]); [comment:// n]"],
    ["typescript", "type A = `a${b}`", "[keyword:type] A = [string:`a${b}`]"],
    [
      "python",
      'def f(): # "no"\n    return """a\nb"""',
      '[keyword:def] [name:f](): [comment:# "no"]\n    [keyword:return] [string:"""a\nb"""]',
    ],
    ["go", 'func main() { s := "a\\"b" }', '[keyword:func] [name:main]() { s := [string:"a\\"b"] }'],
    ["sql", "select 1 -- one", "[keyword:select] [number:1] [comment:-- one]"],
    ["json", '{"a": "b", "c": true}', '{[name:"a"]: [string:"b"], [name:"c"]: [keyword:true]}'],
    ["yaml", "a-b: 1 # c", "[name:a-b]: [number:1] [comment:# c]"],
    ["bash", "echo $HOME # x\nurl#part", "[keyword:echo] $HOME [comment:# x]\nurl#part"],
    [
      "html",
      '<!-- c --><p class="a">t</p>',
      '[comment:<!-- c -->][keyword:<p] [name:class=][string:"a"]>t[keyword:</p]>',
    ],
    ["diff", "@@ 1\n-a\n+b\n c", "[name:@@ 1]\n[removed:-a]\n[added:+b]\n c"],
    ["css", "a { color: red } /* c */", "a { [name:color]: red } [comment:/* c */]"],
  ])("%s", (language, code, expected) => {
    expect(colours(code, language)).toBe(expected);
  });

  it("loses and invents nothing, and shows nothing as markup, whatever the code", () => {
    const code = '</span><script>"&quot;\u2028" 0x1F `a\n${b} /* \' <!-- """ # -- é日本';
    for (const language of ["js", "c", "py", "rb", "lua", "sh", "sql", "json", "yaml", "css", "html", "diff"]) {
      const html = highlighted(code, language, escape) ?? "";
      expect(html.replace(/<\/?span[^>]*>/g, "")).toBe(escape(code));
    }
  });

  it("leaves a language that is not known as it is", () => {
    expect(highlighted("const x", "brainfuck", escape)).toBeUndefined();
    expect(highlighted("const x", "constructor", escape)).toBeUndefined();
    expect(renderMarkdown("```\nconst x\n```", new Set()).html).not.toContain("<span");
  });

  it("stops colouring where a mail has more code than anybody reads, and says it all the same", () => {
    const { html } = renderMarkdown(
      `\`\`\`js\n${"1,".repeat(40_000)}\n\`\`\`\n\n\`\`\`js\nconst small = 1\n\`\`\``,
      new Set(),
    );
    expect(html).toContain("1,1,1,1");
    expect(html).toContain('<span class="mp-keyword"');
  });

  it.each(["0x0_", "a(", '"', "'", "`", "(((", "/*", "#", '"""', "<!--", "<a ", "\\", "a-", "--", "a=", "\n", "é"])(
    "takes 50,000 characters of %j in well under a second of computing",
    (piece) => {
      const code = piece.repeat(50_000 / piece.length);
      for (const language of ["js", "c", "py", "rb", "lua", "sh", "sql", "json", "yaml", "css", "html", "diff"]) {
        const start = process.cpuUsage();
        highlighted(code, language, escape);
        expect(process.cpuUsage(start).user / 1_000).toBeLessThan(1_000);
      }
    },
  );
});

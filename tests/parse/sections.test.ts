import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type MimePart, parseMail, textSections } from "../../src/parse/parse-mail.ts";
import { treeOfStructure, leaves } from "../../src/parse/mime-tree.ts";
import { anyOptions } from "./options.ts";

/** A mail by its shape: a leaf, an attached mail, or a multipart of these. */
type Shape = "text" | "file" | "mail" | { readonly kind: string; readonly parts: readonly Shape[] };

describe("section numbers, as IMAP counts them (RFC 3501 section 6.4.5)", () => {
  it.each<[string, Shape, string[]]>([
    ["a mail of one part is 1", "file", ["1"]],
    ["the parts of a multipart", { kind: "mixed", parts: ["text", "file", "file"] }, ["2", "3"]],
    [
      "a multipart in a multipart",
      { kind: "mixed", parts: [{ kind: "mixed", parts: ["text", "file"] }, "file"] },
      ["1.2", "2"],
    ],
    [
      "three deep, and on after it",
      {
        kind: "mixed",
        parts: ["file", { kind: "related", parts: ["file", { kind: "mixed", parts: ["file"] }] }, "file"],
      },
      ["1", "2.1", "2.2.1", "3"],
    ],
    [
      "an attached mail is one part; what is in it is not counted",
      { kind: "mixed", parts: ["text", "mail", "file"] },
      ["2", "3"],
    ],
  ])("%s", async (_, shape, sections) => {
    const { attachments } = await parseMail(render(shape), await anyOptions());
    expect(attachments.map(({ section }) => section)).toEqual(sections);
  });

  it("of any tree are those counted by hand, and each part's content is its own", async () => {
    const options = await anyOptions({ maxCount: 1_000 });
    await fc.assert(
      fc.asyncProperty(shapes(), async (shape) => {
        const byHand = count(shape, "");
        const parsed = await parseMail(render(shape), options);
        expect(parsed.metadata.email_defects).toEqual([]);
        expect(parsed.attachments.map(({ section }) => section)).toEqual(byHand.files);
        const texts = byHand.texts.map((section) => `text ${section}`);
        expect(parsed.text.split("\n\n[Attachment")[0]).toBe(
          texts.length > 0 ? texts.join("\n\n") : "[No text content]",
        );
        const structure = structureOf(shape, "");
        expect(textSections(structure)).toEqual(byHand.texts);
        expect([...leaves(treeOfStructure(structure))].map(({ section }) => section).toSorted()).toEqual(
          [...byHand.files, ...byHand.texts].toSorted(),
        );
      }),
      { numRuns: 100 },
    );
  });
});

function shapes(): fc.Arbitrary<Shape> {
  const { tree } = fc.letrec<{ tree: Shape }>((tie) => ({
    tree: fc.oneof(
      { maxDepth: 4, withCrossShrink: true },
      fc.constantFrom("text" as const, "file" as const, "mail" as const),
      fc.record({
        // Of a multipart/related one text is read, however many there are.
        kind: fc.constantFrom("mixed", "parallel"),
        parts: fc.array(tie("tree"), { minLength: 1, maxLength: 4 }),
      }),
    ),
  }));
  return tree;
}

/** The rule, written down a second time and without the code under test. */
function count(shape: Shape, section: string): { files: string[]; texts: string[] } {
  if (typeof shape === "string") {
    const own = section === "" ? "1" : section;
    return shape === "text" ? { files: [], texts: [own] } : { files: [own], texts: [] };
  }
  const below = shape.parts.map((child, index) =>
    count(child, section === "" ? `${index + 1}` : `${section}.${index + 1}`),
  );
  return { files: below.flatMap(({ files }) => files), texts: below.flatMap(({ texts }) => texts) };
}

function render(shape: Shape): Buffer {
  return Buffer.from(
    ["From: a@example.org", "Message-ID: <a@example.org>", "Date: 1 Jan 2026 00:00 Z", ...part(shape, "")].join("\r\n"),
  );
}

function part(shape: Shape, section: string): string[] {
  const own = section === "" ? "1" : section;
  if (shape === "text") return ["Content-Type: text/plain", "", `text ${own}`];
  if (shape === "file") return ["Content-Type: application/pdf", "", `file ${own}`];
  const inner = [
    "Subject: inner",
    "Content-Type: multipart/mixed; boundary=inner",
    "",
    "--inner",
    "",
    "inside",
    "--inner--",
  ];
  if (shape === "mail") return ["Content-Type: message/rfc822", "", ...inner];
  const boundary = `b-${section}`;
  const parts = shape.parts.flatMap((child, index) => [
    `--${boundary}`,
    ...part(child, section === "" ? `${index + 1}` : `${section}.${index + 1}`),
  ]);
  return [`Content-Type: multipart/${shape.kind}; boundary="${boundary}"`, "", ...parts, `--${boundary}--`, ""];
}

function structureOf(shape: Shape, section: string): MimePart {
  const leaf = (type: string): MimePart => ({
    section: section || "1",
    type,
    parameters: {},
    encodedBytes: 9,
    children: [],
  });
  if (shape === "text") return leaf("text/plain");
  if (shape === "file") return leaf("application/pdf");
  if (shape === "mail")
    return { ...leaf("message/rfc822"), children: [{ ...leaf("text/plain"), section: `${section || "1"}.1` }] };
  const children = shape.parts.map((child, index) =>
    structureOf(child, section === "" ? `${index + 1}` : `${section}.${index + 1}`),
  );
  return { section, type: `multipart/${shape.kind}`, parameters: {}, encodedBytes: 0, children };
}

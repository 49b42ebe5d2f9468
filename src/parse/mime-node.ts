import { noteAmbiguities } from "./ambiguity.ts";
import type { Defects } from "./defects.ts";
import { parameterOf } from "./header.ts";
import { boundaryOf, type SplitNode } from "./mime-inside.ts";
import type { PartFacts } from "./mime-tree.ts";

/** Names what is ambiguous or unknown in one part's header; returns the header's length in bytes. */
export function noteHeaderDefects(node: SplitNode, defects: Defects): number {
  const { headers, multipart } = node;
  const fields = headers.getList();
  noteAmbiguities(fields, defects);
  // RFC 2046 section 5.1.1 has text instead; others look for the boundary in the body.
  if (multipart && !/boundary/i.test(headers.getFirst("Content-Type"))) defects.addAmbiguous("missing-boundary");
  if (multipart && isInsideItself(node)) defects.addAmbiguous("nested-boundary");
  // RFC 2152: a charset that hides markup from whoever looks for "<"; some readers know it.
  if (/^(?:x-)?(?:unicode-\d-\d-)?utf-?7/i.test(node.charset || "")) defects.addAmbiguous("utf-7");
  // RFC 2046 section 5.2: never put together, never fetched. A fragment may be a piece of anything.
  if (node.contentType === "message/partial") defects.addAmbiguous("partial-message");
  if (node.contentType === "message/external-body") defects.add("external-body");
  return fields.reduce((bytes, { line }) => bytes + line.length, 0);
}

/** RFC 2046 section 5.1.2: whose part a delimiter begins is unknown when two open multiparts share it. */
function isInsideItself(node: SplitNode): boolean {
  const own = boundaryOf(node);
  if (!own) return false;
  for (let outer = node.parentNode; outer; outer = outer.parentNode) if (boundaryOf(outer)?.equals(own)) return true;
  return false;
}

export function factsOf(node: SplitNode, type: string): PartFacts {
  const contentType = node.headers.getFirst("Content-Type");
  const contentId = node.headers.getFirst("Content-ID").trim().replace(/^<|>$/g, "").trim();
  return {
    type,
    parameters: READ_PARAMETERS.test(type) ? parametersOf(contentType) : {},
    disposition: node.disposition || undefined,
    filename: node.filename || undefined,
    contentId: contentId || undefined,
    encoding: node.encoding || undefined,
  };
}

/** The only types whose parameters say how to read the mail. */
const READ_PARAMETERS = /^(?:multipart\/(?:signed|related)|application\/(?:x-)?pkcs7-mime)$/;

function parametersOf(contentType: string): Record<string, string> {
  const protocol = parameterOf(contentType, "protocol");
  const smimeType = parameterOf(contentType, "smime-type");
  const start = parameterOf(contentType, "start");
  return {
    ...(protocol ? { protocol } : {}),
    ...(smimeType ? { "smime-type": smimeType } : {}),
    ...(start ? { start } : {}),
  };
}

export const PLAIN_TEXT: PartFacts = {
  type: "text/plain",
  parameters: {},
  disposition: undefined,
  filename: undefined,
  contentId: undefined,
  encoding: undefined,
};

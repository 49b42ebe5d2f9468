import type { Defects } from "./defects.ts";
import { parameterOf, repeatedParameters } from "./header.ts";
import type { SplitNode } from "./mime-inside.ts";
import type { PartFacts } from "./mime-tree.ts";

const SINGLE_MIME_FIELDS = new Map(
  ["Content-Type", "Content-Transfer-Encoding", "Content-Disposition", "Content-ID"].map((name) => [
    name.toLowerCase(),
    name,
  ]),
);

const KNOWN_ENCODINGS = new Set(["7bit", "8bit", "binary", "quoted-printable", "base64"]);

/** Names what is ambiguous or unknown in one part's header; returns the header's length in bytes. */
export function noteHeaderDefects({ headers, encoding, multipart }: SplitNode, defects: Defects): number {
  const seen = new Set<string>();
  let bytes = 0;
  for (const { key, line } of headers.getList()) {
    bytes += line.length;
    const shown = SINGLE_MIME_FIELDS.get(key);
    if (!shown) continue;
    if (seen.has(key)) defects.add(`duplicate-header:${shown}`);
    seen.add(key);
    for (const parameter of repeatedParameters(line)) defects.add(`duplicate-parameter:${parameter}`);
  }
  if (multipart && !/boundary/i.test(headers.getFirst("Content-Type"))) defects.add("missing-boundary");
  if (encoding && !KNOWN_ENCODINGS.has(encoding)) defects.add("unknown-encoding");
  return bytes;
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

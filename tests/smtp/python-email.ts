import { spawnSync } from "node:child_process";

/** A second opinion on what we write: Python's own parser. */
export interface PythonMail {
  /** Field names and decoded values, in order. */
  readonly headers: [string, string][];
  /** Content types, depth first. */
  readonly types: string[];
  readonly text: string;
  readonly html: string;
  readonly filenames: string[];
  /**
   * What the parser complains of, in any part. Not in Content-Type: there the library repeats a file name in the old way,
   * an encoded word in quotes, for old programs; the right one (RFC 2231) stands in Content-Disposition.
   */
  readonly defects: string[];
}

const PROGRAM = `
import sys, json, base64, email, email.policy
def content(mail, kind):
    part = mail.get_body(preferencelist=(kind,))
    return part.get_content() if part is not None else ""
def read(raw):
  mail = email.message_from_bytes(base64.b64decode(raw), policy=email.policy.default)
  parts = list(mail.walk())
  return {
    "headers": [[name, str(value)] for name, value in mail.items()],
    "types": [part.get_content_type() for part in parts],
    "text": content(mail, "plain"), "html": content(mail, "html"),
    "filenames": [part.get_filename() for part in parts if part.get_filename()],
    "defects": [type(d).__name__ for part in parts for d in part.defects]
      + [type(d).__name__ + " in " + name for part in parts for name, value in part.items()
         for d in getattr(value, "defects", []) if name != "Content-Type"],
  }
print(json.dumps([read(raw) for raw in json.load(sys.stdin)]))
`;

export const hasPython: boolean = spawnSync("python3", ["-c", "import email.policy"]).status === 0;

if (!hasPython) console.warn("SKIPPED: python3 is not here, so nobody but mailparser reads our mails back");

export function readWithPython(raw: Buffer): PythonMail {
  const [mail] = readAllWithPython([raw]);
  if (!mail) throw new Error("python3 gave nothing");
  return mail;
}

/** All in one run: starting Python takes longer than reading. */
export function readAllWithPython(raws: readonly Buffer[]): PythonMail[] {
  const input = JSON.stringify(raws.map((raw) => raw.toString("base64")));
  const { status, stdout, stderr } = spawnSync("python3", ["-c", PROGRAM], { input, maxBuffer: 64 * 1024 * 1024 });
  if (status !== 0) throw new Error(`python3: ${stderr.toString()}`);
  return JSON.parse(stdout.toString()) as PythonMail[];
}

import { readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { StorageError } from "../../src/domain/errors.ts";
import { parseMail } from "../../src/parse/parse-mail.ts";

/** A process of its own: reads the mail of one file into a folder, and says what became of it. */
const [mail = "", dir = ""] = process.argv.slice(2);
const outcome = await parseMail(readFileSync(mail), {
  attachments: { dir, maxBytes: 1e9, maxTotalBytes: 1e9, maxCount: 1_000, allowTypes: ["*/*"] },
  texts: { noText: "-", attachment: "{path}" },
  origin: { account: "a", folder: "INBOX", uid: 1, uidValidity: "1", receivedAt: new Date(0) },
}).then(
  ({ text }) => text,
  (error: unknown) =>
    error instanceof StorageError
      ? `StorageError ${error.retryable ? "retryable" : "final"} ${error.message} ${String(error.cause)}`
      : String(error),
);
const files = readdirSync(dir).map((name) => `${name} ${statSync(join(dir, name)).size}`);
process.stdout.write(JSON.stringify({ outcome, files }));

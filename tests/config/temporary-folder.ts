import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

export interface TemporaryFolder extends AsyncDisposable {
  readonly path: string;
  /** Writes a file and gives its path. */
  write(name: string, content: unknown, mode?: number): Promise<string>;
}

/** A folder of this test's own, gone at the end of its scope. */
export async function temporaryFolder(): Promise<TemporaryFolder> {
  const path = await mkdtemp(join(tmpdir(), "mailport-test-"));
  return {
    path,
    async write(name, content, mode = 0o600) {
      const file = join(path, name);
      await writeFile(file, typeof content === "string" ? content : JSON.stringify(content), { mode });
      return file;
    },
    async [Symbol.asyncDispose]() {
      await rm(path, { recursive: true, force: true });
    },
  };
}

import { chmod, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";

export interface TempFolder extends AsyncDisposable {
  readonly path: string;
}

/** A throw-away folder that others may enter but not list: servers started by root drop to `nobody`. */
export async function tempFolder(name: string): Promise<TempFolder> {
  const folder = await mkdtemp(path.join(tmpdir(), `mailport-${name}-`));
  await chmod(folder, 0o711);
  return {
    path: folder,
    async [Symbol.asyncDispose]() {
      await rm(folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 50 });
    },
  };
}

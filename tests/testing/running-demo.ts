import { runDemo } from "../../src/testing/demo.ts";

export interface RunningDemo extends AsyncDisposable {
  readonly url: string;
  stop(): Promise<void>;
}

/** The demo with its page open. */
export async function startDemo(): Promise<RunningDemo> {
  const stopping = new AbortController();
  let finished: Promise<void> = Promise.resolve();
  const url = await new Promise<string>((resolve, reject) => {
    const write = (text: string) => {
      const address = /http:\/\/127\.0\.0\.1:\d+\//.exec(text)?.[0];
      if (address) resolve(address);
    };
    finished = runDemo({ signal: stopping.signal, write });
    finished.catch(reject);
  });
  const stop = async () => {
    stopping.abort();
    await finished;
  };
  return { url, stop, [Symbol.asyncDispose]: stop };
}

import { ChannelError } from "../../domain/errors.ts";

/** The demo cannot do what it is for: no answer came, or its page cannot be served. */
export class DemoFailedError extends ChannelError {
  readonly code = "DEMO_FAILED";
  readonly retryable = false;
}

import type { Mark } from "./marks.ts";

interface Range {
  readonly from: number;
  readonly to: number;
}

/**
 * `words`: anything else. `attribution`: `Ann wrote:`, above a quotation. `quote`: lines with quotation marks. `rest`: an
 * earlier mail without any, which ends with this one. `forward`: a mail that was passed on, to the end.
 */
export type Segment =
  | (Range & { readonly kind: "words" | "rest" | "forward" })
  | (Range & { readonly kind: "attribution"; readonly certain: boolean })
  | (Range & {
      readonly kind: "quote";
      /** By its mark-up; undefined for a text that has none. */
      readonly cited: boolean | undefined;
      /** How many of its first lines are an attribution. */
      readonly attributionLines: number;
    });

export interface SegmentInput {
  readonly lines: readonly string[];
  readonly marks: readonly (Mark | undefined)[] | undefined;
  readonly context: {
    readonly isReply: boolean;
    readonly isForward: boolean;
    readonly recipients: readonly string[];
  };
}

import type { DefectName, Defects } from "./defects.ts";
import type { TreePart } from "./mime-tree.ts";

/** Where one attachment's decoded bytes go. A promise holds the mail back until it is settled. */
export interface PartSink {
  /** The bytes are good until it returns, or until its promise is settled. */
  write(chunk: Buffer): Promise<void> | undefined;
  end(): Promise<void> | undefined;
}

export interface PartReaderOptions {
  readonly defects: Defects;
  /** Undefined: nobody wants the bytes of this part. */
  readonly openSink: (part: TreePart) => PartSink | undefined;
  /** What really stands here of the mail, in pieces: the splitter was spared the sight of it. */
  readonly restore: (value: Buffer) => Buffer[];
}

/** A bound was passed: the mail is not read any further. */
export class LimitError extends Error {
  readonly defect: DefectName;

  constructor(defect: DefectName) {
    super(`limit of the MIME reader: ${defect}`);
    this.defect = defect;
  }
}

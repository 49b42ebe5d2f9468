import { describe, expect, it } from "vitest";
import { dovecotAvailable, freshUser, sharedDovecots } from "../servers/shared.ts";
import { soak } from "./soak.ts";

describe.skipIf(!dovecotAvailable)("a steady stream of mail", () => {
  it(
    "leaves memory, files, sockets, handles and listeners as they were (`npm run soak` takes ten minutes)",
    {
      timeout: 120_000,
    },
    async () => {
      const { plain: dovecot } = sharedDovecots();
      const report = await soak({
        dovecot,
        user: freshUser(),
        seconds: 20,
        mailsPerSecond: 25,
        sampleMs: 500,
        warmShare: 0.2,
      });
      console.log("first", JSON.stringify(report.first), "last", JSON.stringify(report.last));
      expect(report.complaints).toEqual([]);
      expect(report.answered).toBe(report.mails);
    },
  );
});

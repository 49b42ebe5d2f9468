import { describe, expect, it } from "vitest";
import { parseMail } from "../../src/parse/parse-mail.ts";
import { parseOptions, temporaryDir } from "./options.ts";

interface Picture {
  readonly id: string;
  readonly name: string;
}

const SHOT = { id: "shot@x", name: "Screenshot 1.png" };
const LOGO = { id: "logo@x", name: "logo.png" };

function mail(text: string, type: "html" | "plain", pictures: readonly Picture[] = [SHOT, LOGO]): Buffer {
  const parts = pictures.flatMap(({ id, name }) => [
    "--r", `Content-Type: image/png; name="${name}"`, `Content-ID: <${id}>`, "Content-Disposition: inline", "", "x",
  ]); // prettier-ignore
  const header = ["From: a@b.test", "Subject: x", "Message-ID: <1@x>", 'Content-Type: multipart/related; boundary="r"'];
  return Buffer.from(
    [...header, "", "--r", `Content-Type: text/${type}; charset=utf-8`, "", text, ...parts, "--r--", ""].join("\r\n"),
  );
}

async function textOf(bytes: Buffer): Promise<string> {
  const { text } = await parseMail(bytes, parseOptions(await temporaryDir()));
  return text.replace(/\n\n\[Attachment:[^]*$/, "");
}

describe("a picture in the mail is named where it stood", () => {
  it.each([
    ['Look: <img src="cid:shot@x"> there.', "Look: [Screenshot 1.png] there."],
    ['Look: <img src="CID:SHOT%40x" alt=""> there.', "Look: [Screenshot 1.png] there."],
    ['<img src="cid:logo@x" alt="Our logo">', "Our logo [logo.png]"],
    ['<img src="cid:logo@x"> and <img src="cid:shot@x">', "[logo.png] and [Screenshot 1.png]"],
    ['Gone: <img src="cid:nothing@x">.', "Gone:."],
    ['Pixel: <img src="cid:shot@x" width=1 height=1>.', "Pixel: ."],
    ['Hidden: <span style="display:none"><img src="cid:shot@x"></span>.', "Hidden: ."],
    ['From afar: <img src="https://x.test/a.png">.', "From afar: ."],
  ])("%s", async (html, text) => expect(await textOf(mail(`<p>${html}</p>`, "html"))).toBe(text));

  it("in a plain text, too, as Outlook writes it; what is no picture of the mail stays", async () => {
    expect(await textOf(mail("See [cid:shot@x] and [cid:other].", "plain"))).toBe(
      "See [Screenshot 1.png] and [cid:other].",
    );
  });

  it("and is all there is to say of a mail without words", async () => {
    expect(await textOf(mail('<img src="cid:shot@x">', "html"))).toBe("[Screenshot 1.png]");
    expect(await textOf(mail('<img src="cid:nothing">', "html"))).toBe("[No text content]");
  });

  it("by its name and not by what somebody made to look like a mark of ours", async () => {
    expect(await textOf(mail("a \u{5fffe}[cid:nothing] b", "plain"))).toBe("a [cid:nothing] b");
  });
});

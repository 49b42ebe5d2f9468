import { describe, expect, it } from "vitest";
import { baseSubject } from "../../src/domain/subject.ts";

describe("the subject of a conversation", () => {
  it.each([
    ["Re: Hello", "Hello"],
    ["RE: re:Re : Hello", "Hello"],
    ["AW: Hallo", "Hallo"],
    ["Antw: Hallo", "Hallo"],
    ["SV: Hej", "Hej"],
    ["Odp: Cześć", "Cześć"],
    ["回复: 你好", "你好"],
    ["回复：你好", "你好"],
    ["Отв: Привет", "Привет"],
    ["VS: Hei", "Hei"],
    ["Rif: Ciao", "Ciao"],
    ["RES: Olá", "Olá"],
    ["RÉ: Salut", "Salut"],
    ["YNT: Merhaba", "Merhaba"],
    ["Vá: Helló", "Helló"],
    ["Απ: Γεια", "Γεια"],
    ["Відп: Привіт", "Привіт"],
    ["Ответ: Привет", "Привет"],
    ["返信: こんにちは", "こんにちは"],
    ["회신: 안녕", "안녕"],
    ["답장: 안녕", "안녕"],
    ["答复: 你好", "你好"],
    ["回覆：你好", "你好"],
    ["השב: שלום", "שלום"],
    ["رد: مرحبا", "مرحبا"],
    ["SV: VS: AW: Re: Antw: Hej", "Hej"],
    ["Re[2]: Hello", "Hello"],
    ["Re (3): Hello", "Hello"],
    ["RE^4: AW: Hello", "Hello"],
    ["  Re:  spaced  ", "spaced"],
    ["Re:", ""],
    ["", ""],
  ])("of %j is %j", (subject, base) => expect(baseSubject(subject)).toBe(base));

  it.each([
    "Fwd: Hello",
    "WG: Hallo",
    "Fwd: Re: Hello",
    "Regarding: us",
    "Rest: none",
    "R: a language",
    "Re Hello",
    "[list] Re: Hello",
  ])("leaves %j alone", (subject) => expect(baseSubject(subject)).toBe(subject));

  it("takes a hundred thousand prefixes in one pass", () => {
    expect(baseSubject(`${"Re: ".repeat(100_000)}x`)).toBe("x");
    expect(baseSubject(" ".repeat(100_000))).toBe("");
  });
});

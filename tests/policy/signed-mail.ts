import { type KeyObject, generateKeyPairSync } from "node:crypto";
import { dkimSign } from "mailauth/lib/dkim/sign.js";

const rsa = generateKeyPairSync("rsa", { modulusLength: 2_048 });
const ed25519 = generateKeyPairSync("ed25519");
const weak = generateKeyPairSync("rsa", { modulusLength: 512 });
const other = generateKeyPairSync("rsa", { modulusLength: 2_048 });

const spki = (key: KeyObject) => key.export({ type: "spki", format: "der" });

/** Key records by selector; a test publishes those that it wants. */
export const KEYS = {
  rsa: `v=DKIM1; k=rsa; p=${spki(rsa.publicKey).toString("base64")}`,
  pkcs1: `p=${rsa.publicKey.export({ type: "pkcs1", format: "der" }).toString("base64")}`,
  ed25519: `v=DKIM1; k=ed25519; p=${spki(ed25519.publicKey).subarray(-32).toString("base64")}`,
  weak: `v=DKIM1; p=${spki(weak.publicKey).toString("base64")}`,
  other: `v=DKIM1; p=${spki(other.publicKey).toString("base64")}`,
};

export interface Signer {
  readonly domain?: string;
  readonly selector?: string;
  readonly key?: "rsa" | "ed25519" | "weak";
  readonly canonicalization?: string;
  readonly signTime?: Date;
  readonly expires?: Date;
  readonly maxBodyLength?: number;
  readonly algorithm?: string;
  readonly headerList?: string;
}

/** The mail with a DKIM-Signature on top, made by a library of somebody else. */
export async function signed(mail: string | Buffer, signer: Signer = {}): Promise<Buffer> {
  const { domain = "legit.com", key = "rsa", selector = key, canonicalization = "relaxed/relaxed" } = signer;
  const privateKey = { rsa, ed25519, weak }[key].privateKey.export({ type: "pkcs8", format: "pem" });
  const { signatures, errors } = await dkimSign(Buffer.from(mail), {
    canonicalization,
    signTime: signer.signTime ?? new Date("2026-11-20T10:00:00Z"),
    ...(signer.expires ? { expires: signer.expires } : {}),
    ...(signer.headerList ? { headerList: signer.headerList } : {}),
    signatureData: [
      {
        signingDomain: domain,
        selector,
        privateKey,
        canonicalization,
        ...(signer.algorithm ? { algorithm: signer.algorithm } : {}),
        ...(signer.maxBodyLength === undefined ? {} : { maxBodyLength: signer.maxBodyLength }),
      },
    ],
  } as unknown as Parameters<typeof dkimSign>[1]);
  if (errors.length > 0) throw new Error(`not signed: ${JSON.stringify(errors)}`);
  return Buffer.concat([Buffer.from(signatures), Buffer.from(mail)]);
}

export type Zone = Record<string, string | readonly string[] | Error>;

/** A DNS with these TXT records, and no others; an Error is what the server says instead. */
export function zone(records: Zone) {
  const asked: string[] = [];
  return {
    asked,
    resolve: async (name: string): Promise<string[][]> => {
      asked.push(name);
      await Promise.resolve();
      const found = records[name];
      if (found instanceof Error) throw found;
      if (found === undefined) throw Object.assign(new Error(`queryTxt ENOTFOUND ${name}`), { code: "ENOTFOUND" });
      // As it comes over the wire: strings of at most 255 bytes.
      return [found].flat().map((text) => text.match(/.{1,255}/gs) ?? [""]);
    },
  };
}

export function dnsFailure(): Error {
  return Object.assign(new Error("queryTxt ESERVFAIL"), { code: "ESERVFAIL" });
}

import { z } from "zod";
import { expected, list, path, strict, text } from "./fields.ts";
import type { Secret } from "./secrets.ts";

const SECRET = expected('a string, {"env": "NAME"}, {"file": "path"} or {"command": ["program", "argument"]}');
const word = text("a program or an argument");
const literal = z.string(SECRET).min(1, SECRET);

const secret = z.union(
  [
    literal.describe("The secret itself. Better to name where it is."),
    strict({ env: text("the name of an environment variable") }).describe("An environment variable."),
    strict({ file: path("the path of a file") }).describe("A file that holds nothing else."),
    strict({ command: z.union([word, list(word, "a list of words").min(1, SECRET)]) }).describe(
      "A program that prints it on one line; no shell is involved.",
    ),
  ],
  SECRET,
);

/** A secret, or where to find it. */
export const secretSchema: z.ZodType<Secret, Secret> = secret;

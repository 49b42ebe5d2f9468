import { describe, expect, it } from "vitest";
import { exitCodeOf, worstOf } from "../../src/cli/exit-code.ts";
import {
  ConfigError,
  ConnectionError,
  InsecureConnectionError,
  LoginRefusedError,
  MailboxError,
  ServerBusyError,
  StorageError,
} from "../../src/domain/errors.ts";
import { MissingPackageError } from "../../src/testing/testing.ts";

describe("exit codes", () => {
  it.each([
    [new ConfigError(["x"]), 78],
    [new MailboxError("x"), 78],
    [new LoginRefusedError("x"), 77],
    [new ConnectionError("x"), 69],
    [new InsecureConnectionError("x"), 69],
    [new MissingPackageError("x"), 69],
    [new ServerBusyError("x"), 75],
    [new StorageError("x"), 75],
    [new Error("x"), 70],
  ])("%s is %i", (error, code) => {
    expect(exitCodeOf(error)).toBe(code);
  });

  it.each([
    [[], 0],
    [[0, 0], 0],
    [[69, 77, 0], 77],
    [[77, 78], 78],
    [[75, 69], 69],
    [[70, 75], 75],
  ])("of %j the one to tell is %i", (codes, worst) => {
    expect(worstOf(codes)).toBe(worst);
  });
});

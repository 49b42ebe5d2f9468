import { loadConfig } from "../config/load.ts";
import { type AccountConfig, type AccountConfigInput, accountSchema, parseAccount } from "../config/schema.ts";
import { UsageError } from "./command.ts";

/** Nobody is connected to: names that RFC 2606 keeps free stand where an account is not complete, or not given. */
const UNCONNECTED: AccountConfigInput = {
  imapHost: "imap.invalid",
  smtpHost: "smtp.invalid",
  username: "bot",
  password: "none",
  fromAddress: "bot@mailport.invalid",
};

export interface AccountChoice {
  readonly config?: string | undefined;
  readonly account?: string | undefined;
}

/**
 * The account of the file that is named, or the only one that is enabled (of all, when none is); complete enough for
 * whoever does not connect. Without a file: one with every default, so that everybody may talk.
 * @throws UsageError, ConfigError
 */
export async function chosenAccount({ config, account }: AccountChoice): Promise<AccountConfig> {
  if (config === undefined) {
    if (account !== undefined) throw new UsageError("--account names an account of a file; --config FILE is missing");
    return parseAccount(UNCONNECTED);
  }
  const { config: file } = await loadConfig(config);
  const enabled = file.accounts.filter((each) => each.enabled);
  const all = account !== undefined || enabled.length === 0 ? file.accounts : enabled;
  const [only, second] = all.filter(({ id }) => account === undefined || id === account);
  if (only !== undefined && second === undefined) return accountSchema.parse({ ...UNCONNECTED, ...only });
  const known = file.accounts.map(({ id }) => id).join(", ");
  if (only === undefined) throw new UsageError(`there is no account "${account ?? ""}"; the file has: ${known}`);
  throw new UsageError(`which account? Say --account ID with one of: ${known}`);
}

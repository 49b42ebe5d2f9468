import { ACCESS_RULES } from "./access-rules.ts";
import type { AccountConfig, AccountDraft } from "./account.ts";
import { ACCOUNT_RULES } from "./finding-rules.ts";
import type { LoadedConfig } from "./load.ts";
import { START_WARNINGS } from "./warnings.ts";

export type Severity = "error" | "warning" | "info";

/** Something an operator should know, and how to mend it. */
export interface Finding {
  /** Stable name. The wording may change; this may not. */
  readonly id: string;
  readonly severity: Severity;
  /** Empty when it is about the whole file. */
  readonly account: string;
  readonly message: string;
  /** Where in the configuration. */
  readonly path?: string;
  readonly fix: string;
}

/** What is lawful in one account and still probably not meant. */
export function accountFindings(account: AccountDraft): Finding[] {
  return [...START_WARNINGS, ...ACCOUNT_RULES, ...ACCESS_RULES]
    .filter(({ when }) => when(account))
    .map(({ id, severity, message, path, fix }) => {
      const said = typeof message === "string" ? message : message(account);
      return { id, severity, account: account.id, message: said, path, fix };
    });
}

/** What is lawful in the file as a whole and still probably not meant. */
export function fileFindings({ path, config, accounts, readableByOthers }: LoadedConfig): Finding[] {
  const literal = config.accounts.find(({ password }) => typeof password === "string");
  return [
    ...(accounts.length === 0 ? [NO_ACCOUNT_ENABLED] : []),
    ...(literal && readableByOthers
      ? [
          {
            id: "config-readable-by-others",
            severity: "warning" as const,
            account: "",
            message: `${path} holds a password and others on this machine may read it`,
            path: "accounts",
            fix: `chmod 600 ${path}, or name the password with {"env"}, {"file"} or {"command"}`,
          },
        ]
      : []),
    ...sharedMailboxes(accounts),
  ];
}

const NO_ACCOUNT_ENABLED: Finding = {
  id: "no-account-enabled",
  severity: "error",
  account: "",
  message: "no account is enabled",
  path: "accounts",
  fix: 'set "enabled": true in an account',
};

function sharedMailboxes(accounts: readonly AccountConfig[]): Finding[] {
  return accounts.flatMap((account, index) => {
    const other = accounts
      .slice(0, index)
      .find(
        (each) => mailbox(each) === mailbox(account) && each.folders.some((name) => account.folders.includes(name)),
      );
    if (!other) return [];
    return [
      {
        id: "mailbox-shared",
        severity: "warning" as const,
        account: account.id,
        path: "username",
        message: `reads the same folder of the same mailbox as the account ${other.id}; each mail is answered twice`,
        fix: "disable one of the two",
      },
    ];
  });
}

function mailbox({ imapHost, imapPort, username }: AccountConfig): string {
  return `${username}@${imapHost.toLowerCase()}:${imapPort}`;
}

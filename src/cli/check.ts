import { parseArgs } from "node:util";
import { accountFindings, fileFindings, type Finding } from "../config/findings.ts";
import { type LoadedConfig, loadConfig } from "../config/load.ts";
import { type AccountConfig, type AccountDraft, accountSchema } from "../config/schema.ts";
import { ConfigError } from "../domain/errors.ts";
import { type AccountReport, checkAccount } from "./check-account.ts";
import { botFindings } from "./check-bot.ts";
import { accountFileFindings, storeFindings } from "./check-files.ts";
import { type CheckReport, reportText } from "./check-text.ts";
import { type Command, needConfig, type Surroundings } from "./command.ts";
import { EXIT, worstOf } from "./exit-code.ts";
import { stopOnSignals } from "./stop-signals.ts";

export const checkCommand: Command = {
  summary: "try the configuration: logs in to both servers, finds the usual mistakes and says how to mend them",
  usage: "--config FILE [--all] [--json]",
  async run(args, { out, env }) {
    const { values } = parseArgs({
      args: [...args],
      options: {
        config: { type: "string" },
        all: { type: "boolean", default: false },
        json: { type: "boolean", default: false },
      },
    });
    const loading = loadConfig(needConfig(values.config));
    const report = await loading.then(
      async (loaded) => await check(loaded, { all: values.all, env }),
      // For a person the error's own words are the clearest; a machine gets them as findings.
      (error: unknown) => (values.json ? badConfig(error) : Promise.reject(error)),
    );
    out(values.json ? JSON.stringify(report, undefined, 2) : reportText(report));
    return report.exitCode;
  },
};

async function check(
  loaded: LoadedConfig,
  { all, env }: { all: boolean; env: Surroundings["env"] },
): Promise<CheckReport> {
  using stop = stopOnSignals();
  const complete = all ? loaded.disabled.map((draft) => ({ draft, account: completed(draft) })) : [];
  const accounts = [...loaded.accounts, ...complete.flatMap(({ account }) => account ?? [])];
  const incomplete = complete.filter(({ account }) => account === undefined).flatMap(({ draft }) => unfinished(draft));
  const checked = await Promise.all(accounts.map(async (account) => await checkAccount(account, stop.signal)));
  const here = [
    ...(await botFindings(loaded, env)),
    ...(await storeFindings(loaded)),
    ...(await Promise.all(accounts.map(accountFileFindings))).flat(),
  ];
  const findings = [...fileFindings(loaded), ...here, ...incomplete, ...checked.flatMap((each) => each.findings)];
  const codes = [
    ...checked.flatMap((each) => each.codes),
    ...(here.some(({ severity }) => severity === "error") ? [EXIT.config] : []),
    ...(loaded.accounts.length === 0 && !all ? [EXIT.config] : []),
  ];
  return reportOf(
    checked.map(({ report }) => report),
    findings,
    worstOf(codes),
  );
}

function reportOf(accounts: readonly AccountReport[], findings: readonly Finding[], exitCode: number): CheckReport {
  return { ok: exitCode === EXIT.ok, exitCode, accounts, findings: findings.map(inOrder) };
}

/** As the documentation names them, so that two reports are easily compared. */
function inOrder({ id, severity, account, message, path, fix }: Finding): Finding {
  return { id, severity, account, message, ...(path === undefined ? {} : { path }), fix };
}

function badConfig(error: unknown): CheckReport {
  if (!(error instanceof ConfigError)) throw error;
  const findings = error.problems.map((problem): Finding => {
    const [, path, message = problem] = /^([\w.[\]$]+): (.*)$/s.exec(problem) ?? [];
    return {
      id: "config-invalid",
      severity: "error",
      account: "",
      message,
      ...(path === undefined ? {} : { path }),
      fix: "mend the file; `mailport schema` describes it",
    };
  });
  return reportOf([], findings, EXIT.config);
}

function completed(draft: AccountDraft): AccountConfig | undefined {
  const result = accountSchema.safeParse(draft);
  return result.success ? result.data : undefined;
}

function unfinished(draft: AccountDraft): Finding[] {
  const note: Finding = {
    id: "account-incomplete",
    severity: "info",
    account: draft.id,
    message: "not enabled and not complete; its servers were not asked",
    fix: "fill in imapHost, smtpHost, username, password and fromAddress",
  };
  return [...accountFindings(draft), note];
}

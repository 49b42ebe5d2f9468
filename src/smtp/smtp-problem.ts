import {
  ChannelError,
  ConnectionError,
  errorText,
  InsecureConnectionError,
  LoginRefusedError,
  ServerBusyError,
} from "../domain/errors.ts";
import { classify, replyText } from "./reply-code.ts";
import { SmtpError } from "./session.ts";
import { type SmtpSettings, smtpWhere } from "./settings.ts";

/** A failed connection as an error that people can act upon. */
export function smtpProblem(error: unknown, settings: SmtpSettings): ChannelError {
  if (error instanceof ChannelError) return error;
  const where = smtpWhere(settings);
  if (!(error instanceof SmtpError)) return new ConnectionError(`${where}: ${errorText(error)}`, { cause: error });
  const said = replyText(error.failure.message);
  switch (classify(error.failure).code) {
    case "INSECURE_CONNECTION":
      return new InsecureConnectionError(`${where}: ${said}. No password has been sent. ${securityAdvice(settings)}`);
    case "LOGIN_REFUSED":
      return new LoginRefusedError(
        `${where} refused the login of ${settings.username}: ${said}. Check the user name and the password; many providers want an app password instead.`,
      );
    case "SERVER_BUSY":
      return new ServerBusyError(`${where} is not taking mail now: ${said}. It will be tried again.`);
    default:
      return new ConnectionError(
        `${where} cannot be used: ${said}. Check the host, the port and, for ${settings.port}, whether it is the right kind of TLS.`,
      );
  }
}

function securityAdvice({ security, tlsVerify }: SmtpSettings): string {
  const other = security === "tls" ? "smtpStarttls: true with port 587" : "smtpStarttls: false with port 465";
  const certificate = tlsVerify ? " Only for a self-signed test certificate: tlsVerify: false." : "";
  return `Try ${other}, if your provider says so.${certificate}`;
}

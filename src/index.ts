export {
  createEmailChannel,
  type AdjustableChannel,
  type ChannelDeps,
  type ChannelRules,
} from "./channel/email-channel.ts";
export type { AccountConfig, AccountConfigInput } from "./config/schema.ts";
export type { BotAnswer, BotPort } from "./domain/bot.ts";
export type { ChannelPort, ChannelStatus, EmailChannel, FolderStatus, OpenLimit } from "./domain/channel.ts";
export {
  ChannelError,
  ClosedError,
  ConfigError,
  ConnectionError,
  InsecureConnectionError,
  InvalidMessageError,
  LoginRefusedError,
  MailboxError,
  MailGoneError,
  ServerBusyError,
  StorageError,
  isRetryable,
} from "./domain/errors.ts";
export type {
  EmailMetadata,
  InboundAttachment,
  InboundMessage,
  NackOptions,
  OutboundAttachment,
  OutboundMessage,
  RejectedRecipient,
  Sender,
  SendReceipt,
  Session,
  Verification,
  VerificationReason,
} from "./domain/message.ts";
export { lineLogger, silentLogger, type Logger, type LogFields, type LogLevel } from "./runtime/logger.ts";
export type { Clock } from "./runtime/clock.ts";
export type { Store } from "./domain/store.ts";

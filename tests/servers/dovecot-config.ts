import type { MailOwner } from "./accounts.ts";

export interface DovecotPorts {
  readonly imap: number;
  readonly imaps: number;
  readonly lmtp: number;
}

export interface DovecotSettings {
  readonly folder: string;
  readonly ports: DovecotPorts;
  readonly password: string;
  readonly idle: boolean;
  readonly authFailureDelaySeconds: number;
  readonly owner: MailOwner;
  /** The account the unprivileged parts run as. */
  readonly systemUser: string;
  readonly systemGroup: string;
  readonly extra: readonly string[];
}

/** What Debian's Dovecot 2.3 offers, without IDLE: `imap_capability` can only be replaced as a whole. */
const CAPABILITIES_WITHOUT_IDLE =
  "IMAP4rev1 SASL-IR LOGIN-REFERRALS ID ENABLE SORT THREAD=REFERENCES MULTIAPPEND UNSELECT CHILDREN NAMESPACE " +
  "UIDPLUS LIST-EXTENDED CONDSTORE QRESYNC ESEARCH SEARCHRES WITHIN LIST-STATUS BINARY MOVE LITERAL+";

/** A configuration for Dovecot 2.3 that needs no privileges and touches nothing outside its folder. */
export function dovecotConfig(settings: DovecotSettings): string {
  const { folder, ports, password, idle, owner, systemUser, systemGroup } = settings;
  return `
base_dir = ${folder}/run
state_dir = ${folder}/state
log_path = ${folder}/dovecot.log
info_log_path = ${folder}/dovecot.log
instance_name = mailport-${ports.imap}
listen = 127.0.0.1
protocols = imap lmtp
default_internal_user = ${systemUser}
default_login_user = ${systemUser}
default_internal_group = ${systemGroup}
ssl = yes
ssl_cert = <${folder}/server.crt
ssl_key = <${folder}/server.key
disable_plaintext_auth = no
auth_mechanisms = plain login
auth_failure_delay = ${settings.authFailureDelaySeconds} secs
mail_location = maildir:~/Maildir
first_valid_uid = 1
first_valid_gid = 0
mail_fsync = never
mail_max_userip_connections = 1000
${idle ? "" : `imap_capability = ${CAPABILITIES_WITHOUT_IDLE}`}
service anvil {
  chroot =
  # Its penalty makes every further wrong password slower, for the whole address.
  unix_listener anvil-auth-penalty {
    mode = 0
  }
}
service imap-login {
  chroot =
  # One process for all logins, kept: a fork per connection costs a test suite seconds.
  service_count = 0
  process_min_avail = 1
  client_limit = 1000
  inet_listener imap {
    port = ${ports.imap}
  }
  inet_listener imaps {
    port = ${ports.imaps}
    ssl = yes
  }
}
service imap {
  process_limit = 1000
}
service lmtp {
  inet_listener lmtp {
    port = ${ports.lmtp}
  }
}
passdb {
  driver = static
  args = password=${password}
}
userdb {
  driver = static
  args = uid=${owner.uid} gid=${owner.gid} home=${folder}/home/%u
}
${settings.extra.join("\n")}
`;
}

// The five lines of the README as a program: MAILPORT_PASSWORD=… node examples/bot.mjs bot@example.org imap.example.org smtp.example.org
import { createEmailChannel } from "mailport";

const [fromAddress, imapHost, smtpHost] = process.argv.slice(2);
const channel = createEmailChannel({
  imapHost,
  smtpHost,
  username: fromAddress,
  password: { env: "MAILPORT_PASSWORD" },
  fromAddress,
  allowFrom: [`@${fromAddress.split("@")[1]}`],
});
process.once("SIGINT", () => void channel.close());

for await (const message of channel.receive()) {
  await message.reply(`You wrote:\n\n> ${message.text.replaceAll("\n", "\n> ")}`);
}

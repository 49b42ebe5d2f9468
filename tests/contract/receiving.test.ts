import { RECEIVING_SERVERS } from "./receiving-servers.ts";
import { describeReceiving } from "./receiving-suite.ts";

for (const server of RECEIVING_SERVERS.filter(({ available }) => available)) describeReceiving(server);

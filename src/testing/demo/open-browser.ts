import { spawn } from "node:child_process";

/** Shows the page in the person's browser where there is a desktop; elsewhere they follow the printed address. */
export function openBrowser(url: string): void {
  const [command, ...args] = opener(process.platform);
  if (command === undefined || !process.stdout.isTTY) return;
  const child = spawn(command, [...args, url], { stdio: "ignore", detached: true });
  // No such program: the address has been printed.
  child.once("error", () => {});
  child.unref();
}

function opener(platform: NodeJS.Platform): string[] {
  if (platform === "darwin") return ["open"];
  if (platform === "win32") return ["explorer.exe"];
  return process.env["DISPLAY"] || process.env["WAYLAND_DISPLAY"] ? ["xdg-open"] : [];
}

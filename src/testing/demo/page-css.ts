export const PAGE_CSS: string = String.raw`
:root {
  color-scheme: light dark;
  --page: #f4f5f8; --card: #ffffff; --ink: #1c2330; --soft: #596275; --line: #dde1e9; --field: #fbfcfd;
  --accent: #3552c8; --accent-ink: #ffffff; --accent-soft: #e9edfb; --bot: #0d6e5b; --bot-soft: #ddf2ec; --bad: #b3261e;
  --shadow: 0 1px 2px rgb(20 28 48 / 6%), 0 4px 16px rgb(20 28 48 / 5%);
}
@media (prefers-color-scheme: dark) {
  :root {
    --page: #12151b; --card: #1b1f27; --ink: #e7eaf0; --soft: #a2abbb; --line: #2e3440; --field: #151920;
    --accent: #9db1ff; --accent-ink: #11162a; --accent-soft: #262d45; --bot: #7fdcc4; --bot-soft: #17372f; --bad: #ffb4ab;
    --shadow: none;
  }
}
* { box-sizing: border-box; }
body { margin: 0; background: var(--page); color: var(--ink); font: 16px/1.5 system-ui, -apple-system, "Segoe UI", sans-serif; }
h1, h2, h3, p, ol, ul { margin: 0; padding: 0; }
ol, ul { list-style: none; }
button, input, textarea { font: inherit; color: inherit; }
:focus-visible { outline: 2px solid var(--accent); outline-offset: 2px; }
[hidden] { display: none !important; }

.top { max-width: 1160px; margin: 0 auto; padding: 28px 20px 4px; }
.top h1 { font-size: 1.4rem; font-weight: 650; letter-spacing: -0.01em; }
.top h1 span { color: var(--soft); font-weight: 450; }
.top p { max-width: 68ch; color: var(--soft); overflow-wrap: anywhere; }
.top strong { color: var(--ink); font-weight: 600; }
.top #connection { color: var(--bad); }
main { display: grid; grid-template-columns: minmax(0, 1fr); gap: 24px; max-width: 1160px; margin: 0 auto; padding: 20px 20px 64px; }
main > * { min-width: 0; }
.card { background: var(--card); border: 1px solid var(--line); border-radius: 12px; box-shadow: var(--shadow); }

.compose { display: grid; grid-template-columns: minmax(0, 1fr); gap: 14px; align-content: start; padding: 20px; }
.compose h2, .threads-title { font-size: 1.05rem; font-weight: 650; }
.threads-title { margin-bottom: 12px; }
.field { display: grid; grid-template-columns: minmax(0, 1fr); gap: 4px; }
.field label { font-size: 0.85rem; font-weight: 600; color: var(--soft); }
.field input:not([type="file"]), textarea {
  width: 100%; min-width: 0; padding: 9px 11px; border: 1px solid var(--line); border-radius: 8px; background: var(--field);
}
textarea { resize: vertical; min-height: 7em; }
.drop { padding: 12px; border: 1px dashed var(--line); border-radius: 8px; }
.drop.over { border-color: var(--accent); background: var(--accent-soft); }
/* The chips below say what is chosen; the browser would say "no file chosen". */
.drop input { width: 100%; min-width: 0; font-size: 0.9rem; color: transparent; }
.drop input::file-selector-button {
  margin-right: 10px; padding: 5px 12px; border: 1px solid var(--line); border-radius: 7px; background: var(--card); color: var(--ink); cursor: pointer;
}
.hint { font-size: 0.85rem; color: var(--soft); }
.actions { display: flex; flex-wrap: wrap; align-items: center; gap: 12px; }
.primary { padding: 9px 22px; border: 0; border-radius: 8px; background: var(--accent); color: var(--accent-ink); font-weight: 600; cursor: pointer; }
.primary:hover { filter: brightness(1.08); }
.primary:disabled { opacity: 0.6; cursor: default; }
.link { padding: 0; border: 0; background: none; color: var(--accent); text-decoration: underline; cursor: pointer; }
.reply-note { padding: 8px 12px; border-radius: 8px; background: var(--accent-soft); font-size: 0.9rem; overflow-wrap: anywhere; }
.problem { color: var(--bad); font-size: 0.9rem; }
.problem:empty, .top #connection:empty { display: none; }
.empty { color: var(--soft); }

.thread + .thread { margin-top: 32px; padding-top: 28px; border-top: 1px solid var(--line); }
.thread-head { display: flex; align-items: center; justify-content: space-between; gap: 12px; margin-bottom: 12px; }
.thread-head h3 { font-size: 1.15rem; font-weight: 600; letter-spacing: -0.01em; overflow-wrap: anywhere; min-width: 0; }
.reply { flex: none; padding: 5px 14px; border: 1px solid var(--line); border-radius: 7px; background: var(--card); font-size: 0.9rem; cursor: pointer; }
.reply:hover { border-color: var(--accent); color: var(--accent); }
.mails { display: grid; grid-template-columns: minmax(0, 1fr); gap: 12px; }
.mail { min-width: 0; overflow: hidden; }
.mail-head { display: grid; grid-template-columns: auto minmax(0, 1fr) auto; gap: 12px; align-items: center; padding: 14px 16px 10px; }
.avatar { display: grid; place-items: center; width: 38px; height: 38px; border-radius: 50%; background: var(--accent-soft); color: var(--accent); font-weight: 650; }
.from-bot .avatar { background: var(--bot-soft); color: var(--bot); }
.from-bot { border-left: 3px solid var(--bot); }
.who { line-height: 1.35; font-size: 0.92rem; overflow-wrap: anywhere; }
.address, .to, time { color: var(--soft); font-size: 0.85rem; }
time { align-self: start; white-space: nowrap; }
.tabs { display: flex; gap: 4px; padding: 0 12px; border-bottom: 1px solid var(--line); }
.tabs button { padding: 7px 8px; margin-bottom: -1px; border: 0; border-bottom: 2px solid transparent; background: none; color: var(--soft); font-size: 0.88rem; cursor: pointer; white-space: nowrap; }
.tabs button[aria-selected="true"] { border-color: currentColor; color: var(--ink); font-weight: 600; }
.tabs button:focus-visible { outline-offset: -2px; border-radius: 6px; }
.panels iframe { display: block; width: 100%; border: 0; background: #fff; color-scheme: light; }
.panels pre { margin: 0; padding: 14px 16px; max-height: 30rem; overflow: auto; white-space: pre-wrap; overflow-wrap: anywhere; font: inherit; }
.panels pre.headers { font: 0.82rem/1.55 ui-monospace, "SF Mono", Menlo, Consolas, monospace; color: var(--soft); }
.chips { display: flex; flex-wrap: wrap; gap: 8px; }
.chips:empty { display: none; }
.files { padding: 0 16px 14px; }
.panels + .files:not(:empty) { padding-top: 12px; border-top: 1px solid var(--line); }
.chip { display: inline-flex; align-items: center; gap: 8px; max-width: 100%; padding: 4px 12px; border: 1px solid var(--line); border-radius: 99px; background: var(--field); color: inherit; font-size: 0.87rem; text-decoration: none; }
.chip .file-name { overflow: hidden; text-overflow: ellipsis; white-space: nowrap; }
.chip .file-size { flex: none; color: var(--soft); }
a.chip:hover { border-color: var(--accent); color: var(--accent); }
.chip button { flex: none; padding: 0 2px; border: 0; background: none; color: var(--soft); cursor: pointer; }
.waiting { display: flex; align-items: center; gap: 10px; padding: 12px 4px 0; color: var(--soft); font-size: 0.9rem; }
.dots i { display: inline-block; width: 6px; height: 6px; margin-right: 4px; border-radius: 50%; background: currentColor; animation: pulse 1.2s infinite; }
.dots i:nth-child(2) { animation-delay: 0.2s; } .dots i:nth-child(3) { animation-delay: 0.4s; }
@keyframes pulse { 0%, 60%, 100% { opacity: 0.25; } 30% { opacity: 1; } }
@media (prefers-reduced-motion: reduce) { .dots i { animation: none; } }
@media (min-width: 900px) {
  main { grid-template-columns: minmax(320px, 380px) minmax(0, 1fr); align-items: start; }
  .compose { position: sticky; top: 20px; }
}
@media (max-width: 480px) {
  .top, main { padding-left: 12px; padding-right: 12px; }
  .compose { padding: 16px; }
  .mail-head { grid-template-columns: auto minmax(0, 1fr); row-gap: 0; }
  .mail-head time { grid-column: 2; }
}
`;

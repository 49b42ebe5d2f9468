/** The script of the page. It never puts text from a mail into the page as HTML: that goes into sandboxed frames only. */
export const PAGE_JS: string = String.raw`"use strict";
const find = (id) => document.getElementById(id);
const threads = new Map();
const form = find("compose");
let chosen = [];
let replying = null;

function addMail(mail) {
  find("empty").hidden = true;
  const thread = threads.get(mail.thread) || newThread(mail);
  thread.last = mail;
  thread.element.querySelector(".mails").append(mailCard(mail));
  thread.element.querySelector(".waiting").hidden = mail.author === "bot";
  // Not moved without need: a frame that moves loads anew.
  if (find("threads").firstElementChild !== thread.element) find("threads").prepend(thread.element);
}

function newThread(mail) {
  const element = find("thread-template").content.cloneNode(true).firstElementChild;
  const thread = { element, last: mail, subject: mail.subject };
  element.querySelector("h3").textContent = mail.subject || "(no subject)";
  const button = element.querySelector(".reply");
  button.setAttribute("aria-label", "Reply to " + (mail.subject || "this conversation"));
  button.addEventListener("click", () => startReply(thread));
  threads.set(mail.thread, thread);
  return thread;
}

function mailCard(mail) {
  const card = find("mail-template").content.cloneNode(true).firstElementChild;
  const { name, address } = person(mail.from);
  card.classList.add("from-" + mail.author);
  card.querySelector(".avatar").textContent = (name || address).charAt(0).toUpperCase();
  card.querySelector(".name").textContent = name || address;
  card.querySelector(".address").textContent = name ? address : "";
  card.querySelector(".to").textContent = "to " + mail.to;
  const time = card.querySelector("time");
  time.dateTime = mail.date;
  time.textContent = new Date(mail.date).toLocaleTimeString([], { hour: "2-digit", minute: "2-digit" });
  time.title = new Date(mail.date).toLocaleString();
  showTabs(card, mail);
  const files = card.querySelector(".files");
  files.setAttribute("aria-label", "Attachments");
  for (const file of mail.files) files.append(fileChip(file));
  if (mail.files.length === 0) files.remove();
  return card;
}

function showTabs(card, mail) {
  const views = [["Plain text", () => textView(mail.text || "(no text)", "plain")], ["Headers", () => textView(mail.headers, "headers")]];
  if (mail.html !== null) views.unshift(["HTML", () => htmlView(mail)]);
  const list = card.querySelector(".tabs");
  list.setAttribute("aria-label", "Views of this mail");
  const panels = card.querySelector(".panels");
  const tabs = views.map(([title, view], index) => {
    const tab = document.createElement("button");
    const panel = document.createElement("div");
    Object.assign(tab, { type: "button", textContent: title, id: "tab-" + mail.number + "-" + index });
    tab.setAttribute("role", "tab");
    panel.id = "panel-" + mail.number + "-" + index;
    panel.setAttribute("role", "tabpanel");
    panel.setAttribute("aria-labelledby", tab.id);
    tab.setAttribute("aria-controls", panel.id);
    panel.append(view());
    tab.addEventListener("click", () => select(index));
    list.append(tab);
    panels.append(panel);
    return { tab, panel };
  });
  const select = (selected) => tabs.forEach(({ tab, panel }, index) => {
    tab.setAttribute("aria-selected", String(index === selected));
    tab.tabIndex = index === selected ? 0 : -1;
    panel.hidden = index !== selected;
  });
  list.addEventListener("keydown", (event) => {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (!step) return;
    event.preventDefault();
    const next = (tabs.findIndex(({ tab }) => tab === document.activeElement) + step + tabs.length) % tabs.length;
    select(next);
    tabs[next].tab.focus();
  });
  select(0);
}

function htmlView(mail) {
  const frame = document.createElement("iframe");
  // No permission at all: no script, no form, no link, no origin of ours.
  frame.setAttribute("sandbox", "");
  frame.title = "HTML of the mail";
  frame.srcdoc = mail.html;
  // A sandboxed frame cannot say how tall it is, so this is a guess from its text; the frame scrolls.
  const fit = () => {
    const charsPerLine = Math.max(20, (find("threads").clientWidth - 70) / 8);
    const lines = mail.text.split("\n").reduce((sum, line) => sum + Math.ceil((line.length + 1) / charsPerLine), 0);
    frame.style.height = Math.min(480, Math.max(96, 44 + 23 * lines)) + "px";
  };
  fit();
  addEventListener("resize", fit);
  return frame;
}

function textView(text, kind) {
  const view = document.createElement("pre");
  view.className = kind;
  view.tabIndex = 0;
  view.textContent = text;
  return view;
}

function fileChip(file) {
  const link = document.createElement("a");
  Object.assign(link, { className: "chip", href: file.url, download: file.name, title: file.type });
  link.append(...named(file.name, file.bytes));
  const item = document.createElement("li");
  item.style.maxWidth = "100%";
  item.append(link);
  return item;
}

function named(name, bytes) {
  return [["file-name", name], ["file-size", sizeText(bytes)]].map(([className, text]) =>
    Object.assign(document.createElement("span"), { className, textContent: text }));
}

function sizeText(bytes) {
  if (bytes < 1024) return bytes + " B";
  return bytes < 1048576 ? Math.round(bytes / 1024) + " kB" : (bytes / 1048576).toFixed(1) + " MB";
}

function person(text) {
  const match = /^\s*"?([^"<]*?)"?\s*<([^<>]+)>\s*$/.exec(text);
  return match ? { name: match[1], address: match[2] } : { name: "", address: text.trim() };
}

function startReply(thread) {
  replying = thread;
  form.elements.subject.value = /^re:/i.test(thread.subject) ? thread.subject : "Re: " + thread.subject;
  find("reply-to").textContent = "In the conversation “" + thread.subject + "”.";
  find("reply-note").hidden = false;
  find("compose-title").textContent = "Reply";
  form.elements.text.focus();
}

function endReply() {
  replying = null;
  form.elements.subject.value = "";
  find("reply-note").hidden = true;
  find("compose-title").textContent = "New mail";
}

function showChosen() {
  find("chosen").replaceChildren(...chosen.map((file) => {
    const chip = Object.assign(document.createElement("li"), { className: "chip" });
    const remove = Object.assign(document.createElement("button"), { type: "button", textContent: "✕" });
    remove.setAttribute("aria-label", "Remove " + file.name);
    remove.addEventListener("click", () => { chosen = chosen.filter((other) => other !== file); showChosen(); find("files").focus(); });
    chip.append(...named(file.name, file.size), remove);
    return chip;
  }));
}

function addFiles(files) {
  chosen = [...chosen, ...files];
  find("files").value = "";
  showChosen();
}

function base64(file) {
  return new Promise((resolve, reject) => {
    const reader = new FileReader();
    reader.onload = () => resolve(reader.result.slice(reader.result.indexOf(",") + 1));
    reader.onerror = () => reject(new Error("The file " + file.name + " cannot be read."));
    reader.readAsDataURL(file);
  });
}

async function send() {
  const { from, subject, text } = form.elements;
  const attachments = await Promise.all(chosen.map(async (file) =>
    ({ filename: file.name, contentType: file.type, base64: file.size ? await base64(file) : "" })));
  const last = replying && replying.last;
  const parent = last ? { inReplyTo: last.messageId, references: [...last.references, last.messageId].slice(-100) } : {};
  const body = JSON.stringify({ from: from.value, subject: subject.value, text: text.value, attachments, ...parent });
  const response = await fetch("/mails", { method: "POST", headers: { "Content-Type": "application/json" }, body });
  if (!response.ok) throw new Error(await response.text());
  text.value = "";
  chosen = [];
  showChosen();
  endReply();
}

form.addEventListener("submit", async (event) => {
  event.preventDefault();
  const button = form.querySelector(".primary");
  button.disabled = true;
  find("problem").textContent = "";
  try { await send(); } catch (error) { find("problem").textContent = error.message; }
  button.disabled = false;
});
form.addEventListener("keydown", (event) => {
  if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) form.requestSubmit();
});
find("reply-cancel").addEventListener("click", endReply);
find("files").addEventListener("change", (event) => addFiles(event.target.files));
const drop = find("drop");
for (const [name, over] of [["dragover", true], ["dragleave", false], ["drop", false]]) {
  drop.addEventListener(name, (event) => {
    event.preventDefault();
    drop.classList.toggle("over", over);
    if (name === "drop") addFiles(event.dataTransfer.files);
  });
}

const events = new EventSource("/events");
events.onmessage = ({ data }) => addMail(JSON.parse(data));
events.onopen = () => { find("connection").textContent = ""; };
events.onerror = () => { find("connection").textContent = "The demo has ended, or cannot be reached. Start it again with: npm run demo"; };
`;

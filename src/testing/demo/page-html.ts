export function pageHtml(botAddress: string): string {
  const address = botAddress.replace(/[&<>"]/g, (character) => `&#${character.charCodeAt(0)};`);
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>mailport demo</title>
<link rel="icon" href="data:,">
<link rel="stylesheet" href="/page.css">
</head>
<body data-bot="${address}">
<header class="top">
  <h1>mailport <span>demo</span></h1>
  <p>Write to <strong>${address}</strong>. Your mail waits on an IMAP server, the bot fetches it from there, and its answer comes back over SMTP.</p>
  <p id="connection" role="status"></p>
</header>
<main>
  <form id="compose" class="card compose" aria-labelledby="compose-title">
    <h2 id="compose-title">New mail</h2>
    <p id="reply-note" class="reply-note" hidden><span id="reply-to"></span> <button type="button" id="reply-cancel" class="link">Write a new mail instead</button></p>
    <div class="field"><label for="from">From</label>
      <input id="from" name="from" value="Ann Lee &lt;ann@example.org&gt;" autocomplete="off" spellcheck="false" required></div>
    <div class="field"><label for="subject">Subject</label>
      <input id="subject" name="subject" autocomplete="off" required></div>
    <div class="field"><label for="text">Message</label>
      <textarea id="text" name="text" rows="7" required aria-describedby="send-hint"></textarea></div>
    <div class="field drop" id="drop"><label for="files">Attachments</label>
      <input id="files" type="file" multiple aria-describedby="drop-hint">
      <p id="drop-hint" class="hint">Choose files or drop them here.</p>
      <ul id="chosen" class="chips" aria-label="Chosen attachments"></ul></div>
    <div class="actions"><button type="submit" class="primary">Send</button>
      <span id="send-hint" class="hint">Ctrl or ⌘ + Enter sends too.</span></div>
    <p id="problem" class="problem" role="alert"></p>
  </form>
  <section aria-labelledby="threads-title">
    <h2 id="threads-title" class="threads-title">Conversations</h2>
    <p id="empty" class="empty">No mail yet. Write the first one.</p>
    <div id="threads" aria-live="polite" aria-relevant="additions"></div>
  </section>
</main>
<template id="thread-template">
  <article class="thread">
    <header class="thread-head"><h3></h3><button type="button" class="reply">Reply</button></header>
    <ol class="mails"></ol>
    <p class="waiting" role="status"><span class="dots" aria-hidden="true"><i></i><i></i><i></i></span>The bot is writing…</p>
  </article>
</template>
<template id="mail-template">
  <li class="card mail">
    <header class="mail-head">
      <span class="avatar" aria-hidden="true"></span>
      <div class="who"><strong class="name"></strong> <span class="address"></span><br><span class="to"></span></div>
      <time></time>
    </header>
    <div class="tabs" role="tablist"></div>
    <div class="panels"></div>
    <ul class="chips files"></ul>
  </li>
</template>
<script src="/page.js"></script>
</body>
</html>
`;
}

// The demo chat: one page that plays every person. It keeps no truth of its own: after each change
// it asks for the state and draws it anew. `#12` opens topic 12; `?still` follows no changes, so that
// a picture can be taken.

const GENERAL = 0;
const seen = new Map(); // topic → id of the newest message that was in sight
const view = { state: null, phone: null, agent: null, topic: Number(location.hash.slice(1)) || GENERAL, reply: {}, edit: {}, menu: false };
const $ = (id) => document.getElementById(id);

function h(tag, props = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(props)) {
    if (name.startsWith("on")) node.addEventListener(name.slice(2), value);
    else if (name in node) node[name] = value;
    else if (value !== undefined) node.setAttribute(name, value);
  }
  node.append(...children.filter((child) => child !== null && child !== undefined && child !== false));
  return node;
}

// Strokes in a square of 16 by 16, so that the page needs no font of symbols
const STROKES = {
  clip: "M12.5 7 7.8 11.7a2.4 2.4 0 0 1-3.4-3.4l5.4-5.4a1.6 1.6 0 0 1 2.3 2.3l-5.2 5.2a.7.7 0 0 1-1-1L10 5.3",
  edit: "M3 13l.6-2.8 7-7 2.2 2.2-7 7L3 13ZM9.3 4.5l2.2 2.2",
  file: "M4 2h5.5L12.5 5v9H4ZM9.5 2v3h3M6 8h4M6 10.5h4",
  lock: "M4 7.5h8V14H4ZM5.7 7.5V5a2.3 2.3 0 0 1 4.6 0v2.5",
  menu: "M3 4.5h10M3 8h10M3 11.5h10",
  pin: "M5.5 2.5h5M6.5 2.5v4L4.5 9h7l-2-2.5v-4M8 9v5",
  reply: "M6.5 4 3 7.5 6.5 11M3.3 7.5H9a4 4 0 0 1 4 4v1",
  send: "M3 13 13.5 8 3 3l1.7 5L3 13ZM4.7 8h5",
  thumb: "M5 7.5 7.6 2.6c1 0 1.5.8 1.3 1.7L8.5 6.6h3.6c.8 0 1.3.8 1 1.5l-1.4 4.4c-.2.6-.6.9-1.2.9H5ZM5 7.5H3v5.9h2",
  trash: "M3.5 4.5h9M6.5 4.5v-2h3v2M4.7 4.5l.6 9h5.4l.6-9",
};

function symbol(name) {
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  const path = document.createElementNS("http://www.w3.org/2000/svg", "path");
  svg.setAttribute("viewBox", "0 0 16 16");
  svg.setAttribute("class", "symbol");
  svg.setAttribute("aria-hidden", "true");
  path.setAttribute("d", STROKES[name]);
  svg.append(path);
  return svg;
}

// Asking and telling

async function post(path, body) {
  const answer = await fetch(path, {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify(body),
  });
  const told = await answer.json();
  if (told.error) toast(told.error);
  return told;
}

const act = (side, verb, details) =>
  post("act", { person: side.person(), chat: side.chat(), verb, ...details });

async function refresh() {
  const answer = await fetch("state");
  view.state = await answer.json();
  view.fetched = Date.now();
  draw();
}

let due = null;
function soon() {
  due ??= setTimeout(() => { due = null; refresh(); }, 40);
}

function toast(text, lasting = false) {
  const node = h("div", { className: "toast" }, text);
  $("toasts").append(node);
  setTimeout(() => node.remove(), lasting ? 9000 : 4000);
}

function listen() {
  const stream = new EventSource("events");
  stream.addEventListener("hello", soon);
  stream.addEventListener("change", soon);
  stream.addEventListener("action", (event) => {
    const { chat, action } = JSON.parse(event.data);
    const status = chat === view.state?.desk.id ? $("desk-status") : $("phone-status");
    if (chat !== view.state?.desk.id && chat !== view.phone) return;
    status.textContent = `${action.replaceAll("_", " ")}…`;
    status.classList.add("active");
    setTimeout(() => { status.classList.remove("active"); draw(); }, 5000);
  });
  stream.addEventListener("answer", (event) => {
    const { person, text, show_alert: isAlert } = JSON.parse(event.data);
    if (text && (person === view.phone || person === view.agent)) toast(text, isAlert);
  });
}

// The two sides

const phone = {
  name: "phone",
  person: () => view.phone,
  chat: () => view.phone,
  place: () => ({}),
  isMine: (message) => !message.from_bot,
};
const desk = {
  name: "desk",
  person: () => view.agent,
  chat: () => view.state.desk.id,
  place: () => (view.topic === GENERAL ? {} : { topic: view.topic }),
  isMine: (message) => message.from.id === view.agent,
};

async function submit(side, text) {
  const reply = view.reply[side.name], edit = view.edit[side.name];
  delete view.reply[side.name];
  delete view.edit[side.name];
  view.menu = false;
  if (edit) await act(side, "edit", { message_id: edit.message_id, text });
  else await act(side, "write", { text, ...side.place(), reply_to: reply?.message_id ?? null });
  refresh();
}

async function attach(side, files) {
  const parts = await Promise.all([...files].map(async (file) => ({
    kind: /^image\/(png|jpeg|webp)$/.test(file.type) ? "photo" : "document",
    name: file.name,
    mime: file.type || "application/octet-stream",
    data: await base64(file),
  })));
  const kinds = new Set(parts.map((part) => part.kind));
  if (parts.length > 1 && parts.length <= 10 && kinds.size === 1) {
    await act(side, "send_album", { parts, ...side.place() });
  } else {
    for (const part of parts) await act(side, "send", { ...part, ...side.place() });
  }
}

function base64(file) {
  return new Promise((resolve, reject) => {
    const reader = new FileReader();
    reader.onload = () => resolve(reader.result.slice(reader.result.indexOf(",") + 1));
    reader.onerror = reject;
    reader.readAsDataURL(file);
  });
}

// Text with entities; their offsets are UTF-16 units, as in JavaScript's own strings

const WRAP = {
  bold: "b", italic: "i", underline: "u", strikethrough: "s", code: "code", pre: "pre",
  blockquote: "blockquote", expandable_blockquote: "blockquote",
};

function rich(side, text, entities, from = 0, to = text.length) {
  const nodes = [];
  let at = from;
  for (let index = 0; index < entities.length; index += 1) {
    const entity = entities[index], end = entity.offset + entity.length;
    if (entity.offset < at || end > to) continue;
    nodes.push(text.slice(at, entity.offset));
    const inner = rich(side, text, entities.slice(index + 1), entity.offset, end);
    nodes.push(wrapped(side, entity, text.slice(entity.offset, end), inner));
    at = end;
  }
  nodes.push(text.slice(at, to));
  return nodes;
}

function wrapped(side, entity, plain, inner) {
  if (WRAP[entity.type]) return h(WRAP[entity.type], {}, ...inner);
  const link = { target: "_blank", rel: "noreferrer" };
  if (entity.type === "text_link") return h("a", { href: safe(entity.url), ...link }, ...inner);
  if (entity.type === "url") return h("a", { href: safe(plain), ...link }, ...inner);
  if (entity.type === "spoiler") return h("span", { className: "spoiler" }, ...inner);
  if (entity.type !== "bot_command") return h("span", {}, ...inner);
  return h("button", { className: "command", onclick: () => submit(side, plain) }, ...inner);
}

const safe = (url) => (/^(https?|tg):/.test(url) ? url : "#");

// Drawing messages

function named(user) {
  return [user.first_name, user.last_name].filter(Boolean).join(" ");
}

function said(message) {
  return message.text ?? message.caption ?? message.document?.file_name ?? "a file";
}

function service(message) {
  const who = named(message.from);
  if (message.forum_topic_created) return `${who} opened “${message.forum_topic_created.name}”`;
  if (message.forum_topic_edited?.name) return `${who} renamed it “${message.forum_topic_edited.name}”`;
  if (message.forum_topic_edited) return `${who} changed the icon`;
  if (message.forum_topic_closed) return `${who} closed the topic`;
  if (message.forum_topic_reopened) return `${who} reopened the topic`;
  if (message.pinned_message) return `${who} pinned “${said(message.pinned_message).slice(0, 40)}”`;
  return null;
}

function carried(message) {
  const file = message.photo?.at(-1) ?? message.document ?? message.video ?? message.audio;
  if (message.sticker) return h("div", { className: "sticker" }, message.sticker.emoji);
  if (message.photo) return h("img", { src: `attachment/${file.file_id}`, alt: "photo" });
  if (message.voice) return h("audio", { controls: true, src: `attachment/${message.voice.file_id}` });
  if (!file) return null;
  const size = file.file_size < 2048 ? `${file.file_size} B` : `${Math.round(file.file_size / 1024)} kB`;
  return h("a", { className: "file", href: `attachment/${file.file_id}`, download: file.file_name ?? "file" },
    symbol("file"), h("span", {}, file.file_name ?? "file"), h("small", {}, size));
}

function tools(side, message) {
  const tool = (label, title, onclick) => h("button", { type: "button", title, "aria-label": title, onclick }, symbol(label));
  return h("span", { className: "tools" },
    tool("reply", "Answer", () => { view.reply[side.name] = message; draw(); focus(side); }),
    side.isMine(message) && tool("edit", "Edit", () => { view.edit[side.name] = message; draw(); focus(side, said(message)); }),
    tool("thumb", "React", () => act(side, "react", { message_id: message.message_id, emoji: message.reactions.length ? "" : "👍" })),
    tool("trash", "Delete", () => act(side, "delete", { message_id: message.message_id })));
}

function bubble(side, message) {
  const told = service(message);
  if (told) return h("div", { className: "service" }, told);
  const isMine = side.isMine(message);
  const time = new Date(message.date * 1000).toISOString().slice(11, 16);
  const answered = message.is_plain ? null : message.reply_to_message;
  const origin = message.forward_origin?.sender_user;
  const body = h("div", { className: "bubble" },
    tools(side, message),
    !isMine && side === desk && h("span", { className: "name" }, named(message.from)),
    origin && h("span", { className: "name" }, `Forwarded from ${named(origin)}`),
    answered && !answered.forum_topic_created && h("span", { className: "quote" }, said(answered)),
    carried(message),
    h("span", {}, ...rich(side, message.text ?? message.caption ?? "", message.entities ?? message.caption_entities ?? [])),
    h("span", { className: "meta" }, message.edit_date ? `edited ${time}` : time));
  return h("div", { className: isMine ? "row mine" : "row" },
    body,
    message.reactions.length > 0 && h("span", { className: "reactions" }, message.reactions.join(" ")),
    message.reply_markup && buttons(side, message));
}

function buttons(side, message) {
  const press = async (event, button) => {
    if (button.url?.startsWith(`https://t.me/${view.state.bot.username}?start=`)) {
      await act({ ...side, chat: () => side.person() }, "follow", { url: button.url });
      return;
    }
    if (button.url) { window.open(safe(button.url), "_blank", "noreferrer"); return; }
    event.target.disabled = true;
    setTimeout(() => { event.target.disabled = false; }, 1500);
    await act(side, "press", { message_id: message.message_id, button: button.callback_data });
  };
  return h("div", { className: "buttons" }, ...message.reply_markup.inline_keyboard.map((row) =>
    h("div", {}, ...row.map((button) => h("button", {
      type: "button", className: button.style ?? "", onclick: (event) => press(event, button),
    }, button.url ? `${button.text} ↗` : button.text)))));
}

function dayOf(message) {
  const options = { day: "numeric", month: "long", timeZone: "UTC" };
  return new Date(message.date * 1000).toLocaleDateString("en-GB", options);
}

function fill(box, side, messages, empty) {
  const nearEnd = box.scrollHeight - box.scrollTop - box.clientHeight < 120;
  const key = JSON.stringify([messages, side.person(), view.topic]);
  if (box.dataset.key === key) return;
  box.dataset.key = key;
  const drawn = messages.flatMap((message, index) => {
    const day = dayOf(message);
    const isNew = index > 0 && day !== dayOf(messages[index - 1]);
    return [isNew && h("div", { className: "service day" }, day), bubble(side, message)].filter(Boolean);
  });
  box.replaceChildren(...(drawn.length ? drawn : [h("p", { className: "empty" }, empty)]));
  if (nearEnd) box.scrollTop = box.scrollHeight;
}

// Drawing the rest

function composer(side, { commands = [], disabled = "", action = null }) {
  const box = $(`${side.name}-composer`);
  const context = view.edit[side.name] ?? view.reply[side.name];
  const key = JSON.stringify([commands, disabled, context?.message_id, view.menu, side.person(), side === desk && view.topic]);
  if (box.dataset.key === key) return;
  const kept = box.querySelector("textarea")?.value ?? "";
  const hadFocus = box.contains(document.activeElement);
  box.dataset.key = key;
  if (action) {
    box.replaceChildren(h("button", { type: "button", className: "wide", onclick: action }, disabled));
    return;
  }
  const text = h("textarea", {
    rows: 1, value: kept, placeholder: disabled || (side === desk ? "Note, or an answer to a message" : "Message"),
    disabled: Boolean(disabled), "aria-label": "Message",
    onkeydown: (event) => {
      if (event.key === "Enter" && !event.shiftKey && !event.isComposing) { event.preventDefault(); send(); }
    },
  });
  const send = () => { const words = text.value.trim(); if (words) { text.value = ""; submit(side, words); } };
  const picker = h("input", { type: "file", multiple: true, hidden: true, onchange: () => { attach(side, picker.files); picker.value = ""; } });
  const round = (label, title, onclick, more = "") =>
    h("button", { type: "button", className: `round ${more}`, title, "aria-label": title, disabled: Boolean(disabled), onclick }, symbol(label));
  const drop = () => { delete view.edit[side.name]; delete view.reply[side.name]; text.value = ""; draw(); };
  box.replaceChildren(...[
    context && h("div", { className: "context" }, h("span", { className: "quote" }, said(context)),
      h("button", { type: "button", className: "quiet", title: "Leave it", onclick: drop }, "✕")),
    view.menu === side.name && h("div", { className: "menu" }, ...commands.map((entry) =>
      h("button", { type: "button", onclick: () => submit(side, `/${entry.command}`) },
        `/${entry.command} `, h("small", {}, entry.description)))),
    h("form", { onsubmit: (event) => { event.preventDefault(); send(); } },
      commands.length > 0 && round("menu", "Commands", () => { view.menu = view.menu === side.name ? false : side.name; draw(); }),
      round("clip", "Attach files", () => picker.click()), picker, text,
      round("send", "Send", send, "send")),
  ].filter(Boolean));
  if (hadFocus) text.focus();
}

function focus(side, words) {
  const text = $(`${side.name}-composer`).querySelector("textarea");
  if (text && words !== undefined) text.value = words;
  text?.focus();
}

function choose(select, people, chosen) {
  const key = JSON.stringify(people);
  if (select.dataset.key !== key) {
    select.dataset.key = key;
    select.replaceChildren(...people.map((one) =>
      h("option", { value: one.id }, `${named(one)}${one.role ? ` (${one.role})` : ""}`)));
  }
  select.value = chosen;
}

function drawPhone() {
  const { phones, bot } = view.state;
  view.phone ??= phones[0].person.id;
  const mine = phones.find((one) => one.person.id === view.phone) ?? phones[0];
  choose($("phone-person"), phones.map((one) => ({ ...one.person, role: one.role })), view.phone);
  $("bot-name").textContent = bot.first_name;
  if (!$("phone-status").classList.contains("active")) $("phone-status").textContent = `@${bot.username}`;
  $("block").textContent = mine.is_blocked ? "" : "Block";
  $("block").hidden = !mine.is_started || mine.is_blocked;
  fill($("phone-messages"), phone, mine.messages, `${named(mine.person)} has not written to this bot yet.`);
  drawKeyboard(mine);
  if (mine.is_blocked) composer(phone, { disabled: "Unblock the bot", action: () => act(phone, "unblock") });
  else if (!mine.is_started) composer(phone, { disabled: "Start", action: () => submit(phone, "/start") });
  else composer(phone, { commands: mine.commands });
}

function drawKeyboard(mine) {
  const rows = mine.keyboard?.keyboard ?? [];
  $("phone-keyboard").hidden = rows.length === 0;
  $("phone-keyboard").replaceChildren(...rows.map((row) => h("div", {}, ...row.map((key) => {
    const label = key.text ?? key;
    return h("button", { type: "button", onclick: () => submit(phone, label) }, label);
  }))));
}

function inTopic(topic) {
  const number = (message) => (message.is_topic_message ? message.message_thread_id : GENERAL);
  return view.state.desk.messages.filter((message) => number(message) === topic);
}

function drawTopics() {
  const all = [{ id: GENERAL, name: "General", icon: "#" }, ...view.state.desk.topics];
  const newest = (topic) => inTopic(topic.id).at(-1)?.message_id ?? 0;
  const rest = all.slice(1).sort((a, b) => newest(b) - newest(a));
  seen.set(view.topic, newest({ id: view.topic }));
  $("topics").replaceChildren(all[0] && topicButton(all[0]), ...rest.map(topicButton));
}

function topicButton(topic) {
  const messages = inTopic(topic.id);
  const last = messages.at(-1);
  const fresh = messages.filter((m) => m.message_id > (seen.get(topic.id) ?? 0) && !service(m)).length;
  const color = `#${(topic.color ?? 0x8a97a2).toString(16).padStart(6, "0")}`;
  const icon = h("span", { className: topic.icon ? "avatar icon emoji" : "avatar icon" }, topic.icon || topic.name[0]);
  if (!topic.icon) icon.style.background = color;
  const pick = () => { view.topic = topic.id; delete view.reply.desk; delete view.edit.desk; draw(); toEnd(); };
  return h("button", { type: "button", onclick: pick, "aria-current": topic.id === view.topic ? "true" : undefined },
    icon,
    h("span", { className: "label" }, h("span", {}, topic.is_closed && symbol("lock"), topic.name),
      h("small", {}, last ? service(last) ?? said(last) : "Nothing yet")),
    fresh > 0 && topic.id !== view.topic && h("span", { className: "count" }, String(fresh)));
}

function toEnd() {
  const box = $("desk-messages");
  box.scrollTop = box.scrollHeight;
}

function drawDesk() {
  const state = view.state.desk;
  if (view.topic !== GENERAL && !state.topics.some((topic) => topic.id === view.topic)) view.topic = GENERAL;
  view.agent ??= view.state.agents[0].id;
  choose($("desk-agent"), view.state.agents, view.agent);
  drawTopics();
  const topic = state.topics.find((one) => one.id === view.topic);
  const messages = inTopic(view.topic);
  $("topic-name").textContent = topic?.name ?? "General";
  if (!$("desk-status").classList.contains("active")) $("desk-status").textContent = state.title;
  $("topic-toggle").hidden = $("topic-delete").hidden = !topic;
  $("topic-toggle").textContent = topic?.is_closed ? "Reopen" : "Close";
  const pinned = messages.findLast((message) => state.pinned.includes(message.message_id));
  $("pinned").hidden = !pinned;
  $("pinned").replaceChildren(...(pinned ? [symbol("pin"), said(pinned).split("\n")[0]] : []));
  fill($("desk-messages"), desk, messages, "Tickets open a topic of their own. Here come digests and commands.");
  composer(desk, { commands: state.commands });
}

function drawClock() {
  const at = new Date(Date.parse(view.state.now) + Date.now() - view.fetched);
  const options = { weekday: "short", day: "numeric", month: "short", year: "numeric", hour: "2-digit", minute: "2-digit", timeZone: "UTC" };
  $("now").textContent = `${at.toLocaleString("en-GB", options)} UTC`;
  for (const button of $("clock").querySelectorAll("button")) button.hidden = !view.state.can_turn_clock;
}

function drawErrors() {
  const errors = view.state.protocol_errors;
  $("errors").hidden = errors.length === 0;
  $("errors").textContent = `${errors.length} protocol error${errors.length === 1 ? "" : "s"}`;
  $("errors").title = errors.slice(-10).join("\n");
}

function draw() {
  if (!view.state) return;
  drawPhone();
  drawDesk();
  drawClock();
  drawErrors();
}

// Wiring

$("phone-person").addEventListener("change", (event) => { view.phone = Number(event.target.value); draw(); });
$("desk-agent").addEventListener("change", (event) => { view.agent = Number(event.target.value); draw(); });
$("block").addEventListener("click", () => act(phone, "block"));
$("topic-delete").addEventListener("click", () => act(desk, "delete_topic", { topic: view.topic }));
$("topic-toggle").addEventListener("click", () => {
  const topic = view.state.desk.topics.find((one) => one.id === view.topic);
  act(desk, topic.is_closed ? "reopen_topic" : "close_topic", { topic: topic.id });
});
$("newcomer").addEventListener("click", async () => {
  const name = window.prompt("What is this person called?", "Noa");
  if (!name) return;
  const told = await post("people", { name, language: navigator.language.slice(0, 2) });
  view.phone = told.id;
  refresh();
});
$("clock").addEventListener("click", (event) => {
  if (event.target.dataset.seconds) post("clock", { seconds: Number(event.target.dataset.seconds) });
});
setInterval(() => view.state && drawClock(), 5000);
refresh().then(() => { toEnd(); $("phone-messages").scrollTop = $("phone-messages").scrollHeight; });
if (location.search !== "?still") listen();

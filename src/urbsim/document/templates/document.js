"use strict";
(() => {
  const words = JSON.parse(document.getElementById("words").textContent);
  const query = document.getElementById("query");
  const hits = document.getElementById("hits");
  const MOST = 60;
  const root = document.documentElement;
  let language = root.dataset.language;

  // --- languages ---
  function speak(chosen) {
    language = chosen;
    root.lang = chosen === "zh" ? "zh-CN" : chosen;
    root.dataset.language = chosen;
    for (const node of document.querySelectorAll("[data-t]")) node.textContent = words[node.dataset.t][chosen];
    for (const node of document.querySelectorAll("[data-en]")) node.textContent = node.dataset[chosen];
    query.placeholder = `${words.search[chosen]}  /`;
    query.setAttribute("aria-label", words.search[chosen]);
    for (const button of document.querySelectorAll("[data-language]")) {
      button.setAttribute("aria-pressed", String(button.dataset.language === chosen));
    }
  }
  for (const button of document.querySelectorAll("[data-language]")) {
    button.addEventListener("click", () => { speak(button.dataset.language); search(); });
  }

  // --- search: every word must occur in the name, unit, text or names of levers and indicators ---
  const plain = (text) => text.toLowerCase().replace(/[\s_]+/g, " ");
  const entries = [...document.querySelectorAll(".sector article")].map((article) => {
    const text = (selector) => [...article.querySelectorAll(selector)].map((n) => n.textContent).join(" ");
    const both = [...article.querySelectorAll("[data-en]")].map((n) => `${n.dataset.en} ${n.dataset.zh}`).join(" ");
    const name = text("h3 > a");
    const called = text("h3 > .called");
    const doc = text(".doc");
    const unit = text(".unit");
    return { id: article.id, name, called, unit, doc, head: plain(`${name} ${called}`), all: plain(`${name} ${called} ${unit} ${doc} ${both}`) };
  });

  function found(asked) {
    const parts = asked.split(" ").filter(Boolean);
    const rank = (e) => (e.head === asked ? 0 : e.head.startsWith(asked) ? 1 : parts.every((p) => e.head.includes(p)) ? 2 : 3);
    return entries
      .filter((e) => parts.every((part) => e.all.includes(part)))
      .map((e) => [rank(e), e])
      .sort((a, b) => a[0] - b[0])
      .map(([, e]) => e);
  }

  function add(parent, tag, text, attributes = {}) {
    const node = document.createElement(tag);
    node.textContent = text;
    for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, value);
    parent.append(node);
    return node;
  }

  function search() {
    const asked = plain(query.value).trim();
    hits.replaceChildren();
    show(Boolean(asked));
    if (!asked) return;
    const list = found(asked);
    for (const [index, entry] of list.slice(0, MOST).entries()) {
      const link = add(hits, "a", entry.name, { href: `#${entry.id}`, role: "option", id: `hit-${index}`, tabindex: "-1" });
      if (entry.called) add(link, "span", `  ${entry.called}`, { class: "called" });
      if (entry.unit) add(link, "span", `  ${entry.unit}`, { class: "unit" });
      add(link, "small", entry.doc);
    }
    const count = language === "zh" ? `${list.length}个${words.variables.zh}` : `${list.length} ${words.variables[language]}`;
    add(hits, "p", list.length ? count : words.not_found[language], { id: "count" });
    select(0);
  }

  function show(open) {
    hits.hidden = !open;
    query.setAttribute("aria-expanded", String(open));
    if (!open) query.removeAttribute("aria-activedescendant");
  }

  function select(step) {
    const links = [...hits.querySelectorAll("a")];
    if (!links.length) return;
    const now = links.findIndex((link) => link.getAttribute("aria-selected") === "true");
    const next = Math.min(Math.max(now + step, 0), links.length - 1);
    if (now >= 0) links[now].setAttribute("aria-selected", "false");
    links[next].setAttribute("aria-selected", "true");
    query.setAttribute("aria-activedescendant", links[next].id);
    if (step) links[next].scrollIntoView({ block: "nearest" });
  }

  query.addEventListener("input", search);
  query.addEventListener("focus", () => { if (query.value.trim()) search(); });
  query.addEventListener("keydown", (event) => {
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      event.preventDefault();
      select(event.key === "ArrowDown" ? 1 : -1);
    } else if (event.key === "Escape") {
      query.value = "";
      show(false);
      query.blur();
    }
  });
  document.getElementById("find").addEventListener("submit", (event) => {
    event.preventDefault();
    const chosen = hits.querySelector('[aria-selected="true"]');
    if (chosen) chosen.click();
  });
  hits.addEventListener("click", (event) => {
    const link = event.target.closest("a");
    if (!link) return;
    show(false);
    query.blur();
    if (link.hash === location.hash) reveal(); // no change of the address, but it may have been folded since
  });
  document.addEventListener("click", (event) => { if (!event.target.closest("#find")) show(false); });
  document.addEventListener("keydown", (event) => {
    if (event.key === "/" && document.activeElement !== query && !event.ctrlKey && !event.metaKey) {
      event.preventDefault();
      query.focus();
      query.select();
    }
  });

  // --- pictures: point at a name to see its arrows ---
  for (const picture of document.querySelectorAll("svg.picture")) {
    const light = (event) => {
      const node = event.target.closest("[data-n]");
      const number = node ? node.dataset.n : "";
      let any = false;
      for (const link of picture.querySelectorAll(".link")) {
        const on = Boolean(number) && (link.dataset.a === number || link.dataset.b === number);
        link.classList.toggle("on", on);
        any = any || on;
      }
      picture.classList.toggle("dim", any);
    };
    picture.addEventListener("mouseover", light);
    picture.addEventListener("mouseleave", light);
    picture.addEventListener("focusin", light);
  }

  // --- names in pictures are the modeller's; pointing at one tells its Chinese name ---
  for (const link of document.querySelectorAll("svg.picture a[href]")) {
    const called = document.getElementById(link.getAttribute("href").slice(1))?.querySelector("h3 > .called");
    if (!called) continue;
    const title = document.createElementNS("http://www.w3.org/2000/svg", "title");
    title.textContent = called.textContent;
    link.append(title);
  }

  // --- pictures fit the width; enlarged, they have their own size and can be moved about ---
  for (const button of document.querySelectorAll(".enlarge")) {
    button.addEventListener("click", () => {
      const large = button.closest("figure").classList.toggle("large");
      button.setAttribute("aria-pressed", String(large));
      const said = button.querySelector("[data-t]");
      said.dataset.t = large ? "reduce" : "enlarge";
      said.textContent = words[said.dataset.t][language];
    });
  }

  // --- what is folded away is opened where an address leads into it, and on paper ---
  function reveal() {
    const target = document.getElementById(decodeURIComponent(location.hash.slice(1)));
    for (let node = target; node; node = node.parentElement) if (node.tagName === "DETAILS") node.open = true;
    if (target) target.scrollIntoView();
  }
  addEventListener("hashchange", reveal);
  let folded = [];
  addEventListener("beforeprint", () => {
    folded = [...document.querySelectorAll("details:not([open])")];
    for (const node of folded) node.open = true;
  });
  addEventListener("afterprint", () => { for (const node of folded) node.open = false; });
  if (matchMedia("(max-width: 999px)").matches) document.getElementById("contents").open = false;
  if (location.hash) reveal();
})();

// Turns the page's JSON into a list of items that can be filtered, sorted, searched and opened.
// Everything that is shown is in the address after "#", so that each view can be shared. What a
// model or a user wrote becomes text nodes, never markup.
"use strict";
{
  const PER_PAGE = 100;
  const LONGEST_DIFF = 2500;
  const RANKS = { inconsistent: 0, lost: 1, consistent: 2 };
  const data = JSON.parse(document.getElementById("data").textContent);
  const list = document.getElementById("list");
  const form = document.getElementById("filter");
  const pages = document.getElementById("pages");
  const keyOf = (item) => [item.suite, item.id, item.style].join("/");
  const byKey = new Map(data.items.map((item) => [keyOf(item), item]));
  const state = () => new URLSearchParams(location.hash.slice(1));

  function make(tag, attributes, ...children) {
    const element = document.createElement(tag);
    for (const [name, value] of Object.entries(attributes || {})) {
      if (value !== null && value !== undefined) element.setAttribute(name, value);
    }
    element.append(...children.filter((child) => child !== null && child !== ""));
    return element;
  }

  // ---- the list

  function matching(view) {
    const wanted = ["suite", "verdict", "at"].filter((name) => view.get(name));
    const look = view.get("look");
    const tag = view.get("tag");
    const styles = look && new Set(data.looks[look] || [look]);
    const words = (view.get("q") || "").toLowerCase().split(/\s+/).filter(Boolean);
    const found = data.items.filter(
      (item) =>
        wanted.every((name) => item[name] === view.get(name)) &&
        (!styles || styles.has(item.style)) &&
        (!tag || (item.tags || []).includes(tag)) &&
        words.every((word) => searched(item).includes(word)),
    );
    return sorted(found, view.get("sort"));
  }

  function searched(item) {
    if (item.searched === undefined) {
      const calls = [...item.answers, ...item.read].map((number) => data.calls[number]);
      const parts = calls.flatMap((call) => [call.value, call.reference]);
      const texts = parts.map((part) => (typeof part === "number" ? whole(part) : part || ""));
      const names = [item.id, item.suite, item.style, whole(item.truth), item.reason, ...(item.tags || [])];
      item.searched = [...names, ...texts].join("\n").toLowerCase();
    }
    return item.searched;
  }

  function sorted(items, by) {
    if (!by) return items;
    const key = {
      cer: (item) => -Math.max(-1, ...item.read.map((number) => data.calls[number].cer ?? -1)),
      verdict: (item) => RANKS[item.verdict],
    }[by] || ((item) => item[by]);
    const order = new Intl.Collator(undefined, { numeric: true }).compare;
    const compare = (a, b) => (typeof a === "number" ? a - b : order(a, b));
    const keyed = items.map((item) => [key(item), item]);
    return keyed.sort((a, b) => compare(a[0], b[0])).map((pair) => pair[1]);
  }

  function show() {
    const view = state();
    const opened = byKey.get(view.get("item") || "");
    let found = matching(view);
    if (opened && !found.includes(opened)) {
      for (const name of ["suite", "look", "tag", "verdict", "at", "q"]) view.delete(name);
      found = matching(view); // a link to an item shows it, whatever was filtered
    }
    const last = Math.max(Math.ceil(found.length / PER_PAGE) - 1, 0);
    const asked = opened ? Math.floor(found.indexOf(opened) / PER_PAGE) : Number(view.get("page"));
    const page = Math.min(Math.max(asked || 0, 0), last);
    for (const field of form.elements) if (field.name) select(field, view.get(field.name) || "");
    const shownOnes = found.slice(page * PER_PAGE, (page + 1) * PER_PAGE);
    list.replaceChildren(...shownOnes.map((item) => row(item, item === opened, view, found)));
    list.start = page * PER_PAGE + 1;
    for (const mark of list.querySelectorAll("mark")) {
      const scrolling = mark.closest("pre"); // to the value, which a long answer ends with
      scrolling.scrollTop = mark.offsetTop - scrolling.offsetTop - scrolling.clientHeight / 2;
    }
    const all = data.items.length;
    const chosen = [...form.elements].filter((field) => field.name && field.value).length;
    document.querySelector("#filters summary").textContent = `Filters${chosen ? ` (${chosen} chosen)` : ""}`;
    document.getElementById("count").textContent =
      `${found.length.toLocaleString()} of ${all.toLocaleString()} ${all === 1 ? "test" : "tests"}` +
      (found.length ? "" : ": nothing matches, clear the filters to see all");
    pages.hidden = last === 0;
    pages.dataset.page = page;
    pages.querySelector("span").textContent = `Page ${page + 1} of ${last + 1}`;
    pages.querySelector("[name=back]").disabled = page === 0;
    pages.querySelector("[name=on]").disabled = page === last;
    return opened;
  }

  function select(field, value) {
    if (field.tagName === "SELECT" && ![...field.options].some((each) => each.value === value)) {
      value = "";
    }
    if (field.value !== value) field.value = value;
  }

  function row(item, isOpen, view, found) {
    const to = new URLSearchParams(view);
    if (isOpen) to.delete("item");
    else to.set("item", keyOf(item));
    const calls = item.answers.map((number) => data.calls[number]);
    const usual = item.verdict === "inconsistent" ? reference(calls) : null;
    const values = calls.flatMap((call, place) => [place ? " · " : "", value(call, usual)]);
    const link = make(
      "a",
      { href: `#${to}`, "aria-expanded": isOpen },
      make("span", { class: "name" }, item.id),
      make("span", { class: "style" }, item.style),
      make("span", { class: `badge ${item.verdict}` }, item.verdict),
      make("span", { class: "at" }, item.at),
      make("span", { class: "values" }, ...values),
    );
    return make("li", { class: isOpen ? "open" : null }, link, isOpen ? detail(item, view, found) : "");
  }

  // What the others are held against: the value of a text form, or else the one that most have.
  function reference(calls) {
    const known = calls.filter((call) => call.value !== undefined);
    const count = (call) => known.filter((each) => each.value === call.value).length;
    const most = known.reduce((best, call) => (best && count(best) >= count(call) ? best : call), null);
    return known.find((call) => call.form.startsWith("text")) ?? most;
  }

  function value(call, usual) {
    const said = `${call.form} ${call.value ?? `no answer (${call.status})`}`;
    const isAlike = !usual || call.value === usual.value || (call.right && usual.right);
    return isAlike ? said : make("b", { class: "deviates" }, said);
  }

  // ---- one item

  function detail(item, view, found) {
    const calls = item.answers.map((number) => data.calls[number]);
    const reads = item.read.map((number) => data.calls[number]);
    const siblings = data.items.filter(
      (each) => each.id === item.id && each.suite === item.suite && each !== item,
    );
    return make(
      "article",
      { "aria-label": `${item.id} in ${item.style}` },
      make("p", { class: "truth" }, whole(item.truth) ? "Right is " : "What is right is not known",
        make("b", {}, ...text(item.truth)), `; ${item.verdict}`,
        item.at ? `, ${item.at}` : "", item.reason ? `: ${item.reason}` : ""),
      item.fields ? fieldTable(item.fields) : "",
      make("div", { class: "forms" }, ...calls.map((call) => answer(call, !item.fields))),
      item.compared ? compared(item.compared) : "",
      ...reads.map((call) => transcription(call)),
      item.tags ? make("p", { class: "small" }, `Tags: ${item.tags.join(", ")}`) : "",
      item.again ? again(item.again) : "",
      siblings.length ? others(siblings, view) : "",
      neighbours(item, view, found),
    );
  }

  function fieldTable({ forms, rows }) {
    const cell = (field) => {
      if (!field) return make("td", {}, "-");
      const [value, right, flips] = field;
      const state = right === null ? "" : right ? "right" : "wrong";
      return make("td", { class: flips ? "flips" : null }, value ?? "no answer", " ",
        state ? make("span", { class: `badge ${state}` }, state) : "",
        flips ? make("b", {}, " flips") : "");
    };
    const head = ["field", ...forms].map((name) => make("th", { scope: "col" }, name));
    const body = rows.map(([name, cells]) => make("tr", {}, make("th", { scope: "row" }, name), ...cells.map(cell)));
    const table = make("table", {}, make("thead", {}, make("tr", {}, ...head)), make("tbody", {}, ...body));
    return make("div", { class: "fields", tabindex: 0, role: "region", "aria-label": "fields" }, table);
  }

  function answer(call, isAlone) {
    const known = call.right === null ? "not judged" : "wrong";
    const state = call.right ? "right" : call.value === undefined ? call.status : known;
    return make(
      "section",
      { class: "form" },
      make("h3", {}, call.form, " ", make("span", { class: `badge ${state}` }, state)),
      isAlone ? make("p", { class: "value" }, call.value ?? "no answer") : "",
      picture(call),
      ...(call.more ?? []).map((image) => picture({ image, form: call.form })),
      ...prompt(call),
      make("h4", {}, "Answer"),
      scrolled("answer", call.form, marked(call)),
      call.tokens ? make("p", { class: "small" }, `${call.tokens[0]} tokens sent, ${call.tokens[1] ?? "?"} back`) : "",
    );
  }

  function prompt(call) {
    if (!call.prompt.length) {
      const known = data.has_prompts || call.image;
      return known ? [] : [make("p", { class: "small" }, "Its prompt is not stored beside this page.")];
    }
    const parts = call.prompt.flatMap((number, place) => (place ? ["\n\n", ...text(number)] : text(number)));
    return [make("h4", {}, "Prompt"), scrolled("prompt", call.form, parts)];
  }

  function scrolled(kind, name, parts) {
    // what scrolls must be within reach of the keyboard
    return make("pre", { class: kind, tabindex: 0, role: "region", "aria-label": `${kind}: ${name}` }, ...parts);
  }

  function picture(call) {
    if (!call.image) return "";
    const name = data.names[call.image] ?? `${call.image}.png`;
    const place = `${data.folder}/${name}`;
    const source = data.pictures ? data.pictures[call.image] : place;
    const missing = () => make("p", { class: "small" }, `The picture is ${place}, which is not in this page.`);
    if (!source) return missing();
    const image = make("img", { src: source, alt: `What the model saw as ${call.form}`, loading: "lazy" });
    image.addEventListener("error", () => image.closest(".picture").replaceWith(missing()));
    const whole = data.pictures ? image : make("a", { href: source, target: "_blank", rel: "noopener" }, image);
    const shown = make("div", {}, whole);
    return make("div", { class: "picture" }, shown, call.seen ? seen(call, shown, image) : "");
  }

  // What the model saw of a picture, and a button that shows it at that size, pixel by pixel.
  function seen(call, shown, image) {
    const [wide, high, width, height, dpi] = call.seen;
    const as = `${width} × ${height} px${dpi === null ? "" : `, ${Math.round(dpi)} DPI`}`;
    if (width >= wide && height >= high) return make("p", { class: "small" }, `The model saw all of it: ${as}`);
    const [small, whole] = ["Show as the model saw it", "Show as it was sent"];
    const button = make("button", { type: "button", "aria-pressed": "false" }, small);
    const sent = [...shown.children];
    button.addEventListener("click", async () => {
      const isSmall = button.getAttribute("aria-pressed") === "true";
      if (isSmall) shown.replaceChildren(...sent);
      else {
        await image.decode();
        const name = `What the model saw as ${call.form}, ${as}`;
        const canvas = make("canvas", { width, height, role: "img", "aria-label": name });
        const context = canvas.getContext("2d");
        context.imageSmoothingQuality = "high";
        context.drawImage(image, 0, 0, width, height);
        shown.replaceChildren(make("div", { class: "seen", tabindex: 0, role: "region", "aria-label": name }, canvas));
      }
      button.setAttribute("aria-pressed", String(!isSmall));
      button.textContent = isSmall ? small : whole;
    });
    // a copy's picture may be a smaller one than the model saw
    image.addEventListener("load", () => (button.hidden = image.naturalWidth < width));
    return make("p", { class: "small" }, `The model saw ${as}, of ${wide} × ${high} px `, button);
  }

  function transcription(call) {
    const around = call.raw > call.cer ? `, ${call.raw.toFixed(3)} with what is around it` : "";
    const rate = call.cer === null ? "not transcribed" : `CER ${call.cer.toFixed(3)}${around}`;
    const state = call.right ? "right" : "wrong";
    const body = call.cer === null ? text(call.text) : difference(whole(call.reference), whole(call.text));
    return make(
      "section",
      { class: "read" },
      make("h3", {}, `${call.form} `, make("span", { class: `badge ${state}` }, state), ` ${rate}`),
      call.right ? "" : make("p", { class: "small" }, make("del", {}, "what stands there and was not read"), " ",
        make("ins", {}, "what was read and does not stand there")),
      scrolled("transcription", call.form, body),
    );
  }

  // What the judge said of each pair of answers, in both orders.
  function compared(pairs) {
    const state = { same: "right", different: "wrong", unsure: "lost" };
    const rows = pairs.map((pair) => {
      const [first, second, ...wrote] = pair.texts.map(whole);
      return make("li", {}, `${pair.of} `, make("span", { class: `badge ${state[pair.verdict] ?? ""}` }, pair.verdict),
        make("p", { class: "small" }, `“${first}”, “${second}”`, wrote.length ? `; it wrote: ${wrote.join(" / ")}` : ""));
    });
    return make("section", { class: "compared" }, make("h3", {}, "What the judge says of the answers"), make("ul", { class: "others" }, ...rows));
  }

  function again(command) {
    const button = make("button", { type: "button" }, "Copy");
    button.addEventListener("click", () => {
      navigator.clipboard?.writeText(command).then(() => (button.textContent = "Copied"), () => {});
    });
    return make("section", {}, make("h3", {}, "Ask just this again"),
      make("div", { class: "again" }, make("code", {}, command), button));
  }

  function others(siblings, view) {
    const links = siblings.map((each) => make("li", {}, to(each, view, each.style), " ",
      make("span", { class: `badge ${each.verdict}` }, each.verdict)));
    return make("section", {}, make("h3", {}, "The same item in other styles"), make("ul", { class: "others" }, ...links));
  }

  function neighbours(item, view, found) {
    const place = found.indexOf(item);
    const link = (each, word) => (each ? to(each, view, word) : "");
    return make("p", { class: "neighbours" }, link(found[place - 1], "Previous item"), " ",
      link(found[place + 1], "Next item"), " ", make("a", { href: `#${new URLSearchParams({ item: keyOf(item) })}` }, "Link to this item"));
  }

  function to(item, view, word) {
    const there = new URLSearchParams(view);
    there.set("item", keyOf(item));
    return make("a", { href: `#${there}` }, word);
  }

  // ---- texts

  const cutOut = (n) => make("span", { class: "cut" }, ` [… ${n.toLocaleString()} characters left out …] `);

  function text(number) {
    const found = data.texts[number];
    return typeof found === "string" ? [found] : [found[0], cutOut(found[2]), found[1]];
  }

  function whole(number) {
    const found = data.texts[number];
    return typeof found === "string" ? found : `${found[0]} … ${found[1]}`;
  }

  // The value where it stands: its last place after the last "answer", or else nowhere.
  function marked(call) {
    const parts = text(call.text);
    const end = parts[parts.length - 1];
    if (call.value === undefined || !end) return parts;
    const start = Math.max(end.toLowerCase().lastIndexOf("answer"), 0);
    const place = end.toLowerCase().lastIndexOf(call.value.toLowerCase());
    if (place < start) return parts;
    const stop = place + call.value.length;
    return [...parts.slice(0, -1), end.slice(0, place), make("mark", {}, end.slice(place, stop)), end.slice(stop)];
  }

  // Characters that were left out and added, by the longest common subsequence, after the folding
  // by which the error rate is counted.
  function difference(reference, read) {
    const fold = (value) => [...value.normalize("NFKC").trim().replace(/\s+/g, " ")].slice(0, LONGEST_DIFF);
    const [a, b] = [fold(reference), fold(read)];
    let start = 0;
    while (start < a.length && start < b.length && a[start] === b[start]) start++;
    let [m, n] = [a.length, b.length];
    while (m > start && n > start && a[m - 1] === b[n - 1]) { m--; n--; }
    const parts = [a.slice(0, start).join("")];
    for (const [kind, piece] of pieces(a.slice(start, m), b.slice(start, n))) {
      parts.push(kind ? make(kind, {}, piece) : piece);
    }
    parts.push(a.slice(m).join(""));
    if (Math.max(a.length, b.length) === LONGEST_DIFF) parts.push(make("span", { class: "cut" }, " […]"));
    return parts;
  }

  function pieces(a, b) {
    const width = b.length + 1;
    const common = new Uint16Array((a.length + 1) * width);
    for (let i = a.length - 1; i >= 0; i--) {
      for (let j = b.length - 1; j >= 0; j--) {
        const at = i * width + j;
        common[at] = a[i] === b[j] ? common[at + width + 1] + 1 : Math.max(common[at + width], common[at + 1]);
      }
    }
    const found = [];
    const add = (kind, letter) => {
      const before = found[found.length - 1];
      if (before && before[0] === kind) before[1] += letter;
      else found.push([kind, letter]);
    };
    let [i, j] = [0, 0];
    while (i < a.length || j < b.length) {
      if (i < a.length && j < b.length && a[i] === b[j]) { add("", a[i]); i++; j++; }
      else if (j === b.length || (i < a.length && common[(i + 1) * width + j] >= common[i * width + j + 1])) add("del", a[i++]);
      else add("ins", b[j++]);
    }
    return found;
  }

  // ---- what a person does

  function fill(name, groups) {
    for (const [label, values] of groups) {
      const options = values.map((value) => make("option", { value }, value));
      form.elements[name].append(...(label ? [make("optgroup", { label }, ...options)] : options));
    }
  }

  function go(changes, isNew) {
    const view = state();
    for (const [name, value] of Object.entries(changes)) {
      if (value) view.set(name, value);
      else view.delete(name);
    }
    const address = `#${view}`;
    if (isNew) history.pushState(null, "", address);
    else history.replaceState(null, "", address);
    show();
  }

  function arrive() {
    const opened = show();
    const place = opened ? list.querySelector("li.open") : location.hash.length > 1 && document.getElementById("items");
    if (!place) return;
    place.scrollIntoView();
    if (opened) place.querySelector("a").focus({ preventScroll: true });
  }

  function openItem(key) {
    const address = `#${new URLSearchParams({ item: key })}`;
    if (location.hash === address) arrive();
    else location.hash = address;
  }

  const distinct = (name) => [...new Set(data.items.map((item) => item[name]).filter(Boolean))].sort();
  if (form) {
    document.getElementById("filters").open = innerWidth > 576;
    fill("suite", [["", distinct("suite")]]);
    const looks = Object.keys(data.looks).sort();
    fill("look", [...(looks.length ? [["characteristic", looks]] : []), ["style", distinct("style")]]);
    const tags = new Set(data.items.flatMap((item) => item.tags || []));
    if (form.elements.tag) fill("tag", [["", [...tags].sort()]]);
    fill("verdict", [["", distinct("verdict")]]);
    fill("at", [["", distinct("at")]]);
    const narrow = ({ target }) => go({ [target.name]: target.value, item: "", page: "" });
    form.addEventListener("change", (event) => event.target.tagName === "SELECT" && narrow(event));
    form.elements.q.addEventListener("input", narrow);
    form.addEventListener("submit", (event) => event.preventDefault());
    form.addEventListener("reset", (event) => {
      event.preventDefault();
      history.pushState(null, "", "#");
      show();
    });
    pages.addEventListener("click", (event) => {
      const step = { back: -1, on: 1 }[event.target.name];
      if (!step) return;
      go({ page: String(Number(pages.dataset.page) + step), item: "" }, true);
      document.getElementById("items").scrollIntoView();
    });
    document.addEventListener("keydown", (event) => {
      if (event.key === "Escape" && state().get("item")) {
        const open = state().get("item");
        go({ item: "" }, true);
        [...list.querySelectorAll("a")].find((each) => each.hash.includes(encodeURIComponent(open)))?.focus();
      } else if (event.key === "/" && !event.target.closest("input, select, textarea")) {
        event.preventDefault();
        document.getElementById("filters").open = true;
        form.elements.q.focus();
      }
    });
    window.addEventListener("hashchange", arrive);
    window.addEventListener("popstate", () => show());
    drawMatrix({ data, make, byKey, open: openItem });
    arrive();
  }
}

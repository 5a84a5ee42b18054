// Draws the matrix: an item a row, a form a column, each cell a pixel of an image that is scaled
// without smoothing. Only the rows in view are drawn, so that 10,000 take no longer than 300.
function drawMatrix({ data, make, byKey, open }) {
  const cells = document.querySelector("#matrix .cells");
  if (!cells || !data.matrix) return;
  const { columns, suites, rows } = data.matrix;
  const canvas = cells.querySelector("canvas");
  const about = document.getElementById("cell");
  const link = about.querySelector("a");
  const said = about.querySelector("[role=status]");
  const [TOP, HIGHEST, GAP, WIDEST, NAMED, SAID] = [36, 560, 8, 72, 24, 66]; // pixels
  const words = {};
  const colors = {};
  const cursor = { row: -1, column: 0 };
  let layout, ink, soft, line, ground, waits = false;

  const rgb = (element, name) => getComputedStyle(element)[name];

  function readColors() {
    for (const entry of document.querySelectorAll("#matrix .legend li")) {
      words[entry.dataset.letter] = entry.querySelector("span").textContent;
      const parts = rgb(entry.querySelector("i"), "backgroundColor").match(/[\d.]+/g).map(Number);
      colors[entry.dataset.letter] = parts.slice(0, 3);
    }
    ink = rgb(document.body, "color");
    ground = rgb(document.getElementById("matrix"), "backgroundColor");
    soft = rgb(document.querySelector("#matrix .what"), "color");
    line = rgb(cells, "borderTopColor");
  }

  // Where everything stands: the columns in groups with gaps between them, and a row's height.
  function lay() {
    const groups = [];
    columns.forEach((column, place) => {
      const last = groups[groups.length - 1];
      if (last && last.name === column.group) last.count++;
      else groups.push({ name: column.group, start: place, count: 1 });
    });
    const gap = groups.length > 30 ? 1 : GAP;
    const space = cells.clientWidth - gap * (groups.length - 1);
    const beside = (wide) => (group) => (gap === GAP ? Math.max(NAMED - group.count * wide, 0) : 0);
    const spare = groups.map(beside(space / columns.length)).reduce((a, b) => a + b, 0);
    const wide = Math.min(Math.max((space - spare) / columns.length, 1), WIDEST);
    let left = 0;
    for (const group of groups) {
      group.x = left;
      left += group.count * wide + beside(wide)(group) + gap;
    }
    const high = Math.max(2, Math.min(22, Math.floor((HIGHEST - TOP) / rows.length)));
    const height = Math.min(TOP + rows.length * high + 1, HIGHEST);
    cells.style.height = `${height}px`;
    cells.firstElementChild.style.height = `${TOP + rows.length * high}px`;
    const scale = window.devicePixelRatio || 1;
    canvas.style.width = `${cells.clientWidth}px`;
    canvas.style.height = `${height}px`;
    canvas.width = Math.round(cells.clientWidth * scale);
    canvas.height = Math.round(height * scale);
    layout = { groups, wide, high, height, scale, right: left - gap };
  }

  function draw() {
    waits = false;
    const { groups, wide, high, height, scale } = layout;
    const context = canvas.getContext("2d");
    context.setTransform(scale, 0, 0, scale, 0, 0);
    context.clearRect(0, 0, cells.clientWidth, height);
    const first = Math.floor(cells.scrollTop / high);
    const count = Math.min(rows.length - first, Math.ceil((height - TOP) / high) + 1);
    const top = TOP + first * high - cells.scrollTop;
    const image = pixels(first, count);
    context.imageSmoothingEnabled = false;
    for (const group of groups) {
      const [x, width] = [group.x, group.count * wide];
      context.drawImage(image, group.start, 0, group.count, count, x, top, width, count * high);
      context.fillStyle = ground;
      if (wide > 6) for (let each = 1; each < group.count; each++) context.fillRect(x + each * wide - 0.5, TOP, 1, height);
    }
    context.fillStyle = ground;
    if (high > 5) for (let each = 1; each < count; each++) context.fillRect(0, top + each * high - 0.5, cells.clientWidth, 1);
    context.clearRect(0, 0, cells.clientWidth, TOP - 1);
    label(context);
    name(context, first, count, top);
    if (cursor.row >= first && cursor.row < first + count) mark(context);
  }

  function pixels(first, count) {
    const image = new ImageData(columns.length, count);
    const packed = new Uint32Array(image.data.buffer);
    const byCode = new Uint32Array(128);
    const color = new Uint8ClampedArray(4);
    for (const [letter, [red, green, blue]] of Object.entries(colors)) {
      color.set([red, green, blue, 255]);
      byCode[letter.charCodeAt(0)] = new Uint32Array(color.buffer)[0];
    }
    for (let row = 0; row < count; row++) {
      const letters = rows[first + row][2];
      for (let place = 0; place < columns.length; place++) {
        packed[row * columns.length + place] = byCode[letters.charCodeAt(place) & 127];
      }
    }
    const small = new OffscreenCanvas(columns.length, count);
    small.getContext("2d").putImageData(image, 0, 0);
    return small;
  }

  // The groups' names, and below them what their columns differ in, as far as there is room.
  function label(context) {
    const { groups, wide } = layout;
    context.textBaseline = "alphabetic";
    context.font = "13px system-ui, sans-serif";
    context.fillStyle = ink;
    const write = (text, x, y, room) => {
      let cut = text;
      while (cut && context.measureText(cut).width > room) cut = cut.slice(0, -1);
      context.fillText(cut, x, y);
    };
    for (const { name, x, count } of groups) write(name, x, 13, Math.max(count * wide, NAMED) + GAP - 4);
    context.font = "12px system-ui, sans-serif";
    context.fillStyle = soft;
    const each = ({ group, label, mode }) => (wide < SAID || group === mode ? label : `${label} ${mode}`);
    for (const { start, count, x } of groups) {
      for (let place = 0; place < count; place++) {
        const text = each(columns[start + place]);
        if (place && each(columns[start + place - 1]) === text) continue;
        let next = place + 1;
        while (next < count && each(columns[start + next]) === text) next++;
        write(text, x + place * wide, 29, (next - place) * wide + (next === count ? GAP - 2 : -2));
      }
    }
  }

  // The items' names beside their rows, where there is room for them.
  function name(context, first, count, top) {
    const { right, high } = layout;
    const room = cells.clientWidth - right - 10;
    if (high < 14 || room < 90) return;
    for (let row = 0; row < count; row++) {
      context.fillText(rows[first + row][1].slice(0, room / 7), right + 10, top + (row + 0.5) * high + 4);
    }
  }

  function mark(context) {
    const [x, y] = corner();
    context.lineWidth = 2;
    context.strokeStyle = ground;
    context.strokeRect(x - 2, y - 2, layout.wide + 4, layout.high + 4);
    context.strokeStyle = ink;
    context.strokeRect(x - 1, y - 1, layout.wide + 2, layout.high + 2);
  }

  function corner() {
    const group = layout.groups.findLast(({ start }) => start <= cursor.column);
    const x = group.x + (cursor.column - group.start) * layout.wide;
    return [x, TOP + cursor.row * layout.high - cells.scrollTop];
  }

  function later() {
    if (!waits) requestAnimationFrame(draw);
    waits = true;
  }

  // ---- what a cell says

  function under(event) {
    const box = canvas.getBoundingClientRect();
    const [x, y] = [event.clientX - box.left, event.clientY - box.top];
    const group = layout.groups.findLast((each) => each.x <= x);
    const place = group ? Math.floor((x - group.x) / layout.wide) : -1;
    const row = Math.floor((y - TOP + cells.scrollTop) / layout.high);
    if (!group || place >= group.count || y < TOP || row >= rows.length) return null;
    return { row, column: group.start + place };
  }

  function look({ row, column }) {
    if (cursor.row === row && cursor.column === column) return;
    Object.assign(cursor, { row, column });
    const [suite, name, letters, reference, others] = rows[row];
    const letter = letters[column];
    const rest = [...letters.slice(0, column)].filter((each) => "dpon".includes(each)).length;
    const value = "dpon".includes(letter) ? others[rest] : "rwa".includes(letter) ? reference : "";
    const found = test(row, column);
    const { group, mode, name: form } = columns[column];
    const style = found && group !== mode ? `${mode}, ${found.style}` : form;
    const against = "dpo".includes(letter) ? ` from ${reference}` : "";
    const state = letter === "." ? "not asked" : words[letter];
    const what = letter === "n" ? `${state} (${value})` : value ? `${value}: ${state}${against}` : state;
    said.replaceChildren(make("b", {}, name), suites.length > 1 ? ` (${suites[suite]})` : "",
      ` · ${style} · `, make("b", {}, what),
      found || letter === "." ? "" : " · not in the list below, but in report.json");
    link.hidden = !found;
    if (found) link.href = `#${new URLSearchParams({ item: found.key })}`;
    thumbnail(found, mode);
    later();
  }

  // The test that a cell is of, where the list has it; of the text form, the first one.
  function test(row, column) {
    const [suite, name] = rows[row];
    for (const style of columns[column].styles) {
      const key = [suites[suite], name, style].join("/");
      if (byKey.has(key)) return { key, style, item: byKey.get(key) };
    }
    return null;
  }

  function thumbnail(found, mode) {
    const calls = found ? found.item.answers.map((number) => data.calls[number]) : [];
    const digest = calls.find((call) => call.form === mode)?.image;
    const place = digest && `${data.folder}/${data.names[digest] ?? `${digest}.png`}`;
    const source = digest && (data.pictures ? data.pictures[digest] : place);
    const image = about.querySelector("img");
    if (image && image.getAttribute("src") === source) return;
    image?.remove();
    if (!source) return;
    const shown = make("img", { src: source, alt: "What the model saw" });
    shown.addEventListener("error", () => shown.remove());
    about.append(shown);
  }

  // ---- what a person does

  function step(key) {
    const page = Math.max(Math.floor((layout.height - TOP) / layout.high) - 1, 1);
    const { row, column } = cursor;
    const to = {
      ArrowUp: [row - 1, column], ArrowDown: [row + 1, column],
      ArrowLeft: [row, column - 1], ArrowRight: [row, column + 1],
      PageUp: [row - page, column], PageDown: [row + page, column],
      Home: [0, column], End: [rows.length - 1, column],
    }[key];
    if (!to) return null;
    const within = (place, size) => Math.min(Math.max(place, 0), size - 1);
    return { row: within(to[0], rows.length), column: within(to[1], columns.length) };
  }

  function openCell() {
    const found = cursor.row >= 0 && test(cursor.row, cursor.column);
    if (found) open(found.key);
  }

  canvas.addEventListener("pointermove", (event) => {
    const cell = under(event);
    canvas.classList.toggle("on", Boolean(cell));
    if (cell) look(cell);
  });
  canvas.addEventListener("click", (event) => {
    const cell = under(event);
    if (!cell) return;
    const wasThere = cell.row === cursor.row && cell.column === cursor.column;
    look(cell);
    if (wasThere || event.pointerType === "mouse") openCell(); // a finger looks first, then opens
  });
  cells.addEventListener("keydown", (event) => {
    const cell = step(event.key);
    if (event.key === "Enter") openCell();
    if (!cell) return;
    event.preventDefault();
    look(cell);
    const [top, room] = [cell.row * layout.high, layout.height - TOP - layout.high - 2];
    cells.scrollTop = Math.min(Math.max(cells.scrollTop, top - room), top);
    later();
  });
  cells.addEventListener("scroll", later);
  cells.addEventListener("focus", () => cursor.row < 0 && look({ row: 0, column: 0 }));
  const redraw = () => { readColors(); lay(); draw(); };
  new ResizeObserver(redraw).observe(cells.parentElement);
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", redraw);
  redraw();
}

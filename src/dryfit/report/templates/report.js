"use strict";
(() => {
  const data = JSON.parse(document.getElementById("data").textContent);
  const STATUSES = ["exercised", "mocked only", "unexercised"];
  const SEVERITIES = ["error", "warning", "note"];
  const GAPS = new Map([["DF104", "unexercised"], ["DF105", "mocked only"]]); // what a line of this kind says already
  const KIND_TEXT = { component: "", library: " · library call, not counted", outside: " · outside the project, not counted", entry: " · called by tests, not counted" };
  const DRAWN = new Set(["component", "library"]);
  const MOST_TAB_STOPS = 60;
  const STRAND = 4.5; // px between the lines of one arrow
  const LANE = 5; // px between two arrows in a gap
  const CROWDING = 90; // px of detour that an arrow takes rather than squeeze into a full gap
  const byId = (id) => document.getElementById(id);
  const slug = (status) => status.replace(" ", "-");
  const plural = (count, noun) => `${count.toLocaleString("en")} ${noun}${count === 1 ? "" : "s"}`;

  function make(name, attributes = {}, ...children) {
    const element = document.createElement(name);
    for (const [key, value] of Object.entries(attributes)) {
      if (key === "class") element.className = value;
      else if (key.startsWith("on")) element.addEventListener(key.slice(2), value);
      else if (value !== false && value !== null) element.setAttribute(key, value === true ? "" : value);
    }
    element.append(...children.filter((child) => child !== null));
    return element;
  }

  function draw(name, attributes = {}, ...children) {
    const element = document.createElementNS("http://www.w3.org/2000/svg", name);
    for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
    element.append(...children);
    return element;
  }

  // ---- what is in the data -------------------------------------------------------------------

  const rooms = new Map(data.rooms.map((room) => [room.name, room]));
  const groups = new Map(data.groups.map((group) => [group.name, { ...group, open: false }]));
  const members = (group) => data.rooms.filter((room) => room.group === group.name);
  const open = data.findings.filter((finding) => !finding.accepted);
  const seamKey = ({ caller, callee, callable }) => [caller, callee, callable].join("\u0000");
  const seamByKey = new Map(data.seams.map((seam, index) => [seamKey(seam), index]));

  /** The box that stands for a component: itself, or the folded group that it is in. */
  function home(name) {
    const group = groups.get(rooms.get(name)?.group);
    return group && !group.open ? group.name : name;
  }

  function worst(findings) {
    return SEVERITIES.find((severity) => findings.some((finding) => finding.severity === severity));
  }

  /** Seams, imports and findings gathered by the two boxes that they join. */
  function gather() {
    const pairs = new Map();
    const pair = (caller, callee) => {
      const [from, to] = [home(caller), home(callee)];
      if (from === to || !rooms.has(caller) || !rooms.has(callee)) return null;
      const key = `${from}\u0000${to}`;
      if (!pairs.has(key)) pairs.set(key, { key, from, to, seams: [], findings: [] });
      return pairs.get(key);
    };
    data.seams.forEach((seam, index) => DRAWN.has(seam.kind) && pair(seam.caller, seam.callee)?.seams.push(index));
    if (byId("imports").checked) for (const [importer, imported] of data.imports) pair(importer, imported);
    for (const finding of open) pair(finding.caller, finding.callee)?.findings.push(finding);
    for (const [from, to] of hopsOf(way)) if (!pairs.has(`${home(from)}\u0000${home(to)}`)) pair(to, from);
    return [...pairs.values()];
  }

  function describe(pair) {
    const counts = STATUSES.map((status) => [pair.seams.filter((index) => data.seams[index].status === status).length, status]);
    const parts = counts.filter(([count]) => count).map(([count, status]) => `${count} ${status}`);
    const found = pair.findings.length ? `, ${plural(pair.findings.length, "finding")}` : "";
    return `${label(pair.from)} to ${label(pair.to)}: ${parts.length ? `${plural(pair.seams.length, "seam")}, ${parts.join(", ")}` : "import only"}${found}`;
  }

  const label = (name) => groups.get(name)?.label ?? name;

  // ---- the map: boxes are laid out by the browser, arrows are led through the gaps between them ----

  const drawing = byId("drawing");
  const lines = draw("svg", { id: "lines" });
  const boxes = new Map();
  let pairs = [];
  let chosen = null;
  let opener = null;
  let bright = null;
  let way = null;

  function build() {
    boxes.clear();
    drawing.replaceChildren(lines, ...floors().map(floorOf));
    pairs = gather();
    route();
  }

  function floors() {
    return [...new Set(data.rooms.map((room) => room.floor))].sort((a, b) => b - a);
  }

  function floorOf(level) {
    const name = level < 0 ? "libraries" : `floor ${level}`;
    const row = make("div", { class: "row" }, ...inOrder(level).flatMap(boxesOf));
    return make("section", { class: "floor", "aria-label": name }, make("h3", {}, name), row);
  }

  /** Components of a floor from left to right; those of one group together, at the mean of their places. */
  function inOrder(level) {
    const own = data.rooms.filter((room) => room.floor === level);
    const single = own.filter((room) => !room.group).map((room) => ({ rank: room.rank, name: room.name, room }));
    const grouped = [...groups.values()].filter((group) => group.floor === level).map((group) => {
      const inside = members(group);
      return { rank: inside.reduce((sum, room) => sum + room.rank, 0) / inside.length, name: group.name, group };
    });
    return [...single, ...grouped].sort((a, b) => a.rank - b.rank || (a.name < b.name ? -1 : 1));
  }

  function boxesOf({ room, group }) {
    if (room) return [boxOfRoom(room)];
    const box = boxOfGroup(group);
    if (!group.open) return [box];
    return [box, ...members(group).sort((a, b) => a.rank - b.rank).map(boxOfRoom)];
  }

  function boxOfRoom(room) {
    const own = data.seams.filter((seam) => DRAWN.has(seam.kind) && (seam.caller === room.name || seam.callee === room.name));
    const prefix = groups.get(room.group)?.label.split("*")[0] ?? "";
    const shown = room.name.startsWith(prefix) ? room.name.slice(prefix.length) : room.name;
    const box = make("button", { type: "button", class: room.floor < 0 ? "room library" : "room", title: room.name, onclick: () => choose({ room: room.name }) },
      make("b", {}, breakable(shown)), make("small", {}, plural(own.length, "seam")));
    return watch(room.name, box);
  }

  function boxOfGroup(group) {
    const text = group.label.replace(/ \(\d+\)$/, "");
    const box = make("button", { type: "button", class: group.open ? "room unfold" : "room folded", "aria-expanded": String(group.open), onclick: () => toggle(group) },
      make("b", {}, breakable(text)), make("small", {}, group.open ? "fold again" : plural(members(group).length, "component")));
    return watch(group.name, box);
  }

  function breakable(text) {
    const pieces = text.split(/(?<=[./:])(?=\w)|(?<=[\p{L}\p{N}]_)(?=[\p{L}\p{N}])/u).flatMap((piece) => [piece, make("wbr")]);
    return make("span", {}, ...pieces);
  }

  function watch(name, box) {
    boxes.set(name, box);
    for (const event of ["mouseenter", "focus"]) box.addEventListener(event, () => light(name));
    for (const event of ["mouseleave", "blur"]) box.addEventListener(event, () => light(null));
    return box;
  }

  function toggle(group) {
    group.open = !group.open;
    bright = null;
    build();
    boxes.get(group.name).focus();
  }

  /** Bring out one box with its arrows and what they lead to; null for all alike. */
  function light(name) {
    bright = name;
    if (way) return;
    const lit = pairs.filter((pair) => name !== null && (pair.from === name || pair.to === name));
    const near = new Set(lit.flatMap((pair) => [pair.from, pair.to]));
    drawing.classList.toggle("dim", lit.length > 0);
    for (const [box, element] of boxes) element.classList.toggle("lit", near.has(box));
    for (const pair of pairs) for (const part of [pair.element, ...(pair.badges ?? [])]) part?.classList.toggle("lit", lit.includes(pair));
  }

  /** Rows of boxes as they came to lie, with the gaps between them; positions relative to the drawing. */
  function measure() {
    const origin = drawing.getBoundingClientRect();
    const rects = [...boxes].map(([name, element]) => {
      const r = element.getBoundingClientRect();
      return { name, left: r.left - origin.left, right: r.right - origin.left, top: r.top - origin.top, bottom: r.bottom - origin.top };
    });
    rects.sort((a, b) => a.top - b.top || a.left - b.left);
    const rows = [];
    for (const rect of rects) {
      const row = rows.at(-1);
      if (row && rect.top < row.bottom - 2) {
        row.rects.push(rect);
        row.top = Math.min(row.top, rect.top);
        row.bottom = Math.max(row.bottom, rect.bottom);
      } else rows.push({ rects: [rect], top: rect.top, bottom: rect.bottom });
    }
    rows.forEach((row, index) => {
      row.rects.sort((a, b) => a.left - b.left);
      row.rects.forEach((rect) => { rect.row = index; rect.middle = (rect.left + rect.right) / 2; });
      const edges = [6, ...row.rects.flatMap((rect) => [rect.left, rect.right]), origin.width - 6];
      row.gaps = [];
      for (let i = 0; i < edges.length; i += 2) row.gaps.push({ left: edges[i] + 7, right: edges[i + 1] - 7, lanes: [] });
    });
    return { rows, at: new Map(rects.map((rect) => [rect.name, rect])), width: origin.width, height: origin.height };
  }

  function route() {
    const { rows, at, width, height } = measure();
    const drawnFor = (element) => pairs.find((pair) => pair.element && pair.element === element);
    const [focused, opening] = [drawnFor(document.activeElement), drawnFor(opener)];
    const routes = pairs.map((pair) => ({ pair, from: at.get(pair.from), to: at.get(pair.to), lanes: [] }));
    for (const one of routes) chooseGaps(one, rows);
    for (const row of rows) row.gaps.forEach(spreadLanes);
    for (const rect of at.values()) spreadPorts(rect, routes);
    lines.setAttribute("width", width);
    lines.setAttribute("height", height);
    lines.replaceChildren(...routes.map((one) => arrow(one, rows)));
    placeBadges(at);
    drawWay();
    focused?.element.focus({ preventScroll: true });
    if (opening) opener = opening.element;
    light(bright);
  }

  /** Where the arrow passes each row between its ends: the gap nearest to the straight line. */
  function chooseGaps(one, rows) {
    const step = Math.sign(one.to.row - one.from.row);
    let x = one.from.middle;
    for (let index = one.from.row + step; step && index !== one.to.row; index += step) {
      const left = Math.abs(one.to.row - index) + 1;
      const wish = x + (one.to.middle - x) / left;
      const cost = (gap) => Math.max(gap.left - wish, wish - gap.right, 0) + (crowding(gap) * CROWDING);
      const gap = rows[index].gaps.filter((each) => each.right > each.left).sort((a, b) => cost(a) - cost(b))[0];
      if (!gap) continue;
      const lane = { row: index, x: Math.min(Math.max(wish, gap.left), gap.right), toward: one.to.middle, width: strandsOf(one.pair).length * STRAND + LANE };
      gap.lanes.push(lane);
      one.lanes.push(lane);
      x = lane.x;
    }
  }

  /** How much of a gap is taken: 1 and more where the next arrow would come too near to the others. */
  const crowding = (gap) => gap.lanes.reduce((sum, lane) => sum + lane.width, 0) / (gap.right - gap.left);

  /** Keep the arrows in one gap apart, as far as the gap allows; near the place where each wishes to be. */
  function spreadLanes(gap) {
    const { lanes } = gap;
    lanes.sort((a, b) => a.x - b.x || a.toward - b.toward);
    const squeeze = Math.min(1, 1 / crowding(gap));
    let free = gap.left;
    for (const lane of lanes) {
      lane.x = Math.max(lane.x, free + (lane.width * squeeze) / 2);
      free = lane.x + (lane.width * squeeze) / 2;
    }
    let limit = gap.right;
    for (const lane of lanes.toReversed()) {
      lane.x = Math.min(lane.x, limit - (lane.width * squeeze) / 2);
      limit = lane.x - (lane.width * squeeze) / 2;
    }
  }

  /** Share out the upper and the lower side of a box among the arrows that touch it. */
  function spreadPorts(rect, routes) {
    const sides = { top: [], bottom: [] };
    for (const one of routes) {
      const level = one.from.row === one.to.row;
      if (one.from === rect) sides[level || one.to.row > rect.row ? "bottom" : "top"].push([one, "start", one.lanes[0]?.x ?? one.to.middle]);
      if (one.to === rect) sides[level || one.from.row > rect.row ? "bottom" : "top"].push([one, "end", one.lanes.at(-1)?.x ?? one.from.middle]);
    }
    for (const ports of Object.values(sides)) {
      ports.sort((a, b) => a[2] - b[2]);
      const step = Math.min(22, (rect.right - rect.left - 18) / Math.max(ports.length - 1, 1));
      ports.forEach(([one, end], index) => { one[end] = rect.middle + (index - (ports.length - 1) / 2) * step; });
    }
  }

  function arrow(one, rows) {
    const { pair } = one;
    const strands = strandsOf(pair);
    const shapes = strands.map(([status, count], index) => {
      const path = draw("path", { class: `strand ${slug(status)}`, d: pathOf(one, rows, (index - (strands.length - 1) / 2) * STRAND), "marker-end": `url(#head-${slug(status)})` });
      path.dataset.status = status;
      path.style.setProperty("--width", status === "import only" ? "0.8px" : `${1.4 + Math.min(Math.log2(count), 3) * 0.5}px`);
      return path;
    });
    pair.hit = draw("path", { class: "hit", d: pathOf(one, rows, 0) });
    const focusable = pairs.length <= MOST_TAB_STOPS;
    pair.element = draw("g", { class: "seamline", role: "button", tabindex: focusable ? "0" : "-1", "aria-label": describe(pair), "data-from": pair.from, "data-to": pair.to },
      draw("title"), pair.hit, ...shapes);
    pair.element.firstChild.textContent = describe(pair);
    pair.element.classList.toggle("chosen", chosen?.pair === pair.key);
    pair.element.addEventListener("click", () => choose({ pair: pair.key }));
    pair.element.addEventListener("keydown", (event) => {
      if (event.key !== "Enter" && event.key !== " ") return;
      event.preventDefault();
      choose({ pair: pair.key });
    });
    return pair.element;
  }

  /** One line for each status among the seams of an arrow, the better known first. */
  function strandsOf(pair) {
    const counts = STATUSES.map((status) => [status, pair.seams.filter((index) => data.seams[index].status === status).length]);
    const present = counts.filter(([, count]) => count);
    return present.length ? present : [["import only", 1]];
  }

  function pathOf(one, rows, shift) {
    const { from, to } = one;
    if (from.row === to.row) {
      const [x0, x1, y] = [one.start + shift, one.end + shift, Math.max(from.bottom, to.bottom)];
      return `M${x0} ${from.bottom}C${x0} ${y + 38 + shift} ${x1} ${y + 38 + shift} ${x1} ${to.bottom + 2}`;
    }
    const down = to.row > from.row;
    let [x, y] = [one.start + shift, down ? from.bottom : from.top];
    let path = `M${x} ${y}`;
    const curve = (nx, ny) => {
      const bend = (ny - y) * 0.5;
      path += `C${x} ${y + bend} ${nx} ${ny - bend} ${nx} ${ny}`;
      [x, y] = [nx, ny];
    };
    for (const lane of one.lanes) {
      const row = rows[lane.row];
      curve(lane.x + shift, down ? row.top : row.bottom);
      y = down ? row.bottom : row.top;
      path += `V${y}`;
    }
    curve(one.end + shift, down ? to.top - 2 : to.bottom + 2);
    return path;
  }

  /** Findings on an arrow: how many, on the shape of the gravest; gaps in the tests as rings on their own line. */
  function placeBadges(at) {
    const taken = [];
    const room = (spot) => Math.min(...taken.map((other) => Math.hypot(other.x - spot.x, other.y - spot.y)), ...[...at.values()].map((rect) => distance(rect, spot) + 8));
    const place = (path, apart) => {
      const length = path.getTotalLength();
      const spots = [0.5, 0.4, 0.6, 0.3, 0.7, 0.2, 0.8].map((share) => path.getPointAtLength(length * share));
      const spot = spots.find((each) => room(each) > apart) ?? spots.sort((a, b) => room(b) - room(a))[0];
      taken.push(spot);
      return spot;
    };
    for (const pair of pairs) {
      const findings = pair.findings.filter((finding) => !GAPS.has(finding.rule));
      pair.badges = findings.length ? [badge(place(pair.hit, 27), worst(findings), findings.length)] : [];
    }
    for (const pair of pairs) pair.badges.push(...rings(pair, place));
    lines.append(...pairs.flatMap((pair) => pair.badges));
  }

  function rings(pair, place) {
    const lineOf = (status) => pair.element.querySelector(`.strand[data-status="${status}"]`);
    return [...GAPS].flatMap(([rule, status]) => {
      const count = pair.findings.filter((finding) => finding.rule === rule).length;
      return count && lineOf(status) ? [ring(place(lineOf(status), 20), slug(status), count)] : [];
    });
  }

  function distance(rect, { x, y }) {
    return Math.hypot(Math.max(rect.left - x, x - rect.right, 0), Math.max(rect.top - y, y - rect.bottom, 0));
  }

  function badge({ x, y }, severity, count) {
    const outline = { error: "M0-11 11 0 0 11-11 0z", warning: "M0-11 12 9H-12z", note: "M-9 0a9 9 0 1 0 18 0a9 9 0 1 0-18 0" }[severity];
    const text = draw("text", { y: severity === "warning" ? 6.5 : 3.8 });
    text.textContent = count > 99 ? "99" : count;
    return draw("g", { class: `badge ${severity}`, transform: `translate(${x} ${y})` }, draw("path", { d: outline }), text);
  }

  function ring({ x, y }, kind, count) {
    const text = draw("text", { y: 3.8 });
    text.textContent = count === 1 ? "" : count > 99 ? "99" : count;
    return draw("g", { class: `badge ring ${kind}`, transform: `translate(${x} ${y})` }, draw("circle", { r: count === 1 ? 5.5 : 9 }), text);
  }

  // ---- the way of a failure: from the callee that fails, through the components that its exception passes ----

  /** The components of the way with the numbers of their steps, in its order; a component that it passes twice stands there twice. */
  function stationsOf(finding) {
    const stations = finding ? [{ name: finding.callee, numbers: [], kinds: [] }] : [];
    finding?.way.forEach(([kind, component], index) => {
      if (!rooms.has(component)) return;
      if (home(stations.at(-1).name) !== home(component)) stations.push({ name: component, numbers: [], kinds: [] });
      stations.at(-1).numbers.push(index + 1);
      stations.at(-1).kinds.push(kind);
    });
    return stations.filter((station) => rooms.has(station.name));
  }

  function hopsOf(finding) {
    const names = stationsOf(finding).map((station) => station.name);
    return names.slice(1).map((name, index) => [names[index], name]).filter(([from, to]) => home(from) !== home(to));
  }

  /** Show the way of a finding's failure, or none; what is not on it steps back. */
  function showWay(id) {
    const finding = data.findings.find((each) => each.id === id && each.way.length) ?? null;
    const before = way;
    way = finding;
    byId("way").hidden = !finding;
    byId("way-title").textContent = finding ? `The way of the failure in ${finding.id}` : "";
    byId("steps").replaceChildren(...(finding?.way ?? []).map(stepLine));
    pairs = gather();
    route();
    if (finding) {
      close();
      byId("map").scrollIntoView();
      byId("way-title").focus({ preventScroll: true });
    } else document.querySelector(`[data-way="${before?.id}"]`)?.focus();
  }

  function stepLine([kind, component, place, inside, exception, source]) {
    const named = kind === "raised" || kind === "wrapped" ? make("span", { class: "exception" }, breakable(exception)) : null;
    return make("li", { class: slug(kind) }, make("b", {}, kind), " ", make("span", { class: "at" }, breakable(`${component} · ${place}`), inside ? ` in ${inside}` : ""), " ", named, make("code", {}, source));
  }

  function drawWay() {
    for (const pill of drawing.querySelectorAll(".station")) pill.remove();
    const stations = stationsOf(way);
    const on = new Set(stations.map((station) => home(station.name)));
    drawing.classList.toggle("dim", way !== null);
    drawing.classList.toggle("traced", way !== null);
    for (const [name, box] of boxes) box.classList.toggle("lit", on.has(name));
    for (const part of lines.querySelectorAll(".lit")) part.classList.remove("lit");
    lines.append(...hopsOf(way).map(hopLine).filter(Boolean));
    for (const name of on) boxes.get(name).append(pillOf(stations.filter((station) => home(station.name) === name)));
  }

  /** Over the arrow between two components, whichever way that leads: an exception goes to whoever called. */
  function hopLine([from, to]) {
    const called = pairs.find((pair) => pair.from === home(to) && pair.to === home(from));
    const other = pairs.find((pair) => pair.from === home(from) && pair.to === home(to));
    const along = called ?? other;
    if (!along) return null;
    return draw("path", { class: "wayline", d: along.hit.getAttribute("d"), [called ? "marker-start" : "marker-end"]: "url(#head-way)" });
  }

  function pillOf(stations) {
    const numbers = stations.flatMap((station) => station.numbers);
    const kinds = stations.flatMap((station) => station.kinds);
    const said = ["caught", "left", "wrapped", "raised"].find((kind) => kinds.includes(kind)) ?? kinds.at(-1) ?? "fails";
    const range = numbers.length > 1 ? `${numbers[0]}–${numbers.at(-1)} ` : numbers.length ? `${numbers[0]} ` : "";
    return make("span", { class: `station ${slug(said)}` }, `${range}${said}`);
  }

  // ---- the panel -----------------------------------------------------------------------------

  const panel = byId("panel");

  /** Open the panel on an arrow of the map, a component, or one seam. */
  function choose(what) {
    if (panel.hidden) opener = document.activeElement;
    chosen = what;
    const { title, body } = what.pair ? ofPair(what.pair) : what.room ? ofRoom(what.room) : ofSeam(what.seam);
    byId("panel-title").replaceChildren(breakable(title));
    byId("panel-body").replaceChildren(...body);
    panel.hidden = false;
    panel.scrollTop = 0;
    document.body.classList.add("with-panel");
    mark();
    byId("panel-title").focus({ preventScroll: true });
  }

  function close() {
    if (panel.hidden) return;
    panel.hidden = true;
    chosen = null;
    document.body.classList.remove("with-panel");
    mark();
    (opener?.isConnected ? opener : drawing).focus({ preventScroll: true });
  }

  function mark() {
    for (const [name, box] of boxes) box.classList.toggle("chosen", chosen?.room === name);
    for (const pair of pairs) {
      const holds = chosen?.seam !== undefined && pair.seams.includes(chosen.seam);
      pair.element?.classList.toggle("chosen", chosen?.pair === pair.key || holds);
    }
  }

  function ofPair(key) {
    const pair = pairs.find((each) => each.key === key);
    const rest = pair.findings.filter((finding) => !seamByKey.has(seamKey(finding)));
    if (pair.seams.length === 1 && !rest.length) return ofSeam(pair.seams[0]);
    const body = pair.seams.length ? entries(pair.seams) : [make("p", {}, "It imports this component, and no call between the two was found.")];
    return { title: `${label(pair.from)} → ${label(pair.to)}`, body: [...foundList(rest), ...body] };
  }

  function ofSeam(index) {
    const seam = data.seams[index];
    return { title: `${seam.caller} → ${seam.callable}`, body: [statusLine(seam), ...details(index)] };
  }

  function ofRoom(name) {
    const seams = data.seams.map((seam, index) => ({ seam, index }));
    const part = (title, chosenSeams) => chosenSeams.length ? [make("h3", {}, title), ...entries(chosenSeams.map(({ index }) => index))] : [];
    const inside = seams.filter(({ seam }) => seam.callee === name && seam.kind !== "entry");
    const outside = seams.filter(({ seam }) => seam.caller === name);
    const entered = seams.filter(({ seam }) => seam.callee === name && seam.kind === "entry");
    const room = rooms.get(name);
    const kind = room.floor < 0 ? "a library" : `floor ${room.floor}, ${plural(room.modules, "module")}`;
    return { title: name, body: [make("p", {}, kind), ...part("Calls", outside), ...part("Called by", inside), ...part("Entered from tests", entered)] };
  }

  function entries(indices) {
    return indices.map((index) => {
      const seam = data.seams[index];
      const findings = findingsOf(seam);
      const inside = make("div", { class: "inside" });
      const entry = make("details", { class: "entry" },
        make("summary", {}, make("span", { class: "name" }, breakable(`${seam.caller} → ${seam.callable}`)), statusMark(seam.status),
          findings.length ? make("span", { class: `tag ${worst(findings)}` }, plural(findings.length, "finding")) : null), inside);
      entry.addEventListener("toggle", () => entry.open && !inside.hasChildNodes() && inside.append(...details(index)));
      return entry;
    });
  }

  function statusMark(status) {
    return make("span", { class: `status ${slug(status)}` }, draw("svg", { viewBox: "0 0 22 8", width: 22, height: 8, "aria-hidden": "true" }, draw("path", { d: "M0 4h22" })), status);
  }

  const statusLine = (seam) => make("p", {}, statusMark(seam.status), KIND_TEXT[seam.kind]);
  const findingsOf = (seam) => open.filter((finding) => seamKey(finding) === seamKey(seam));

  function details(index) {
    const seam = data.seams[index];
    const part = (title, ...content) => content.length ? [make("h3", {}, title), ...content] : [];
    const behaviours = seam.behaviours.map(behaviour);
    const nothing = make("p", {}, "No test crossed this seam.");
    return [
      numbers(seam),
      ...foundList(findingsOf(seam)),
      ...part("Call sites", sites(seam)),
      ...part("What was seen", ...(behaviours.length ? behaviours : [nothing])),
      ...part("Failures that were tried", ...seam.faults.map(fault)),
    ];
  }

  function numbers(seam) {
    const [covered, sites, given, returned, raised, crossings, tests, seconds] = seam.numbers;
    const cell = (name, value) => make("div", {}, make("dt", {}, name), make("dd", {}, String(value)));
    return make("dl", { class: "numbers" },
      cell("call sites ran", `${covered}/${sites}`), cell("argument shapes", given), cell("outcome shapes", returned), cell("exceptions", raised),
      cell("crossings", crossings.toLocaleString("en")), cell("tests", tests), cell("in all", crossings ? duration(seconds) : "–"), cell("each", crossings ? duration(seconds / crossings) : "–"));
  }

  function foundList(findings) {
    if (!findings.length) return [];
    const items = findings.map((finding) => make("li", {}, make("a", { href: `#${finding.id}`, onclick: () => reveal(finding.id) }, icon(finding.severity), make("span", {}, `${finding.severity} ${finding.rule} ${finding.name}: ${finding.message}`))));
    return [make("h3", {}, "Findings"), make("ul", { class: "foundlist" }, ...items)];
  }

  const icon = (severity) => document.querySelector(`svg.mark.${severity}`)?.cloneNode(true) ?? make("span");

  function sites(seam) {
    const items = seam.sites.map(([file, line, inside, covered]) => make("li", {},
      make("span", { class: covered ? "ran" : "not" }, covered ? "✓ ran" : "○ did not run"), make("code", {}, line ? `${file}:${line}` : file), inside ? make("span", {}, `in ${inside}`) : null));
    return make("ul", { class: "sites" }, ...items);
  }

  function fault([when, exception, site, said, rules, judged, tests]) {
    const row = (name, text) => make("div", {}, make("dt", {}, name), make("dd", {}, text));
    const verdict = row(judged ? "verdict" : "no verdict", said);
    verdict.className = `outcome ${rules.length ? "raised" : judged ? "returned" : ""}`;
    return make("div", { class: "behaviour fault" },
      make("p", { class: "head" }, make("span", {}, make("b", {}, exception), when === "before" ? " instead of the call" : " after the call, its reply lost"), make("code", {}, site)),
      make("dl", {}, verdict, rules.length ? row("breaks", rules.join(", ")) : null),
      make("p", { class: "remark" }, plural(tests, "trial")));
  }

  function behaviour(seen) {
    const [file, line] = seen.site;
    const row = (name, text) => make("div", {}, make("dt", {}, name), make("dd", {}, pretty(text)));
    const outcome = row(seen.outcome, seen.result);
    outcome.className = `outcome ${seen.outcome}`;
    const remark = seen.standIn ? `Answered by a stand-in: ${seen.standIn}` : seen.weak ? "A stand-in was active below the callee." : null;
    const effect = seen.effect === "call" ? "" : ` · ${seen.effect}`;
    const each = seen.count ? ` · ${duration(seen.seconds / seen.count)} each` : "";
    return make("div", { class: "behaviour" },
      make("p", { class: "head" }, make("span", {}, make("b", {}, `${seen.count.toLocaleString("en")} ×`), `${each}${effect}`), make("code", {}, line ? `${file}:${line}` : file)),
      make("dl", {}, ...seen.arguments.map(([name, shape]) => row(name, shape)), outcome),
      remark ? make("p", { class: "remark" }, remark) : null,
      seen.tests.length ? make("details", {}, make("summary", {}, plural(seen.tests.length, "test")), make("ul", {}, ...seen.tests.map((test) => make("li", {}, make("code", {}, breakable(data.tests[test])))))) : null);
  }

  /** A long shape on several lines: a break after each brace, and after each comma between fields. */
  function pretty(shape) {
    if (shape.length < 44) return shape;
    const inside = [];
    let text = "";
    for (const sign of shape) {
      if ("{[(".includes(sign)) inside.push(sign);
      const closes = "}])".includes(sign);
      const last = closes ? inside.pop() : inside.at(-1);
      const indent = () => `\n${"  ".repeat(inside.filter((each) => each === "{").length)}`;
      if (sign === "{") text += sign + indent();
      else if (sign === "}" && last === "{") text += indent() + sign;
      else if (sign === "," && last === "{") text += sign + indent();
      else if (sign !== " " || !text.endsWith(indent())) text += sign;
    }
    return text;
  }

  function duration(seconds) {
    if (typeof seconds !== "number") return String(seconds);
    if (seconds < 0.001) return `${Math.round(seconds * 1e6)} µs`;
    return seconds < 1 ? `${(seconds * 1e3).toFixed(1)} ms` : `${seconds.toFixed(1)} s`;
  }

  function reveal(id) {
    byId(id)?.closest("details")?.setAttribute("open", "");
    if (matchMedia("(max-width: 1179px)").matches) close();
  }

  /** Under a finding stands what its rule's page says; it is in the file only once, and copied when it is asked for. */
  function explain(details) {
    const prose = byId(details.dataset.rule).querySelector(".prose");
    details.querySelector("p")?.replaceWith(prose.cloneNode(true));
  }

  // ---- the tables ----------------------------------------------------------------------------

  const tables = ["seam-table", "component-table"].map(byId);
  const value = (row, column) => row.cells[column].dataset.v ?? row.cells[column].textContent.trim();

  function sortable(table) {
    [...table.tHead.rows[0].cells].forEach((cell, column) => {
      cell.replaceChildren(make("button", { type: "button", onclick: () => sort(table, column) }, cell.textContent));
    });
  }

  function sort(table, column) {
    const cell = table.tHead.rows[0].cells[column];
    const numeric = cell.classList.contains("n") || cell.textContent === "Seams";
    const first = numeric ? "descending" : "ascending";
    const second = numeric ? "ascending" : "descending";
    const direction = cell.getAttribute("aria-sort") === first ? second : first;
    for (const other of table.tHead.rows[0].cells) other.removeAttribute("aria-sort");
    cell.setAttribute("aria-sort", direction);
    const turn = direction === "ascending" ? 1 : -1;
    const compare = numeric ? (a, b) => value(a, column) - value(b, column) : (a, b) => value(a, column).localeCompare(value(b, column), "en");
    table.tBodies[0].append(...[...table.tBodies[0].rows].sort((a, b) => turn * compare(a, b)));
  }

  function filter() {
    const words = byId("search").value.toLowerCase().split(/\s+/).filter(Boolean);
    const status = byId("status").value;
    for (const table of tables) {
      for (const row of table.tBodies[0].rows) {
        const name = value(row, 0).toLowerCase();
        row.hidden = !words.every((word) => name.includes(word)) || (status !== "" && !row.dataset.status.split(", ").includes(status));
      }
    }
    count();
  }

  function count() {
    const table = tables.find((each) => !each.hidden);
    const rows = [...table.tBodies[0].rows];
    const shown = rows.filter((row) => !row.hidden).length;
    const all = plural(rows.length, table.id === "seam-table" ? "seam" : "component");
    byId("matches").textContent = shown === rows.length ? all : `${shown.toLocaleString("en")} of ${all}`;
  }

  function showTable(id) {
    for (const table of tables) table.hidden = table.id !== id;
    for (const button of document.querySelectorAll("[data-table]")) button.setAttribute("aria-pressed", String(button.dataset.table === id));
    tables[0].parentElement.setAttribute("aria-label", id === "seam-table" ? "Seams" : "Components");
    count();
  }

  // ---- theme, copying, start -----------------------------------------------------------------

  function isDark() {
    return (document.documentElement.dataset.theme ?? (matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light")) === "dark";
  }

  function nameTheme() {
    byId("theme").textContent = isDark() ? "Light" : "Dark";
  }

  async function copy(button) {
    const code = button.parentElement.querySelector("code");
    try {
      await navigator.clipboard.writeText(code.textContent);
      button.textContent = "copied";
    } catch {
      getSelection().selectAllChildren(code);
      button.textContent = "selected";
    }
  }

  byId("theme").hidden = false;
  byId("theme").addEventListener("click", () => {
    document.documentElement.dataset.theme = isDark() ? "light" : "dark";
    nameTheme();
  });
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", nameTheme);
  nameTheme();

  byId("tools").hidden = false;
  tables.forEach(sortable);
  showTable("seam-table");
  byId("imports").addEventListener("change", () => {
    pairs = gather();
    route();
  });
  byId("search").addEventListener("input", filter);
  byId("status").addEventListener("change", filter);
  for (const button of document.querySelectorAll("[data-table]")) button.addEventListener("click", () => showTable(button.dataset.table));
  for (const details of document.querySelectorAll("details.meaning")) details.addEventListener("toggle", () => explain(details), { once: true });
  for (const button of document.querySelectorAll("button.open")) button.hidden = false;
  for (const button of document.querySelectorAll("button.way")) {
    button.hidden = false;
    button.addEventListener("click", () => showWay(button.dataset.way));
  }
  byId("leave-way").addEventListener("click", () => showWay(null));
  for (const button of document.querySelectorAll("button.copy")) {
    button.hidden = false;
    button.addEventListener("click", () => copy(button));
  }
  document.addEventListener("click", (event) => {
    const seam = event.target.closest("button[data-seam]");
    const room = event.target.closest("button[data-room]");
    if (seam) choose({ seam: Number(seam.dataset.seam) });
    else if (room) choose({ room: room.dataset.room });
  });
  byId("close").addEventListener("click", close);
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    if (panel.hidden && way) showWay(null);
    close();
  });
  addEventListener("hashchange", () => reveal(location.hash.slice(1)));

  if (data.rooms.length) {
    byId("sheet").hidden = false;
    build();
    let width = drawing.clientWidth;
    new ResizeObserver(() => {
      if (drawing.clientWidth === width) return;
      width = drawing.clientWidth;
      route();
    }).observe(drawing);
  }
})();

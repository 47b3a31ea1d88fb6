"use strict";
/* The figures of the page: what the reader chooses is turned into options of Apache ECharts, tables and CSV.
   All texts from data go through textContent, so that no title can be markup. */
(() => {
  const { places, looks } = JSON.parse(document.getElementById("data").textContent);
  const root = document.documentElement;
  const MOST_LABELS = 8; // lines with their names beside them; more have the legend alone
  const LABEL = 196; // [px] room for a name beside a line
  const MARKS = { circle: "M0 5A5 5 0 1 1 10 5A5 5 0 1 1 0 5Z", rect: "M1 1H9V9H1Z", triangle: "M5 0L10 10H0Z", diamond: "M5 0L10 5L5 10L0 5Z" };
  const LEADING = 16; // [px] of these names

  const WORDS = {
    zh: {
      figures: "图", indicator: "指标", region: "区域", search: "查找指标", scenarios: "情景",
      difference: "与基准情景之差", another: "再加一张图", csv: "下载 CSV", remove: "去掉此图",
      showTable: "显示数据表", hideTable: "隐藏数据表", year: "年份", observed: "实际值", inferred: "普查间推算", plan: "规划目标", target: "目标", held: "最近的目标",
      margin: (title) => `模型误差（围绕“${title}”）`, targeted: "有目标的指标", measured: "有实际值的指标", others: "其他指标",
      how: "指向线条可看数值；点图例可隐藏或显示情景；每张图可换指标和区域。粗黑线是基准情景。",
      regions: "各区域的位置", ranking: "按与本区域自身目标的差距排序，差得最多的在前；没有自身目标的按数值排序。区域组另列。",
      multiples: "每个区域一张小图，纵轴相同，顺序同上表。粗黑线是基准情景，细线是所选情景。", scenario: "情景", value: "数值", gap: "与目标之差", change: (year) => `较${year}年`, versus: (title) => `与“${title}”之差`, points: "百分点",
      none: "此页没有这一指标的区域数据；见 trajectories.csv。", colon: "：", comma: "，", stop: "；", period: "。", inYear: (year) => `${year}年`, open: "（", close: "）",
      plans: "规划目标：", targets: "目标：", alone: "（无基准，未比较）", groups: "区域组", singles: "各区域", base: "基准", summary: (title, first, last) => `${title}，${first}—${last}年`, less: (title) => (title ? `与“${title}”之差` : "与基准情景之差"),
      aria: (title) => `${title}。数值见下方的数据表。`, nothing: "没有可画的数值。", unit: "单位",
    },
    en: {
      figures: "Figures", indicator: "Indicator", region: "Region", search: "Find an indicator", scenarios: "Scenarios",
      difference: "Difference to the base", another: "Add a figure", csv: "Download CSV", remove: "Remove",
      showTable: "Show the table", hideTable: "Hide the table", year: "Year", observed: "Observed", inferred: "Inferred between censuses", plan: "Plan target", target: "Target", held: "Nearest target",
      margin: (title) => `How far the model may be off (around “${title}”)`,
      targeted: "With a target", measured: "With observations", others: "Others",
      how: "Point at a line for its values; switch scenarios off and on in the legend; every figure can show another indicator or region. The thick black line is the base.",
      regions: "Where regions stand", ranking: "The region farthest short of its own target comes first; those without one follow by value. Groups of regions stand apart.",
      multiples: "A small figure for each region, all on one scale, in the order of the table. The thick black line is the base, the thin one the chosen scenario.", scenario: "Scenario", value: "Value", gap: "Distance to target", change: (year) => `Since ${year}`, versus: (title) => `Difference to ${title}`, points: "points",
      none: "This page has no values of this indicator by region; they are in trajectories.csv.", colon: ": ", comma: ", ", stop: "; ", period: ".", inYear: String, open: " (", close: ")",
      plans: "Plan targets: ", targets: "Targets: ", alone: " (no base, not compared)", groups: "Groups of regions", singles: "Regions", base: "base", summary: (title, first, last) => `${title}, ${first} to ${last}`, less: (title) => `difference to ${title || "the base"}`,
      aria: (title) => `${title}. The table below has the values.`, nothing: "There are no values to draw.", unit: "Unit",
    },
  };

  let language = root.dataset.language;
  const hidden = new Set(); // scenarios switched off, as place/scenario; the base cannot be
  const figures = [];
  const word = (key) => WORDS[language][key];
  const find = (list, id) => list.find((one) => one.id === id);

  /* --- Data ----------------------------------------------------------------------------------------- */

  /** Give the values of a scenario by year, null where there are none; undefined where it is not reported. */
  function series(place, area, indicator, scenario) {
    const packed = (place.values[`${area}/${indicator}`] || [])[scenario];
    if (!packed) return undefined;
    const [decimals, ...changes] = packed;
    let whole = 0;
    return changes.map((change) => (change === null ? null : (whole += change) / 10 ** decimals));
  }

  /** Give [year, value] in the unit of the language, less the base where that is asked for. */
  function points(figure, scenario) {
    const { place, area, indicator, difference } = figure;
    const values = series(place, area, indicator.id, scenario);
    if (!values) return [];
    const { scale } = indicator.said[language];
    const { years, base, isBase } = place.scenarios[scenario];
    if (!difference) return years.map((year, i) => [year, values[i] === null ? null : values[i] * scale]);
    const against = isBase ? scenario : base;
    const other = against === null ? undefined : series(place, area, indicator.id, against);
    if (!other) return [];
    const there = new Map(place.scenarios[against].years.map((year, i) => [year, other[i]]));
    return years.map((year, i) => {
      const from = there.get(year);
      return [year, values[i] === null || from === null || from === undefined ? null : (values[i] - from) * scale];
    });
  }

  const shownScenarios = (place) =>
    place.scenarios.map((_, i) => i).filter((i) => !hidden.has(`${place.id}/${place.scenarios[i].id}`));

  const targetsOf = ({ place, area, indicator }) =>
    place.targets.filter((one) => one.area === area && one.indicator === indicator.id);

  const observedOf = ({ place, area, indicator }) =>
    (place.observed[`${area}/${indicator.id}`] || []).map(([year, value]) => [year, value * indicator.said[language].scale]);

  /** Say what differences are from: the base by its title, where all scenarios have the same. */
  function lessOf(place) {
    const bases = [...new Set(place.scenarios.map((one) => one.base).filter((one) => one !== null))];
    return word("less")(bases.length === 1 ? place.scenarios[bases[0]].title[language] : "");
  }

  const inferredOf = ({ place, area, indicator }) =>
    (place.inferred[`${area}/${indicator.id}`] || []).map(([year, value]) => [year, value * indicator.said[language].scale]);

  /** Name the targets of a figure: "plan target" where all are of the plan. */
  const targetWord = (targets) => word(targets.length && targets.every((one) => !one.own) ? "plan" : "target");

  const unitOf = ({ indicator, difference }) =>
    difference && indicator.unit === "%" ? word("points") : indicator.said[language].unit;

  /** Give the decimals that the values of an indicator still have here, in the unit of the language. */
  function decimalsOf(place, area, indicator) {
    const packed = (place.values[`${area}/${indicator.id}`] || []).filter(Boolean);
    return Math.max(0, Math.min(...packed.map(([decimals]) => decimals)) - Math.round(Math.log10(indicator.said[language].scale)));
  }

  /** Give a function that writes numbers with about four digits, as many decimals for all of them. */
  function writer(values, known, signed = false) {
    const largest = Math.max(0, ...values.filter(Number.isFinite).map(Math.abs));
    const decimals = largest > 0 ? Math.min(4, known, Math.max(0, 3 - Math.floor(Math.log10(largest)))) : 0;
    const format = new Intl.NumberFormat(language === "zh" ? "zh-CN" : "en-GB", {
      minimumFractionDigits: decimals, maximumFractionDigits: decimals, signDisplay: signed ? "exceptZero" : "auto",
    });
    return (value) => (Number.isFinite(value) ? format.format(value).replace("-", "\u2212") : "");
  }

  const allValues = (figure) => shownScenarios(figure.place).flatMap((i) => points(figure, i).map(([, value]) => value));

  const writerOf = (figure) => writer(allValues(figure), decimalsOf(figure.place, figure.area, figure.indicator), figure.difference);

  function titleOf(figure) {
    const { place, area, indicator, difference } = figure;
    const found = place.findings[`${area}/${indicator.id}`];
    if (found && !difference) return found.head[language];
    const where = find(place.areas, area).title[language];
    const less = difference ? word("comma") + lessOf(figure.place) : "";
    const years = place.scenarios.flatMap((one) => one.years);
    return word("summary")(`${where}${word("colon")}${indicator.name[language]}${less}`, Math.min(...years), Math.max(...years));
  }

  /* --- Figures -------------------------------------------------------------------------------------- */

  function look(place, scenario) {
    const n = place.scenarios[scenario].look;
    return n ? looks.others[n - 1] : looks.base;
  }

  function lines(figure, narrow, offsets) {
    const { place } = figure;
    const visible = shownScenarios(place);
    const labelled = !narrow && visible.length <= MOST_LABELS;
    return visible.map((i) => {
      const { color, width, dash, symbol } = look(place, i);
      const data = points(figure, i);
      const every = Math.max(1, Math.ceil(data.length / 5));
      return {
        type: "line", name: place.scenarios[i].title[language], id: place.scenarios[i].id, data, z: place.scenarios[i].isBase ? 3 : 4, // what lies on the base shows
        lineStyle: { color, width, type: dash }, itemStyle: { color, opacity: 1 },
        symbol: symbol || "none", showSymbol: Boolean(symbol), showAllSymbol: true,
        symbolSize: (_, { dataIndex }) => ((dataIndex + i) % every === 0 ? 7 : 0),
        emphasis: { focus: "series" },
        endLabel: {
          show: labelled, formatter: ({ seriesName }) => `{mark|■} ${seriesName.replaceAll("{", "｛")}`, rich: { mark: { color } },
          color: "#1a1a1a", fontSize: 12, width: LABEL - 14, overflow: "truncate", distance: 8, offset: [0, offsets[i] || 0],
        },
      };
    });
  }

  /** Draw how far projections have been off, around the first base: a line nobody sees, and what lies above it. */
  function band(figure) {
    const { place, area, indicator, difference } = figure;
    const margins = new Map(place.margins[indicator.id] || []);
    const base = place.scenarios.findIndex((one) => one.look === 0);
    if (difference || !margins.size || area !== place.id || base < 0) return [];
    const { scale } = indicator.said[language];
    const around = points(figure, base).filter(([year, value]) => margins.has(year) && value !== null);
    const plain = { type: "line", stack: "margin", symbol: "none", silent: true, z: 1, lineStyle: { opacity: 0 }, tooltip: { show: false } };
    return [
      { ...plain, data: around.map(([year, value]) => [year, value - margins.get(year) * scale]) },
      { ...plain, data: around.map(([year]) => [year, 2 * margins.get(year) * scale]), areaStyle: { color: "#999", opacity: 0.28 } },
    ];
  }

  function marks(figure) {
    if (figure.difference) return [];
    const { scale } = figure.indicator.said[language];
    const last = Math.max(...figure.place.scenarios.flatMap((one) => one.years));
    return [
      {
        type: "scatter", id: "observed", name: word("observed"), data: observedOf(figure), symbol: "circle", symbolSize: 7, z: 8,
        itemStyle: { color: "#fff", borderColor: "#444", borderWidth: 1.5, opacity: 1 },
      },
      {
        type: "scatter", id: "inferred", name: word("inferred"), data: inferredOf(figure), symbol: "circle", symbolSize: 5, z: 7,
        itemStyle: { color: "#fff", borderColor: "#999", borderWidth: 1, opacity: 1 },
      },
      {
        type: "scatter", id: "target", name: targetWord(targetsOf(figure)), symbol: "diamond", symbolSize: 13, z: 9,
        itemStyle: { color: "#fff", borderColor: "#b2182b", borderWidth: 2, opacity: 1 },
        data: targetsOf(figure).map((one) => ({ value: [one.year, one.value * scale], demand: one.demand[language], clause: one.clause[language], own: one.own, label: { position: one.year < last ? "top" : "left" } })),
        label: {
          show: true, color: "#b2182b", fontSize: 12, formatter: ({ data }) => data.demand,
          backgroundColor: "#fff", padding: [1, 3], distance: 5,
        },
      },
    ];
  }

  function tip(figure, entries) {
    const box = element("div", "tip");
    const write = writerOf(figure);
    const unit = unitOf(figure);
    const year = entries.length ? entries[0].value[0] : "";
    box.append(element("strong", "", word("inYear")(year) + (unit ? word("comma") + unit : "")));
    for (const entry of entries) {
      if (entry.value[1] === null || entry.value[1] === undefined || !entry.seriesName || entry.seriesName.startsWith("series\0")) continue;
      const row = element("div");
      const name = element("span");
      const { demand, clause, own } = entry.data;
      const told = demand ? word(own ? "target" : "plan") : entry.seriesName;
      name.append(sample(swatchOf(figure, entry)), told + (clause ? word("open") + clause + word("close") : ""));
      row.append(name, element("b", "", demand || write(entry.value[1])));
      box.append(row);
    }
    return box;
  }

  const TARGET = { dot: "diamond", color: "#b2182b" };
  const OBSERVED = { dot: "circle", color: "#444" };
  const INFERRED = { dot: "circle", color: "#999", size: 2.5 };

  /** Give the look of what a line of the tooltip stands for. */
  function swatchOf(figure, { seriesId, seriesName }) {
    const [kind] = seriesId.split("/");
    const marks = { target: TARGET, observed: OBSERVED, inferred: INFERRED };
    if (Object.hasOwn(marks, kind) && !find(figure.place.scenarios, seriesId)) return marks[kind];
    const { scenarios } = figure.place;
    const i = scenarios.findIndex((one) => one.id === seriesId);
    return look(figure.place, i >= 0 ? i : scenarios.findIndex((one) => one.title[language] === seriesName));
  }

  /** Give how far the names at the ends of lines have to move [px], so that none stands on another. */
  function apart(figure) {
    const ends = shownScenarios(figure.place).flatMap((i) => {
      const last = points(figure, i).filter(([, value]) => value !== null).pop();
      return last ? [{ i, at: figure.chart.convertToPixel({ gridIndex: 0 }, last)[1] }] : [];
    });
    const groups = []; // of names that touch: they stand around the middle of where they belong
    for (const end of ends.sort((a, b) => a.at - b.at)) {
      let group = { ends: [end], middle: end.at };
      while (groups.length && groups.at(-1).middle + (groups.at(-1).ends.length + group.ends.length) * LEADING / 2 > group.middle) {
        const before = groups.pop();
        const together = [...before.ends, ...group.ends];
        group = { ends: together, middle: together.reduce((sum, one) => sum + one.at, 0) / together.length };
      }
      groups.push(group);
    }
    const offsets = {};
    for (const { ends: together, middle } of groups) {
      together.forEach(({ i, at }, n) => { offsets[i] = middle + (n - (together.length - 1) / 2) * LEADING - at; });
    }
    return offsets;
  }

  /** Draw, and draw again with the names at the ends of lines moved apart, which hangs on the axes of the first. */
  function plot(figure) {
    figure.chart.setOption(options(figure, {}), { notMerge: true });
    figure.chart.setOption(options(figure, apart(figure)), { notMerge: true });
  }

  function options(figure, offsets) {
    const width = figure.chart.getWidth();
    const narrow = width < 640;
    const drawn = lines(figure, narrow, offsets);
    const labelled = drawn.some((one) => one.endLabel.show);
    const years = figure.place.scenarios.flatMap((one) => one.years).concat(figure.difference ? [] : [...observedOf(figure), ...inferredOf(figure)].map(([year]) => year));
    const [first, last] = [Math.min(...years), Math.max(...years)];
    const title = titleOf(figure);
    return {
      animation: false,
      aria: { enabled: true, label: { description: word("aria")(title) } },
      textStyle: { fontFamily: getComputedStyle(root).fontFamily, color: "#1a1a1a" },
      grid: { left: narrow ? 52 : 64, right: labelled ? LABEL : 18, top: 34, bottom: 30 },
      tooltip: {
        trigger: "axis", confine: true, formatter: (entries) => tip(figure, [].concat(entries)),
        axisPointer: { type: "line", snap: true }, extraCssText: "white-space: normal",
      },
      xAxis: {
        type: "value", min: first, max: last, interval: stepOf(last - first, narrow ? 5 : 8),
        axisLabel: { formatter: String, color: "#333" }, splitLine: { show: false }, axisPointer: { label: { show: false } },
      },
      yAxis: {
        type: "value", scale: true, boundaryGap: ["2%", "7%"], name: unitOf(figure), nameLocation: "end", nameTextStyle: { align: "left", padding: [0, 0, 0, narrow ? -44 : -56], color: "#333" },
        axisLabel: { color: "#333", formatter: (value) => tick(value, figure.difference) }, splitLine: { lineStyle: { color: "#e2e2e2" } },
      },
      series: [...band(figure), ...drawn, ...marks(figure)],
    };
  }

  /** Give the years between two ticks: of those that leave few enough ticks, one that ends on the last year. */
  function stepOf(span, most) {
    const steps = [1, 2, 3, 5, 10, 20, 50].filter((step) => span / step <= most);
    return steps.find((step) => span % step === 0 && step !== 3) || steps[0];
  }

  function tick(value, signed) {
    return new Intl.NumberFormat(language === "zh" ? "zh-CN" : "en-GB", { maximumSignificantDigits: 6, signDisplay: signed ? "exceptZero" : "auto" }).format(value).replace("-", "\u2212");
  }

  /* --- Tables and CSV ------------------------------------------------------------------------------- */

  /** Give header and rows of what a figure shows: a row per year, a column per scenario. */
  function tableOf(figure) {
    const visible = shownScenarios(figure.place);
    const columns = [];
    if (!figure.difference) {
      const { scale } = figure.indicator.said[language];
      const [observed, inferred, targets] = [observedOf(figure), inferredOf(figure), targetsOf(figure)];
      if (observed.length) columns.push([word("observed"), new Map(observed)]);
      if (inferred.length) columns.push([word("inferred"), new Map(inferred)]);
      if (targets.length) columns.push([targetWord(targets), new Map(targets.map((one) => [one.year, one.value * scale]))]);
    }
    columns.push(...visible.map((i) => {
      const { title, base, isBase } = figure.place.scenarios[i];
      return [title[language] + (figure.difference && base === null && !isBase ? word("alone") : ""), new Map(points(figure, i))];
    }));
    const years = [...new Set(columns.flatMap(([, column]) => [...column.keys()]))].sort((a, b) => a - b);
    return {
      header: columns.map(([name]) => name),
      rows: years.map((year) => [year, columns.map(([, column]) => column.get(year) ?? null)]),
    };
  }

  function showTable(figure) {
    const box = figure.card.querySelector(".values");
    const button = figure.card.querySelector(".show-table");
    button.textContent = word(figure.tabled ? "hideTable" : "showTable");
    button.setAttribute("aria-expanded", String(figure.tabled));
    box.hidden = !figure.tabled;
    box.replaceChildren();
    if (!figure.tabled) return;
    const { header, rows } = tableOf(figure);
    const write = writerOf(figure);
    const unit = unitOf(figure);
    const table = element("table", "values");
    const where = find(figure.place.areas, figure.area).title[language];
    const less = figure.difference ? word("comma") + lessOf(figure.place) : "";
    const caption = `${where}${word("colon")}${figure.indicator.name[language]}${less}${unit ? `${word("open")}${unit}${word("close")}` : ""}`;
    const above = element("caption");
    above.append(element("span", "", caption));
    table.append(above);
    box.setAttribute("aria-label", caption);
    const head = element("tr");
    head.append(cell("th", word("year"), "col"), ...header.map((name) => {
      const made = cell("th", "", "col");
      made.append(element("span", "", name));
      made.title = name;
      return made;
    }));
    const body = element("tbody");
    for (const [year, values] of rows) {
      const row = element("tr");
      row.append(cell("th", String(year), "row"), ...values.map((value) => cell("td", value === null ? "" : write(value))));
      body.append(row);
    }
    const thead = element("thead");
    thead.append(head);
    table.append(thead, body);
    box.append(table);
  }

  /** Write a CSV that spreadsheets open cleanly, and in which no text can be a formula. */
  function csvOf(figure) {
    const { header, rows } = tableOf(figure);
    const text = (cellText) => {
      const safe = /^[=+\-@\t\r]/.test(cellText) ? `'${cellText}` : cellText;
      return /[",\n\r]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
    };
    const number = (value) => (value === null ? "" : String(Number(value.toPrecision(6))));
    const { place, area, indicator } = figure;
    const less = figure.difference ? word("comma") + lessOf(figure.place) : "";
    const fixed = [find(place.areas, area).title[language], indicator.name[language] + less, unitOf(figure)];
    const head = [word("region"), word("indicator"), word("unit"), word("year"), ...header];
    const written = rows.map(([year, values]) => [...fixed.map(text), String(year), ...values.map(number)]);
    return [head.map(text), ...written].map((row) => row.join(",")).join("\r\n") + "\r\n";
  }

  function fileName({ place, area, indicator, difference }) {
    const names = language === "zh" ? [find(place.areas, area).title.zh, indicator.name.zh] : [area, indicator.id];
    if (difference) names.push(language === "zh" ? "与基准之差" : "difference");
    return `${names.join("-").replace(/[\s/\\:*?"<>|\u0000-\u001f]+/g, "_")}.csv`;
  }

  function download(figure) {
    const link = element("a");
    link.href = URL.createObjectURL(new Blob(["\ufeff", csvOf(figure)], { type: "text/csv;charset=utf-8" }));
    link.download = fileName(figure);
    document.body.append(link);
    link.click();
    link.remove();
    setTimeout(() => URL.revokeObjectURL(link.href), 10000);
  }

  /* --- What the reader chooses ---------------------------------------------------------------------- */

  function element(tag, className, text) {
    const made = document.createElement(tag);
    if (className) made.className = className;
    if (text !== undefined) made.textContent = text;
    return made;
  }

  function cell(tag, text, scope) {
    const made = element(tag, "", text);
    if (scope) made.scope = scope;
    return made;
  }

  function option(value, text, chosen) {
    const made = element("option", "", text);
    made.value = value;
    made.selected = chosen;
    return made;
  }

  function group(label, entries) {
    const made = element("optgroup");
    made.label = label;
    made.append(...entries);
    return made;
  }

  function offerIndicators(select, place, area, chosen, sought = "") {
    const there = place.indicators.filter((one) => place.values[`${area}/${one.id}`]);
    const wanted = sought.trim().toLowerCase();
    const fits = (one) => !wanted || [one.id, one.name.zh, one.name.en].some((name) => name.toLowerCase().includes(wanted));
    const targeted = new Set(place.targets.map((one) => one.indicator));
    const measured = new Set(Object.keys(place.observed).map((key) => key.slice(key.lastIndexOf("/") + 1)));
    const kind = (one) => (targeted.has(one.id) ? "targeted" : measured.has(one.id) ? "measured" : "others");
    const groups = ["targeted", "measured", "others"].map((name) => [
      name, there.filter((one) => kind(one) === name && (fits(one) || one.id === chosen)),
    ]);
    select.replaceChildren(
      ...groups.filter(([, found]) => found.length).map(([name, found]) =>
        group(word(name), found.map((one) => option(one.id, one.name[language], one.id === chosen)))),
    );
    return there.filter(fits);
  }

  function offerAreas(select, place, chosen) {
    const entries = (one) => one.areas.map((area) => option(`${one.id}/${area.id}`, area.title[language], one === place && area.id === chosen));
    select.replaceChildren(...(places.length > 1 ? places.map((one) => group(one.title[language], entries(one))) : entries(places[0])));
  }

  function chosenArea(value) {
    const place = places.find((one) => value.startsWith(`${one.id}/`) && find(one.areas, value.slice(one.id.length + 1)));
    return [place, value.slice(place.id.length + 1)];
  }

  function legend(figure) {
    const box = figure.card.querySelector(".legend");
    const { place } = figure;
    const entries = place.scenarios.map((scenario, i) => {
      const key = `${place.id}/${scenario.id}`;
      const label = element("label", hidden.has(key) ? "off" : "");
      const tick = element("input");
      tick.type = "checkbox";
      tick.checked = !hidden.has(key);
      tick.disabled = scenario.isBase;
      tick.dataset.scenario = scenario.id;
      tick.addEventListener("change", () => {
        if (tick.checked) hidden.delete(key);
        else hidden.add(key);
        figures.filter((one) => one.place === place).forEach(draw);
        figure.card.querySelector(`.legend input[data-scenario="${CSS.escape(scenario.id)}"]`).focus();
      });
      const alone = figure.difference && scenario.base === null && !scenario.isBase ? word("alone") : "";
      label.append(tick, sample(look(place, i)), scenario.title[language] + alone);
      return label;
    });
    const mark = (look, text) => {
      const made = element("span", "mark");
      made.append(sample(look), text);
      return made;
    };
    if (!figure.difference) {
      if (observedOf(figure).length) entries.push(mark(OBSERVED, word("observed")));
      if (inferredOf(figure).length) entries.push(mark(INFERRED, word("inferred")));
      if (targetsOf(figure).length) entries.push(mark(TARGET, targetWord(targetsOf(figure))));
      if (band(figure).length) entries.push(mark({ fill: "#999" }, word("margin")(place.scenarios.find((one) => one.look === 0).title[language])));
    }
    box.replaceChildren(box.querySelector("legend"), ...entries);
  }

  /** Give the sample of a line or mark that stands in the legend and beside values. */
  function sample({ color, width, dash, symbol, dot, size, fill }) {
    const part = (tag, attributes) => {
      const made = document.createElementNS("http://www.w3.org/2000/svg", tag);
      for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
      return made;
    };
    const box = part("svg", { width: 34, height: 12, "aria-hidden": "true" });
    if (fill) box.append(part("rect", { x: 1, y: 1, width: 32, height: 10, fill, opacity: 0.4 }));
    else if (dot === "circle") box.append(part("circle", { cx: 17, cy: 6, r: size || 3.5, fill: "#fff", stroke: color, "stroke-width": 1.5 }));
    else if (dot) box.append(part("path", { d: "M17 1 L22 6 L17 11 L12 6 Z", fill: "#fff", stroke: color, "stroke-width": 1.8 }));
    else {
      box.append(part("line", { x1: 0, x2: 34, y1: 6, y2: 6, stroke: color, "stroke-width": width, "stroke-dasharray": Array.isArray(dash) ? dash.join(" ") : "" }));
      const shape = MARKS[symbol] || (symbol && symbol.startsWith("path://") ? symbol.slice(7) : "");
      if (shape) box.append(part("path", { d: shape, fill: color, transform: "translate(12.5 1.5) scale(.9)" }));
    }
    return box;
  }

  function notesOf(figure) {
    const { place, area, indicator, difference } = figure;
    const aims = difference ? [] : targetsOf(figure);
    const told = (some) => some.map((one) => `${word("inYear")(one.year)}${word("colon")}${one.demand[language]}${one.clause[language] ? word("open") + one.clause[language] + word("close") : ""}`).join(word("stop"));
    const [plans, own] = [aims.filter((one) => !one.own), aims.filter((one) => one.own)];
    const found = place.findings[`${area}/${indicator.id}`];
    const parts = [
      found && !difference ? found.more[language] : "", plans.length ? word("plans") + told(plans) : "", own.length ? word("targets") + told(own) : "",
      indicator.note[language].replace(/\.$/, ""),
    ];
    return parts.filter(Boolean).map((part) => part[0].toUpperCase() + part.slice(1) + word("period"));
  }

  /** Write a title whose Chinese clauses stay on a line each where they fit. */
  function showTitle(heading, text) {
    const clauses = language === "zh" ? text.split(/(?<=[，；：。、])|(?=（)/) : [text];
    heading.replaceChildren(...clauses.map((clause) => element("span", clauses.length > 1 ? "clause" : "", clause)));
  }

  function draw(figure) {
    const { card, place, area, indicator } = figure;
    showTitle(card.querySelector("h3"), titleOf(figure));
    offerIndicators(card.querySelector(".indicator"), place, area, indicator.id, card.querySelector(".search").value);
    offerAreas(card.querySelector(".area"), place, area);
    const difference = card.querySelector(".difference");
    difference.checked = figure.difference;
    difference.disabled = !place.scenarios.some((one) => one.base !== null);
    legend(figure);
    card.querySelector(".notes").replaceChildren(...notesOf(figure).map((note) => element("p", "note", note)));
    plot(figure);
    showTable(figure);
  }

  function add(place, area, indicator) {
    const card = document.getElementById("card").content.firstElementChild.cloneNode(true);
    translate(card);
    document.getElementById("cards").append(card);
    const chart = echarts.init(card.querySelector(".chart"), null, { renderer: "svg" });
    const figure = { card, chart, place, area, indicator, difference: false, tabled: false };
    const on = (selector, event, act) => card.querySelector(selector).addEventListener(event, (what) => { act(what.target); draw(figure); });
    on(".indicator", "change", (select) => { figure.indicator = find(figure.place.indicators, select.value); });
    on(".search", "input", (input) => {
      const found = offerIndicators(card.querySelector(".indicator"), figure.place, figure.area, figure.indicator.id, input.value);
      if (input.value.trim() && found.length === 1) figure.indicator = found[0];
    });
    on(".area", "change", (select) => {
      [figure.place, figure.area] = chosenArea(select.value);
      const same = find(figure.place.indicators, figure.indicator.id);
      const first = figure.place.indicators.find((one) => figure.place.values[`${figure.area}/${one.id}`]);
      figure.indicator = same && figure.place.values[`${figure.area}/${same.id}`] ? same : first || figure.indicator;
    });
    on(".difference", "change", (tick) => { figure.difference = tick.checked; });
    on(".show-table", "click", () => { figure.tabled = !figure.tabled; });
    card.querySelector(".download").addEventListener("click", () => download(figure));
    card.querySelector(".remove").addEventListener("click", () => {
      chart.dispose();
      card.remove();
      figures.splice(figures.indexOf(figure), 1);
    });
    new ResizeObserver(() => {
      if (chart.isDisposed()) return;
      chart.resize();
      plot(figure);
    }).observe(card.querySelector(".chart"));
    figures.push(figure);
    draw(figure);
    return figure;
  }

  /* --- Regions, the farthest from its target first -------------------------------------------------- */

  const ranking = { place: places[0], indicator: null, scenario: 0, year: null, areas: [], chart: null };

  /** Give the target of an area for a year that is the hardest to reach from a value. */
  function ownTarget(place, area, indicator, year, value) {
    const own = place.targets.filter((one) => one.area === area && one.indicator === indicator.id && one.year === year);
    const short = (one) => (one.operator === "<=" ? value - one.value : one.value - value);
    return own.sort((a, b) => short(b) - short(a)).map((one) => ({ ...one, short: short(one) }))[0];
  }

  /** Write the target of the area that is nearest in time, where there is none for the year. */
  function otherTarget(place, area, indicator, year) {
    const own = place.targets.filter((one) => one.area === area && one.indicator === indicator.id);
    const [one] = own.sort((a, b) => Math.abs(a.year - year) - Math.abs(b.year - year));
    return one ? `${word("inYear")(one.year)}${word("colon")}${one.demand[language]}` : "";
  }

  function drawRanking() {
    const box = document.getElementById("ranking");
    const { place } = ranking;
    const regional = place.indicators.filter((one) => place.areas.some((area) => area.kind !== "place" && place.values[`${area.id}/${one.id}`]));
    document.getElementById("regions").hidden = !regional.length;
    if (!regional.length) return;
    const inAreas = place.targets.filter((one) => one.area !== place.id && regional.some(({ id }) => id === one.indicator));
    if (!regional.includes(ranking.indicator)) {
      // The indicator and year of which most areas have a target of their own, so that they are found.
      const count = (one) => inAreas.filter((other) => other.indicator === one.indicator && other.year === one.year).length;
      const [first] = [...inAreas].sort((a, b) => count(b) - count(a) || b.year - a.year);
      ranking.indicator = first ? find(regional, first.indicator) : regional[0];
      if (first && ranking.year === null) ranking.year = first.year;
    }
    const { indicator } = ranking;
    const scenario = place.scenarios[ranking.scenario];
    const aimed = place.targets.filter((one) => one.indicator === indicator.id && one.area !== place.id).map((one) => one.year);
    const years = scenario.years.slice(1);
    if (!years.includes(ranking.year)) ranking.year = years[years.length - 1];
    const choices = element("div", "choices no-print");
    const choose = (key, entries, act) => {
      const select = element("select", key);
      select.append(...entries);
      select.addEventListener("change", () => {
        act(select.value);
        drawRanking();
        document.querySelector(`#ranking select.${key}`).focus();
      });
      const label = element("label");
      label.append(element("span", "", word(key)), select);
      choices.append(label);
    };
    if (places.length > 1) {
      choose("region", places.map((one) => option(one.id, one.title[language], one === place)), (id) => { Object.assign(ranking, { place: find(places, id), indicator: null, scenario: 0, year: null }); });
    }
    choose("indicator", regional.map((one) => option(one.id, one.name[language], one === indicator)), (id) => { ranking.indicator = find(regional, id); });
    choose("scenario", place.scenarios.map((one, i) => option(String(i), one.title[language], i === ranking.scenario)), (i) => { ranking.scenario = Number(i); });
    choose("year", years.map((year) => option(String(year), aimed.includes(year) ? `${year}${word("open")}${word("target")}${word("close")}` : String(year), year === ranking.year)), (year) => { ranking.year = Number(year); });

    const at = scenario.years.indexOf(ranking.year);
    const base = scenario.base === null ? null : place.scenarios[scenario.base];
    const found = place.areas.filter((area) => area.kind !== "place").flatMap((area) => {
      const values = series(place, area.id, indicator.id, ranking.scenario);
      if (!values || values[at] === null) return [];
      const first = values.find((value) => value !== null);
      const other = base && series(place, area.id, indicator.id, scenario.base);
      const against = other ? other[base.years.indexOf(ranking.year)] : undefined;
      const target = ownTarget(place, area.id, indicator, ranking.year, values[at]);
      return [{ area, value: values[at], change: values[at] - first, versus: against === undefined || against === null ? NaN : values[at] - against, target }];
    });
    const apart = ({ area }) => (area.kind === "group" ? 1 : 0);
    found.sort((a, b) => apart(a) - apart(b) || (b.target ? b.target.short : -Infinity) - (a.target ? a.target.short : -Infinity) || a.value - b.value);
    const { scale, unit } = indicator.said[language];
    const known = Math.min(...found.map(({ area }) => decimalsOf(place, area.id, indicator)));
    const write = writer(found.map((one) => one.value * scale), known);
    const signed = writer(found.map((one) => one.value * scale), known, true);
    const table = element("table", "ranked");
    const heads = ["region", "value", "target", "gap", "change", ...(base ? ["versus"] : [])];
    const head = element("tr");
    head.append(...heads.map((key) => {
      const made = cell("th", key === "value" ? `${indicator.name[language]}${unit ? word("open") + unit + word("close") : ""}` : key === "change" ? word(key)(scenario.years[0]) : key === "versus" ? word(key)(base.title[language]) : word(key), "col");
      if (key !== "region") made.className = "number";
      return made;
    }));
    let body = element("tbody");
    const bodies = [body];
    for (const { area, value, change, versus, target } of found) {
      if (area.kind === "group" && bodies.length === 1 && body.children.length) {
        body = element("tbody");
        bodies.push(body);
        const title = element("tr", "block");
        title.append(Object.assign(cell("th", word("groups"), "rowgroup"), { colSpan: heads.length }));
        body.append(title);
      }
      const row = element("tr");
      row.append(
        cell("th", area.title[language], "row"), cell("td", write(value * scale)), cell("td", target ? target.demand[language] : otherTarget(place, area.id, indicator, ranking.year)),
        cell("td", target ? signed((value - target.value) * scale) : ""), cell("td", signed(change * scale)),
        ...(base ? [cell("td", signed(versus * scale))] : []),
      );
      body.append(row);
    }
    const thead = element("thead");
    thead.append(head);
    table.append(thead, ...bodies);
    const scroll = element("div", "box");
    scroll.tabIndex = 0;
    scroll.setAttribute("role", "region");
    scroll.setAttribute("aria-label", word("regions"));
    scroll.append(table);
    const caption = element("p", "note", `${indicator.name[language]}${word("comma")}${word("inYear")(ranking.year)}${word("comma")}${scenario.title[language]}`);
    if (!ranking.chart) {
      ranking.box = element("div", "multiples"); // has to stand in the page when it is drawn for the first time
      box.replaceChildren(ranking.box);
      ranking.chart = echarts.init(ranking.box, null, { renderer: "svg" });
      new ResizeObserver(() => drawMultiples()).observe(box);
    }
    ranking.areas = found.map(({ area }) => area);
    box.replaceChildren(choices, caption, scroll, element("p", "how", word("multiples")), ranking.box);
    drawMultiples();
  }

  /** Draw a small figure for each region, all on the same scale, in the order of the table. */
  function drawMultiples(paper = false) {
    const width = paper ? 690 : document.getElementById("ranking").clientWidth;
    const { place, indicator, scenario, areas, chart } = ranking;
    if (!chart || !areas.length || !width) return;
    const { base } = place.scenarios[scenario];
    const runs = base === null ? [scenario] : [base, scenario];
    const figures = areas.map((area) => ({ place, area: area.id, indicator, difference: false }));
    const small = paper && areas.length > 12; // so that they fit one page
    const columns = small ? 6 : Math.max(2, Math.min(areas.length, Math.floor(width / 200)));
    const [cell, tall] = [width / columns, small ? 105 : 150];
    const shown = figures.flatMap((one) => [...runs.flatMap((i) => points(one, i)), ...targetsOf(one).map((t) => [t.year, t.value * indicator.said[language].scale])]);
    const [years, values] = [0, 1].map((i) => shown.map((point) => point[i]).filter(Number.isFinite));
    const [first, last] = [Math.min(...years), Math.max(...years)];
    const room = 0.04 * (Math.max(...values) - Math.min(...values) || 1);
    const at = (n) => ({ left: (n % columns) * cell, top: Math.floor(n / columns) * tall });
    chart.resize({ width, height: Math.ceil(areas.length / columns) * tall });
    chart.setOption({
      animation: false,
      aria: { enabled: true, label: { description: `${indicator.name[language]}${word("stop")}${areas.map((area) => area.title[language]).join(word("comma"))}` } },
      textStyle: { fontFamily: getComputedStyle(root).fontFamily, color: "#1a1a1a" },
      title: areas.map((area, n) => ({
        text: area.title[language], left: at(n).left + 2, top: at(n).top, padding: 0,
        textStyle: { fontSize: small ? 9 : 12, fontWeight: 600, width: cell - 12, overflow: "truncate", color: "#1a1a1a" },
      })),
      grid: areas.map((_, n) => ({ left: at(n).left + 40, top: at(n).top + 22, width: cell - 58, height: tall - 52 })),
      tooltip: { trigger: "axis", confine: true, formatter: (entries) => tip(figures[entries[0].axisIndex], entries) },
      xAxis: areas.map((_, n) => ({
        type: "value", gridIndex: n, min: first, max: last, interval: last - first, axisLabel: { formatter: String, color: "#555", fontSize: 11 },
        splitLine: { show: false }, axisTick: { show: false }, axisPointer: { label: { show: false } },
      })),
      yAxis: areas.map((_, n) => ({
        type: "value", gridIndex: n, min: Math.min(...values) - room, max: Math.max(...values) + room, splitNumber: 3,
        axisLabel: { color: "#555", fontSize: 11, showMinLabel: false, showMaxLabel: false, formatter: (value) => tick(value, false) }, splitLine: { lineStyle: { color: "#eee" } },
      })),
      series: figures.flatMap((one, n) => [
        ...runs.map((i) => {
          const { color, width: thick, dash } = look(place, i);
          return {
            type: "line", name: place.scenarios[i].title[language], xAxisIndex: n, yAxisIndex: n, data: points(one, i), symbol: "none",
            lineStyle: { color, width: Math.min(2.5, thick), type: dash }, itemStyle: { color },
          };
        }),
        ...marks(one).map((mark) => ({ ...mark, id: `${mark.id}/${n}`, xAxisIndex: n, yAxisIndex: n, symbolSize: mark.id === "target" ? 8 : 4, label: { show: false }, clip: true })),
      ]),
    }, { notMerge: true });
  }

  /* --- Language, print, start ----------------------------------------------------------------------- */

  function translate(where) {
    for (const one of where.querySelectorAll("[data-word]")) one.textContent = word(one.dataset.word);
    for (const one of where.querySelectorAll("[data-placeholder]")) {
      one.placeholder = word(one.dataset.placeholder);
      one.setAttribute("aria-label", word(one.dataset.placeholder));
    }
  }

  /** Leave the chosen scenario and the base in a table of verdicts, or all. */
  function pick(select) {
    for (const row of document.querySelectorAll(`#${select.dataset.rows} tr[data-row]`)) {
      row.hidden = Boolean(select.value) && row.dataset.row !== select.value && row.dataset.row !== "0";
    }
  }

  function speak(chosen) {
    language = chosen;
    root.dataset.language = chosen;
    root.lang = chosen === "zh" ? "zh-CN" : "en";
    const heading = document.querySelector(`[data-only="${chosen}"] h1`);
    document.title = heading.textContent;
    for (const button of document.querySelectorAll(".language button")) button.setAttribute("aria-pressed", String(button.dataset.language === chosen));
    translate(document);
    figures.forEach((figure) => { translate(figure.card); draw(figure); });
    drawRanking();
  }

  function start() {
    for (const select of document.querySelectorAll(".pick select")) select.addEventListener("change", () => pick(select));
    if (!places.length) {
      for (const id of ["figures", "regions"]) document.getElementById(id).hidden = true;
      return;
    }
    const [place] = places;
    const there = (area) => place.indicators.filter((one) => place.values[`${area}/${one.id}`]);
    // Targets of the whole place first, then of groups and regions; of those the farthest in time.
    const rank = (one) => place.areas.findIndex((area) => area.id === one.area) * 10000 - one.year;
    const aimed = place.targets.filter((one) => place.values[`${one.area}/${one.indicator}`]).sort((a, b) => rank(a) - rank(b));
    const pairs = [...aimed.map((one) => `${one.area}/${one.indicator}`), ...there(place.id).map((one) => `${place.id}/${one.id}`)];
    const first = [...new Set(pairs)].slice(0, 3);
    const base = place.scenarios.findIndex((one) => one.isBase);
    ranking.scenario = Math.max(0, base);
    for (const pair of first) {
      const area = place.areas.find((one) => pair.startsWith(`${one.id}/`) && find(place.indicators, pair.slice(one.id.length + 1)));
      add(place, area.id, find(place.indicators, pair.slice(area.id.length + 1)));
    }
    document.getElementById("another").addEventListener("click", () => add(place, place.id, there(place.id)[0]).card.querySelector(".search").focus());
    for (const button of document.querySelectorAll(".language button")) button.addEventListener("click", () => speak(button.dataset.language));
    speak(language);
    document.fonts.load('14px "urbsim zh"', "中").then(() => figures.forEach(draw), () => undefined);
    // Charts are as wide as the screen until they are told how wide paper is.
    const paper = (on) => {
      figures.forEach((figure) => {
        figure.chart.resize({ width: on ? 690 : "auto", height: on ? 290 : "auto" });
        plot(figure);
      });
      drawMultiples(on);
    };
    window.addEventListener("beforeprint", () => paper(true));
    window.addEventListener("afterprint", () => paper(false));
  }

  start();
})();

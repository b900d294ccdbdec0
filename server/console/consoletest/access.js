(() => {
	const found = [];
	const visible = (e) => e.checkVisibility({ checkOpacity: true, checkVisibilityCSS: true }) && e.getClientRects().length > 0;
	const show = (e) => e.outerHTML.slice(0, 140);
	const text = (e) => e.textContent.replace(/\s+/g, " ").trim();

	if (!document.documentElement.lang) found.push("the page has no language");
	if (!document.title) found.push("the page has no title");
	if (document.querySelectorAll("h1").length !== 1) found.push("there is not one h1");
	let level = 0;
	for (const heading of document.querySelectorAll("h1, h2, h3, h4, h5, h6")) {
		const now = Number(heading.tagName[1]);
		if (now > level + 1) found.push("a heading is left out before " + show(heading));
		level = now;
	}
	for (const part of ["main", "header"]) {
		if (!document.querySelector(part)) found.push("there is no " + part);
	}

	const named = (e) => (e.labels && Array.from(e.labels).some((l) => text(l))) || e.getAttribute("aria-label") ||
		(e.getAttribute("aria-labelledby") || "").split(" ").some((id) => id && document.getElementById(id));
	for (const field of document.querySelectorAll("input:not([type=hidden]), select, textarea")) {
		if (!named(field)) found.push("no label: " + show(field));
	}
	for (const e of document.querySelectorAll("button, a[href], summary")) {
		if (!text(e) && !named(e)) found.push("no text: " + show(e));
	}
	for (const e of document.querySelectorAll("img:not([alt]), svg:not([aria-label]):not([aria-hidden=true])")) {
		found.push("no description: " + show(e));
	}
	for (const e of document.querySelectorAll("th:not([scope])")) found.push("no scope: " + show(e));
	for (const e of document.querySelectorAll("section:not([aria-labelledby]):not([aria-label])")) {
		found.push("a section without a name: " + show(e));
	}
	const ids = new Set();
	for (const e of document.querySelectorAll("[id]")) {
		if (ids.has(e.id)) found.push("twice: id " + e.id);
		ids.add(e.id);
	}
	for (const e of document.querySelectorAll("[aria-describedby], [aria-labelledby]")) {
		for (const name of ["aria-describedby", "aria-labelledby"]) {
			for (const id of (e.getAttribute(name) || "").split(" ")) {
				if (id && !ids.has(id)) found.push("points nowhere: " + show(e));
			}
		}
	}

	// Contrast, as WCAG 2 has it.
	const parse = (colour) => {
		const parts = colour.match(/[\d.]+/g).map(Number);
		return { r: parts[0], g: parts[1], b: parts[2], a: parts.length > 3 ? parts[3] : 1 };
	};
	const over = (top, under) => ({
		r: top.r * top.a + under.r * (1 - top.a), g: top.g * top.a + under.g * (1 - top.a),
		b: top.b * top.a + under.b * (1 - top.a), a: 1,
	});
	const backdrop = (e) => {
		const layers = [];
		for (let at = e; at; at = at.parentElement) {
			const colour = parse(getComputedStyle(at).backgroundColor);
			layers.push(colour);
			if (colour.a === 1) break;
		}
		return layers.reverse().reduce((under, top) => over(top, under), { r: 255, g: 255, b: 255, a: 1 });
	};
	const light = ({ r, g, b }) => {
		const part = (v) => (v / 255 <= 0.03928 ? v / 255 / 12.92 : ((v / 255 + 0.055) / 1.055) ** 2.4);
		return 0.2126 * part(r) + 0.7152 * part(g) + 0.0722 * part(b);
	};
	const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
	while (walker.nextNode()) {
		const e = walker.currentNode.parentElement;
		if (!walker.currentNode.textContent.trim() || !visible(e) || e.closest("svg, option, .skip")) continue;
		const style = getComputedStyle(e), size = parseFloat(style.fontSize), bold = Number(style.fontWeight) >= 700;
		const under = backdrop(e), a = light(over(parse(style.color), under)), b = light(under);
		const ratio = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
		if (ratio < (size >= 24 || (bold && size >= 18.66) ? 3 : 4.5)) {
			found.push("contrast " + ratio.toFixed(2) + ": " + show(e));
		}
	}

	if (document.documentElement.scrollWidth > document.documentElement.clientWidth) {
		found.push("wider than the window: " + document.documentElement.scrollWidth + " of " + document.documentElement.clientWidth);
	}
	return Array.from(new Set(found));
})()

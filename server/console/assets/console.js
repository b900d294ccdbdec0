// Comfort only: every page works without it.
"use strict";

(() => {
	// Times in the reader's own zone; their titles keep UTC.
	const format = new Intl.DateTimeFormat("sv-SE", { dateStyle: "short", timeStyle: "medium" });
	const localize = (root) => {
		for (const time of root.querySelectorAll("time[datetime]")) {
			const at = new Date(time.dateTime);
			if (!Number.isNaN(at.getTime())) {
				time.textContent = format.format(at);
			}
		}
	};
	localize(document);

	// What is wider than its place is scrolled by keyboard, too: not every browser goes there by itself.
	const reach = () => {
		for (const part of document.querySelectorAll(".scroll, pre")) {
			const wide = part.scrollWidth > part.clientWidth;
			part.toggleAttribute("tabindex", wide);
			if (wide) {
				part.tabIndex = 0;
				part.setAttribute("role", "group");
				part.setAttribute("aria-label", "Scrolls sideways");
			} else {
				part.removeAttribute("role");
				part.removeAttribute("aria-label");
			}
		}
	};
	reach();
	addEventListener("resize", reach);
	document.addEventListener("toggle", reach, true);

	const zone = document.querySelector("[data-zone]");
	const here = Intl.DateTimeFormat().resolvedOptions().timeZone;
	if (zone && !["UTC", "Etc/UTC", "GMT", "Etc/GMT"].includes(here)) {
		zone.textContent = "Times are in " + here + "; point at one for UTC.";
	}

	// The day of the figures is the reader's: how far the clock is ahead of UTC, for the hub.
	const offset = -new Date().getTimezoneOffset();
	document.cookie = "orderhub-offset=" + offset + "; path=/console; max-age=31536000; samesite=strict";

	// An open part of the menu closes when something else is wanted.
	const menus = document.querySelectorAll("nav details");
	const close = (but) => menus.forEach((menu) => {
		if (menu.open && !(but instanceof Node && menu.contains(but))) {
			menu.open = false;
		}
	});
	document.addEventListener("click", (event) => close(event.target));
	document.addEventListener("focusin", (event) => close(event.target));
	document.addEventListener("keydown", (event) => {
		const open = event.key === "Escape" && document.querySelector("nav details[open] > summary");
		if (open) {
			close(null);
			open.focus();
		}
	});

	// "/" goes to the search, as long as nobody types something else.
	document.addEventListener("keydown", (event) => {
		if (event.key !== "/" || event.ctrlKey || event.metaKey || event.altKey) {
			return;
		}
		const search = document.querySelector("[data-search]");
		if (!search || (event.target instanceof Element && event.target.closest("input, textarea, select"))) {
			return;
		}
		event.preventDefault();
		search.focus();
		search.select();
	});

	// An invitation comes behind the "#" of a link, which browsers do not send. It does not stay in the address either.
	const invitation = document.querySelector("input[name=invitation]");
	if (invitation && location.hash.length > 1) {
		invitation.value = decodeURIComponent(location.hash.slice(1));
		history.replaceState(null, "", location.pathname);
	}

	// What moves is asked for again while somebody is there: a page that is left open does not keep a session alive.
	const live = document.querySelector("[data-live]");
	if (live) {
		const every = 4000;
		const patience = 10 * 60 * 1000;
		let seen = Date.now();
		for (const sign of ["pointermove", "keydown", "scroll", "focus"]) {
			addEventListener(sign, () => { seen = Date.now(); }, { passive: true });
		}
		const busy = () => {
			const active = document.activeElement;
			return document.hidden || Date.now() - seen > patience || (active && live.contains(active)) ||
				live.querySelector("input:checked, details[open]");
		};
		const refresh = async () => {
			if (busy()) {
				return;
			}
			const answer = await fetch(location.href, { headers: { Accept: "text/html" } });
			if (!answer.ok) {
				return;
			}
			const page = new DOMParser().parseFromString(await answer.text(), "text/html");
			const fresh = page.getElementById(live.id);
			if (!fresh) { // the session is over
				location.reload();
				return;
			}
			if (busy()) {
				return;
			}
			const known = new Set(Array.from(live.querySelectorAll("[data-key]"), (row) => row.dataset.key));
			localize(fresh);
			for (const row of fresh.querySelectorAll("[data-key]")) {
				if (!known.has(row.dataset.key)) {
					row.classList.add("new");
					setTimeout(() => row.classList.remove("new"), 3000);
				}
			}
			live.replaceChildren(...fresh.childNodes);
			reach();
		};
		const loop = async () => {
			try {
				await refresh();
			} catch {
				// the hub is away: the next time may find it
			}
			setTimeout(loop, every);
		};
		setTimeout(loop, every);
	}
})();

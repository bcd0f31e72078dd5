/* page: the status page, from the daemon's stream
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 *
 * What hosts reply is foreign: all text goes in by textContent. A row is changed where it stands; no
 * table is made anew because one host has changed.
 */
"use strict";

(function () {
	const $ = (id) => document.getElementById(id);
	const SILENT_MS = 11000; /* the daemon sends a beat every 4 s */
	const MANY_HOSTS = 60; /* more, and pools are closed unless something is wrong in them */
	const SHARE_MS = 600000; /* shares are of what was chosen since, if that is enough */
	const SHARE_LEAST = 20;
	const EVENTS_SHOWN = 12;
	const LANES_MAX = 12;
	const SICK = ["deferred", "trial", "drained", "spent"];

	/* ---- small tools */

	function make(name, options, ...children) {
		const element = document.createElement(name);

		for (const [key, value] of Object.entries(options || {})) {
			if (key === "text")
				element.textContent = value;
			else if (value !== null && value !== undefined && value !== false)
				element.setAttribute(key, value === true ? "" : value);
		}
		element.append(...children.filter((child) => child !== null));
		return element;
	}

	function put(element, text) {
		const wanted = text === null || text === undefined ? "" : String(text);

		if (element.textContent !== wanted)
			element.textContent = wanted;
	}

	function attribute(element, name, value) {
		if (element.getAttribute(name) !== value)
			element.setAttribute(name, value);
	}

	const icons = "http://www.w3.org/2000/svg";
	function icon(state) {
		const svg = document.createElementNS(icons, "svg");
		const use = document.createElementNS(icons, "use");

		svg.setAttribute("aria-hidden", "true");
		svg.setAttribute("viewBox", "0 0 16 16");
		use.setAttribute("href", "#icon-" + state);
		svg.append(use);
		return svg;
	}

	function badge(state) {
		return make("span", {class: "badge", "data-state": state}, icon(state), make("span", {text: state}));
	}

	function setBadge(element, state) {
		if (element.dataset.state === state)
			return;
		element.dataset.state = state;
		element.querySelector("use").setAttribute("href", "#icon-" + state);
		element.lastChild.textContent = state;
	}

	const whole = new Intl.NumberFormat("en");
	const number = (value) => whole.format(value);
	const plural = (count, one, more) => number(count) + " " + (count === 1 ? one : more || one + "s");

	/* By the daemon's clock, as far as it is known. */
	let clockAhead = 0;
	const now = () => Date.now() + clockAhead;
	const two = (value) => String(value).padStart(2, "0");

	function clock(date, seconds) {
		return two(date.getHours()) + ":" + two(date.getMinutes()) + (seconds ? ":" + two(date.getSeconds()) : "");
	}

	/* "14:02:11", with the day if it is another one. */
	function when(text, seconds) {
		const date = new Date(text);

		if (date.toDateString() === new Date(now()).toDateString())
			return clock(date, seconds);
		return date.toLocaleDateString("en-GB", {day: "numeric", month: "short"}) + " " + clock(date, seconds);
	}

	function span(seconds) {
		const s = Math.max(0, Math.round(seconds));

		if (s < 60)
			return s + " s";
		if (s < 3600)
			return Math.floor(s / 60) + " min" + (s < 600 && s % 60 ? " " + (s % 60) + " s" : "");
		if (s < 86400)
			return Math.floor(s / 3600) + " h" + (s % 3600 >= 60 ? " " + Math.floor((s % 3600) / 60) + " min" : "");
		return Math.floor(s / 86400) + " d" + (s % 86400 >= 3600 ? " " + Math.floor((s % 86400) / 3600) + " h" : "");
	}

	/* "6 min": as much as is of interest of what was. */
	const ago = (seconds) => (seconds < 60 || seconds >= 600 ? span(seconds) : Math.floor(seconds / 60) + " min") + " ago";
	const since = (text) => (now() - Date.parse(text)) / 1000;
	const words = (reason) => reason.replace(/_/g, " ");

	function address(host) {
		if (host.host.startsWith("unix:"))
			return host.host;
		return (host.host.includes(":") ? "[" + host.host + "]" : host.host) + ":" + host.port;
	}

	/* ---- what is known */

	let hello = null;
	let status = null;
	let incoming = null; /* rows of a new table, until all are there */
	let table = {pools: [], hosts: [], rules: []};
	let events = []; /* the latest last */
	let lastEvent = 0;
	let deferrals = {since: null, deferrals: []};
	let firstShares = new Map(); /* "POOL HOST" to {at, first, total} */

	/* ---- the connection */

	let source = null;
	let heard = 0;
	let lostSince = null;
	let tries = 0;
	let again = null;

	function connect() {
		clearTimeout(again);
		again = null;
		if (source !== null)
			source.close();
		heard = Date.now();
		source = new EventSource("v1/stream?since=" + lastEvent);
		source.onerror = lose;
		for (const [name, take] of Object.entries(takers)) {
			source.addEventListener(name, (event) => {
				heard = Date.now();
				take(JSON.parse(event.data));
			});
		}
	}

	function setLive(state, text) {
		attribute($("live"), "data-live", state);
		put($("live-text"), text);
	}

	function live() {
		tries = 0;
		setLive("yes", "live");
		if (lostSince === null)
			return;
		lostSince = null;
		document.body.classList.remove("stale");
		$("lost").hidden = true;
		showStatus();
	}

	function lose() {
		if (source !== null)
			source.close();
		source = null;
		if (lostSince === null) {
			lostSince = new Date();
			document.body.classList.add("stale");
			setLive("lost", "not live");
			showStatus();
		}
		$("lost").hidden = false;
		put($("lost"), "Connection lost since " + clock(lostSince, true) + ", trying again. What stands here is as it was then.");
		if (again !== null)
			return;
		again = setTimeout(connect, Math.min(10000, 500 * 2 ** tries));
		tries++;
		if (tries > 1)
			findWhy();
	}

	/* The daemon may be there, without a place for one more. */
	async function findWhy() {
		try {
			const answer = await fetch("healthz", {cache: "no-store"});

			if (lostSince !== null)
				put($("lost"), "No live data since " + clock(lostSince, true) + ", trying again. The daemon answers (" +
					answer.status + "), but gives no stream: perhaps 16 pages are open already.");
		} catch (error) {
			/* It is away, as it says already. */
		}
	}

	function watchConnection() {
		if (source !== null && Date.now() - heard > SILENT_MS)
			lose();
	}

	/* ---- what comes */

	const takers = {
		hello(data) {
			clockAhead = Date.parse(data.now) - Date.now();
			if (Math.abs(clockAhead) < 2000)
				clockAhead = 0;
			if (data.last_event < lastEvent) {
				lastEvent = 0;
				events = [];
			}
			if (hello !== null && hello.started !== data.started)
				firstShares = new Map();
			hello = data;
			incoming = {pools: [], hosts: [], rules: []};
			live();
			showHello();
			settle();
		},
		beat() {},
		status(data) {
			status = data;
			showStatus();
		},
		change(data) {
			if (data.id <= lastEvent)
				return;
			lastEvent = data.id;
			events.push(data);
			if (events.length > 1000)
				events.shift();
			showEventsSoon();
			announce(data);
		},
		pools: (rows) => takeRows("pools", rows, updatePool),
		hosts: (rows) => takeRows("hosts", rows, updateHost),
		rules: (rows) => takeRows("rules", rows, updateRule),
		deferrals(data) {
			deferrals = data;
			showDeferrals();
		},
	};

	function takeRows(kind, rows, update) {
		const target = incoming || table;

		for (const row of rows) {
			row.at = Date.now();
			target[kind][row.row] = row;
			if (incoming === null)
				update(row);
		}
		if (incoming !== null)
			settle();
		else if (kind === "pools")
			noteShares();
	}

	const has = (list, count) => list.filter(() => true).length === count;

	/* All rows of the table in force are there. */
	function settle() {
		if (!has(incoming.pools, hello.pools) || !has(incoming.hosts, hello.hosts) || !has(incoming.rules, hello.rules))
			return;
		table = incoming;
		incoming = null;
		noteShares();
		buildPools();
		buildRules();
	}

	/* ---- the top */

	function showHello() {
		put($("machine"), hello.machine || "Status");
		put($("fact-daemon"), "up " + span(since(hello.started)));
		put($("foot"), "nexthop-milter " + hello.version + " for " + (hello.mta === "sendmail" ? "Sendmail" : "Postfix") +
			", started " + when(hello.started, true));
		put($("hosts-note"), "Share: part of the messages that began with that host; the line in the bar is its part by weight. " +
			"Down: how often and how long in all, deferred or on trial.");
		showAsk();
	}

	function showStatus() {
		const level = status === null ? "unknown" : status.condition.status;
		const stale = lostSince !== null;
		const tile = $("tile");

		attribute(tile, "data-level", stale ? "unknown" : level);
		if (status === null)
			return;
		put($("verdict"), stale ? "Not known. It was " + level + " at " + clock(lostSince, true) : level === "ok" ? "OK" : level[0].toUpperCase() + level.slice(1));
		document.title = (stale ? "not known" : level) + " – " + ((hello && hello.machine) || "nexthop-milter");
		showReasons(status.condition);
		put($("fact-routed"), number(status.messages.routed) + " of " + number(status.messages.total));
		put($("fact-flight"), number(status.in_flight));
		put($("fact-hosts"), number(status.condition.hosts.up) + " of " + number(status.condition.hosts.total));
		showTimes();
	}

	function showReasons(condition) {
		const texts = condition.reasons.map((reason) => (reason.text || reason.about));
		const list = $("reasons");

		if (condition.more > 0)
			texts.push("and " + plural(condition.more, "more reason"));
		list.hidden = texts.length === 0;
		while (list.children.length > texts.length)
			list.lastChild.remove();
		while (list.children.length < texts.length)
			list.append(make("li"));
		texts.forEach((text, i) => put(list.children[i], text));
	}

	function logText(log) {
		if (log.source === "none")
			return "not read";
		if (!log.readable)
			return "cannot be read";
		if (log.behind)
			return "being read";
		return log.last_line ? "read " + ago(since(log.last_line)) : "read, empty";
	}

	/* ---- pools and hosts */

	const sections = new Map(); /* name of the pool to its section */
	let rowsOfHost = []; /* by the host's row: those that show it */

	function isUnwell(host) {
		return host.state !== "up" || host.silent_since !== null;
	}

	function tierOf(pool, member) {
		return pool.hosts.filter((other) => other.priority === member.priority);
	}

	function isBackup(pool, member) {
		return pool.hosts.some((other) => other.priority < member.priority);
	}

	/* Shares are of what was chosen since the page looks, if that is enough to say something. */
	function noteShares() {
		const at = Date.now();

		for (const pool of table.pools) {
			const total = pool.hosts.reduce((sum, member) => sum + member.first, 0);
			const noted = firstShares.get(pool.pool);

			if (noted === undefined || noted.firsts.length !== pool.hosts.length || total < noted.total)
				firstShares.set(pool.pool, {at, total, firsts: pool.hosts.map((member) => member.first), next: null});
			else if (at - noted.at > SHARE_MS / 2 && noted.next === null)
				noted.next = {at, total, firsts: pool.hosts.map((member) => member.first), next: null};
			else if (noted.next !== null && at - noted.at > SHARE_MS)
				firstShares.set(pool.pool, noted.next);
		}
	}

	function sharesOf(pool) {
		const noted = firstShares.get(pool.pool);
		const total = pool.hosts.reduce((sum, member) => sum + member.first, 0);
		const isRecent = noted !== undefined && total - noted.total >= SHARE_LEAST;
		const counts = pool.hosts.map((member, i) => member.first - (isRecent ? noted.firsts[i] : 0));
		const sum = counts.reduce((a, b) => a + b, 0);

		return {counts, sum, since: isRecent ? noted.at : null};
	}

	function buildPools() {
		const wanted = table.pools.map((pool) => ({pool, hosts: pool.hosts}));
		const shown = new Set(table.pools.flatMap((pool) => pool.hosts.map((member) => member.host)));
		const others = table.hosts.filter((host) => !shown.has(host.row));
		const names = new Set();

		rowsOfHost = table.hosts.map(() => []);
		if (others.length > 0)
			wanted.push({
				pool: {row: -1, pool: "other routes", balance: null, on_backup: false,
					hosts: others.map((host) => ({host: host.row, priority: host.priority, weight: host.weight,
						effective: 0, first: host.first}))},
			});
		for (const {pool} of wanted) {
			names.add(pool.pool);
			buildSection(pool);
		}
		for (const [name, section] of sections) {
			if (names.has(name))
				continue;
			section.element.remove();
			sections.delete(name);
		}
		order(true);
		applyFilter();
	}

	function buildSection(pool) {
		let section = sections.get(pool.pool);

		if (section === undefined) {
			section = newSection(pool.pool);
			sections.set(pool.pool, section);
			$("pools").append(section.element);
		}
		section.pool = pool;
		section.rows = pool.hosts.map((member, place) => {
			const host = table.hosts[member.host];
			const row = section.byName.get(address(host)) || {name: address(host), element: null, section};

			row.place = place;
			row.host = member.host;
			section.byName.set(row.name, row);
			rowsOfHost[member.host].push(row);
			return row;
		});
		for (const [name, row] of section.byName) {
			if (section.rows.includes(row))
				continue;
			if (row.element !== null)
				row.element.remove();
			section.byName.delete(name);
		}
		summarizeSection(section);
		if (!section.isTouched)
			section.element.open = table.hosts.length <= MANY_HOSTS || section.sick > 0;
		if (section.element.open)
			fillSection(section);
	}

	function newSection(name) {
		const title = make("h3", {text: name});
		const counts = make("span", {class: "counts"});
		const about = make("span", {class: "about"});
		const summary = make("summary", {}, title, counts, about);
		const element = make("details", {class: "pool"}, summary);
		const section = {name, element, counts, about, body: null, byName: new Map(), rows: [], isTouched: false, sick: 0};

		summary.addEventListener("click", () => { section.isTouched = true; });
		element.addEventListener("toggle", () => {
			if (element.open)
				fillSection(section);
		});
		return section;
	}

	const columns = [
		["Host", "col-host"], ["State", "col-state"], ["Share", "col-share"], ["Pending", "number"], ["Usual time", "number"],
		["Last check", "nowrap"], ["Down", "nowrap"],
	];

	function newTable(section) {
		const head = make("tr", {role: "row"});
		const body = make("tbody", {role: "rowgroup"});

		for (const [text, name] of columns)
			head.append(make("th", {scope: "col", role: "columnheader", class: name || null, text}));
		if (hello.control)
			head.append(make("th", {scope: "col", role: "columnheader", class: "col-steer"}, make("span", {class: "hidden", text: "Change"})));
		section.element.append(make("table", {class: "hosts", role: "table"},
			make("caption", {class: "hidden", text: "Hosts of pool " + section.name}),
			make("thead", {role: "rowgroup"}, head), body));
		return body;
	}

	function fillSection(section) {
		if (section.body === null)
			section.body = newTable(section);
		section.rows.forEach((row, place) => {
			if (row.element === null)
				newRow(row);
			if (section.body.children[place] !== row.element)
				section.body.insertBefore(row.element, section.body.children[place] || null);
			showRow(row);
		});
	}

	function newRow(row) {
		const cell = (label, name, ...children) =>
			make("td", {role: "cell", class: name || null, "data-label": label}, ...children);

		/* A long name breaks in front of the port, if it has to. */
		const colon = row.name.startsWith("unix:") ? row.name.lastIndexOf("/") : row.name.lastIndexOf(":");
		const name = [row.name.slice(0, colon), make("wbr"), row.name.slice(colon)];

		row.role = make("span", {class: "sub"});
		row.badge = badge("up");
		row.for = make("span", {class: "sub"});
		row.words = make("span", {class: "words", dir: "auto"});
		row.fill = make("span");
		row.tick = make("i");
		row.bar = make("span", {class: "bar", "aria-hidden": "true"}, row.fill, row.tick);
		row.share = make("span", {class: "sub"});
		row.pending = make("span");
		row.usual = make("span");
		row.check = make("span");
		row.checked = make("span", {class: "sub"});
		row.downs = make("span");
		row.down = make("span", {class: "sub"});
		row.element = make("tr", {role: "row"},
			make("th", {scope: "row", role: "rowheader"}, ...name, row.role),
			cell(null, "col-state", row.badge, row.for, row.words),
			cell("Share", "col-share", row.bar, row.share),
			cell("Pending", "number", row.pending),
			cell("Usual time", "number", row.usual),
			cell("Last check", "nowrap", row.check, row.checked),
			cell("Down", "nowrap", row.downs, row.down));
		if (hello.control) {
			const button = make("button", {type: "button", class: "row", "aria-label": "Change " + row.name, text: "Change"});

			button.addEventListener("click", () => ask(table.hosts[row.host]));
			row.element.append(cell(null, "col-steer", button));
		}
	}

	function stateText(host) {
		/* Back and forth between deferred and trial is one outage. */
		const parts = [host.down_since ? "down for " + span(since(host.down_since)) : "for " + span(since(host.since))];

		if (host.until && Date.parse(host.until) > now())
			parts.push((host.state === "deferred" ? "next try in " : host.state === "spent" ? "room in its quota in " : "ends in ") + span(-since(host.until)));
		else if (host.state === "deferred")
			parts.push("to be tried with the next message");
		if (host.silent_since)
			parts.push("silent for " + span(since(host.silent_since)));
		if (host.busy_until && Date.parse(host.busy_until) > now())
			parts.push("busy");
		if (host.weight_percent !== 100)
			parts.push(host.weight_percent + " % of its weight" + (host.weight_until ? ", " + span(-since(host.weight_until)) + " left" : ""));
		if (host.waived_until)
			parts.push("maintenance waived until " + when(host.waived_until));
		if (host.quota)
			parts.push(host.quota.used + " of " + host.quota.limit + " " + host.quota.of + " in " + span(host.quota.per));
		if (host.drain_at)
			parts.push("drain planned at " + when(host.drain_at) + (host.drain_until ? " until " + when(host.drain_until) : "") + (host.drain_text ? ": " + host.drain_text : ""));
		return parts.join(", ");
	}

	function reasonText(host) {
		if (host.state === "up")
			return "";
		if (host.reason === "operator")
			return host.text ? "by an operator: " + host.text : "by an operator";
		return words(host.state === "trial" && host.down_reason ? host.down_reason : host.reason) + (host.text ? ": " + host.text : "");
	}

	function lastCheck(host) {
		const good = host.last_success ? Date.parse(host.last_success) : 0;
		const bad = host.last_failure ? Date.parse(host.last_failure) : 0;

		if (good === 0 && bad === 0)
			return {text: "none yet", result: ""};
		return {text: ago((now() - Math.max(good, bad)) / 1000), result: good > bad || (good === bad && host.state !== "deferred") ? "success" : "failure"};
	}

	function showTimesOf(row) {
		const host = table.hosts[row.host];
		const check = lastCheck(host);
		const down = host.downtime + (host.down_since ? (Date.now() - host.at) / 1000 : 0);

		put(row.for, stateText(host));
		put(row.check, check.text);
		put(row.checked, check.result);
		put(row.downs, host.outages === 0 ? "never" : plural(host.outages, "time"));
		put(row.down, host.outages === 0 ? "" : span(down));
	}

	function showShare(row) {
		const pool = row.section.pool;
		const member = pool.hosts[row.place];
		const tier = tierOf(pool, member);
		const shares = row.section.shares;
		const weights = tier.reduce((sum, other) => sum + other.weight, 0);
		const part = shares.sum === 0 ? 0 : shares.counts[row.place] / shares.sum;
		const wanted = member.weight / weights;

		if (pool.balance === null) {
			row.bar.hidden = true;
			put(row.share, plural(member.first, "message"));
			return;
		}
		row.fill.style.width = (100 * part).toFixed(1) + "%";
		row.tick.style.left = (100 * wanted).toFixed(1) + "%";
		row.tick.hidden = isBackup(pool, member);
		put(row.share, shares.sum === 0 ? "no message yet" : Math.round(100 * part) + " %" +
			(isBackup(pool, member) ? "" : ", by weight " + Math.round(100 * wanted) + " %"));
	}

	function showRow(row) {
		const host = table.hosts[row.host];
		const pool = row.section.pool;
		const member = pool.hosts[row.place];
		const isChanged = row.state !== undefined && row.state !== host.state;

		row.state = host.state;
		put(row.role, isBackup(pool, member) ? "priority " + member.priority + ", when none above is up" :
			pool.hosts.some((other) => other.weight !== member.weight) ? "weight " + member.weight : "");
		setBadge(row.badge, host.state);
		put(row.words, reasonText(host));
		put(row.pending, number(host.waiting));
		put(row.usual, host.usual === null ? "–" : host.usual.toFixed(host.usual < 10 ? 2 : 0) + " s");
		showShare(row);
		showTimesOf(row);
		if (isChanged) {
			row.element.classList.remove("just-changed");
			void row.element.offsetWidth;
			row.element.classList.add("just-changed");
		}
	}

	function summarizeSection(section) {
		const counts = {up: 0, deferred: 0, trial: 0, drained: 0, spent: 0};
		const pool = section.pool;

		for (const member of pool.hosts)
			counts[table.hosts[member.host].state]++;
		section.sick = pool.hosts.length - counts.up;
		section.shares = sharesOf(pool);
		const text = counts.up + " of " + pool.hosts.length + " up" +
			SICK.filter((state) => counts[state] > 0).map((state) => ", " + counts[state] + " " +
				(state === "trial" ? "on trial" : state)).join("");
		const level = counts.up === pool.hosts.length ? "up" : counts.up === 0 ? "deferred" : "trial";
		let mark = section.counts.firstChild;

		if (mark === null) {
			mark = badge("up");
			section.counts.append(mark);
		}
		if (mark.dataset.state !== level) {
			mark.dataset.state = level;
			mark.querySelector("use").setAttribute("href", "#icon-" + level);
		}
		put(mark.lastChild, text);
		put(section.about, (pool.on_backup ? "on its backup, " : "") + (pool.balance === null ? "pools in place" : pool.balance) +
			(section.shares.sum === 0 ? "" : ", " + plural(section.shares.sum, "message") +
				(section.shares.since === null ? "" : " since " + clock(new Date(section.shares.since)))));
	}

	function updateHost(host) {
		for (const row of rowsOfHost[host.row] || []) {
			const section = row.section;
			const before = section.sick;

			summarizeSection(section);
			if (row.element !== null && section.element.open)
				showRow(row);
			if (section.sick > before && !section.isTouched)
				section.element.open = true;
			if ((section.sick > 0) !== (before > 0))
				orderSoon();
		}
		if ($("only-sick").checked || $("filter").value !== "")
			filterSoon();
	}

	function updatePool(pool) {
		const section = sections.get(pool.pool);

		if (section === undefined)
			return;
		section.pool = pool;
		summarizeSection(section);
		if (section.element.open)
			section.rows.filter((row) => row.element !== null).forEach(showRow);
	}

	/* Pools with something wrong come first; while somebody is at them by keyboard, none moves. */
	function order(isNew) {
		const parent = $("pools");
		const list = [...sections.values()];

		if (!isNew && parent.contains(document.activeElement))
			return;
		list.sort((a, b) => (b.sick > 0) - (a.sick > 0) || (a.pool.row < 0) - (b.pool.row < 0) || a.pool.row - b.pool.row);
		if (table.hosts.length <= MANY_HOSTS)
			list.sort((a, b) => (a.pool.row < 0) - (b.pool.row < 0) || a.pool.row - b.pool.row);
		list.forEach((section, place) => {
			if (parent.children[place] !== section.element)
				parent.insertBefore(section.element, parent.children[place] || null);
		});
	}

	function soon(work, ms) {
		let timer = null;

		return () => {
			if (timer === null)
				timer = setTimeout(() => { timer = null; work(); }, ms);
		};
	}
	const orderSoon = soon(() => order(false), 500);

	/* ---- the filter */

	function matches(section, row, text, onlySick) {
		const host = table.hosts[row.host];

		if (onlySick && !isUnwell(host))
			return false;
		return text === "" || row.name.toLowerCase().includes(text) || section.name.toLowerCase().includes(text) ||
			host.state.includes(text) || (host.text || "").toLowerCase().includes(text);
	}

	function applyFilter() {
		const text = $("filter").value.trim().toLowerCase();
		const onlySick = $("only-sick").checked;
		const isOn = text !== "" || onlySick;
		let count = 0;

		for (const section of sections.values()) {
			const shown = section.rows.filter((row) => matches(section, row, text, onlySick));

			count += shown.length;
			section.element.hidden = isOn && shown.length === 0;
			if (isOn && shown.length > 0)
				section.element.open = true;
			else if (!isOn && !section.isTouched)
				section.element.open = table.hosts.length <= MANY_HOSTS || section.sick > 0;
			if (section.element.hidden)
				continue;
			if (section.element.open)
				fillSection(section);
			for (const row of section.rows)
				if (row.element !== null)
					row.element.hidden = isOn && !shown.includes(row);
		}
		put($("filter-note"), table.hosts.length === 0 ? "There are no hosts in the configuration." : !isOn ? "" : count === 0 ? "No host is so." : plural(count, "host") + " shown.");
	}
	const filterSoon = soon(applyFilter, 300);

	/* ---- changes */

	let eventsShown = EVENTS_SHOWN;
	const kinds = {
		start: "The daemon was started", reload: "Configuration reloaded", reload_failed: "Reload failed", drain: "drained",
		enable: "enabled", drain_ended: "end of the drain", deferred: "deferred", trial: "on trial", up: "up", spent: "quota spent", reset: "reset",
		elsewhere: "Mail goes elsewhere than it was routed",
	};
	/* What an operator has set: the state is as it was. */
	const settings = {
		weight: "weight", weight_ended: "weight", drain_planned: "drain planned", drain_cancelled: "planned drain cancelled",
		drain_dropped: "planned drain dropped, its time is over",
	};

	function eventItem(event) {
		const what = make("span", {class: "what"});
		const details = [];

		if (event.host === null) {
			what.append(make("strong", {text: kinds[event.event] || words(event.event)}));
		} else if (settings[event.event]) {
			what.append(make("strong", {text: address(event)}), make("span", {class: "sub", text: settings[event.event]}));
		} else {
			what.append(make("strong", {text: address(event)}), badge(event.to), make("span", {class: "sub", text: "was " + event.from}));
		}
		if (event.reason !== "none" && event.reason !== "operator")
			details.push(words(event.reason));
		/* What it said before it was well again is of the change before. */
		if (event.text && (settings[event.event] || (event.to !== "up" && event.to !== "trial")))
			details.push(event.event === "start" ? "version " + event.text : event.text);
		return make("li", {}, make("time", {datetime: event.time, title: event.time, text: when(event.time, true)}), what,
			details.length > 0 ? make("span", {class: "words", dir: "auto", text: details.join(": ")}) : null,
			event.by ? make("span", {class: "sub", text: "by " + event.by}) : null);
	}

	const hours = () => Number($("range").value);
	const inRange = () => {
		const from = now() - hours() * 3600000;

		return events.filter((event) => Date.parse(event.time) >= from);
	};

	function showEvents() {
		const list = inRange();
		const items = list.slice(-eventsShown).reverse();
		const old = new Map([...$("events").children].map((item) => [item.dataset.id, item]));

		$("events").replaceChildren(...items.map((event) => {
			const item = old.get(String(event.id)) || eventItem(event);

			item.dataset.id = event.id;
			return item;
		}));
		$("more-events").hidden = list.length <= eventsShown;
		put($("changes-note"), list.length === 0 ? "No change in that time." : plural(list.length, "change") + ".");
		showLanes(list);
	}
	const showEventsSoon = soon(showEvents, 50);

	/* One lane for each host that has changed: its states, as they followed one another. */
	function showLanes(list) {
		const names = [...new Set(list.filter((event) => event.host !== null).map(address).reverse())].slice(0, LANES_MAX);
		const end = now();
		const start = end - hours() * 3600000;
		const children = [];

		for (const name of names) {
			const lane = make("div", {class: "lane"});
			const changes = list.filter((event) => event.host !== null && address(event) === name);
			let at = start;
			let state = changes[0].from;
			const draw = (until) => {
				const part = make("span", {"data-state": state});

				part.style.left = (100 * (at - start) / (end - start)).toFixed(2) + "%";
				part.style.width = Math.max(0, 100 * (until - at) / (end - start)).toFixed(2) + "%";
				lane.append(part);
			};

			for (const change of changes) {
				draw(Date.parse(change.time));
				at = Date.parse(change.time);
				state = change.to;
			}
			draw(end);
			children.push(make("span", {class: "name", title: name, text: name}), lane);
		}
		if (children.length > 0)
			children.push(make("span"), make("div", {class: "axis"}, make("span", {text: when(new Date(start).toISOString())}),
				make("span", {text: "now"})));
		$("lanes").replaceChildren(...children);
	}

	/* For those who hear it: not each of very many. */
	let announced = [];
	const announceSoon = soon(() => {
		put($("announce"), announced.length > 3 ? plural(announced.length, "change") + " of hosts" : announced.join(". "));
		announced = [];
	}, 1000);
	function announce(event) {
		if (event.host === null || table.hosts.length === 0 || since(event.time) > 30)
			return;
		announced.push(settings[event.event] ? address(event) + ": " + settings[event.event] : address(event) + " is " + (event.to === "trial" ? "on trial" : event.to));
		announceSoon();
	}

	/* ---- deferred mail */

	function showDeferrals() {
		const list = deferrals.deferrals;
		const body = $("deferred-table").tBodies[0];

		put($("deferred-note"), list.length === 0 ? "No host has deferred a message since the daemon's start." :
			"The same replies together, since the daemon's start " + when(deferrals.since) + ".");
		$("deferred-all").hidden = list.length === 0;
		body.replaceChildren(...list.map((group) => {
			const cell = make("td", {role: "cell", class: "wide"}, make("span", {class: "words", dir: "auto", text: group.text || "(no word)"}));

			if (group.queue_id) {
				const button = make("button", {type: "button", class: "link", text: "Trace " + group.queue_id});

				button.addEventListener("click", () => traceOne(group.queue_id));
				cell.append(button);
			}
			return make("tr", {role: "row"}, make("th", {scope: "row", role: "rowheader", text: group.host}), cell,
				make("td", {role: "cell", class: "number", "data-label": "Deferred", text: number(group.deferred)}),
				make("td", {role: "cell", class: "number", "data-label": "To the next host", text: number(group.passed_on)}),
				make("td", {role: "cell", class: "nowrap", "data-label": "Last"},
					make("time", {datetime: group.last, title: group.last, text: when(group.last, true)})));
		}));
	}

	/* ---- rules */

	function buildRules() {
		$("rules-table").tBodies[0].replaceChildren(...table.rules.map((rule) => {
			const cell = (label, name, ...children) => make("td", {role: "cell", class: name, "data-label": label}, ...children);

			return make("tr", {role: "row"}, make("th", {scope: "row", role: "rowheader", text: rule.name},
				rule.mode === "shadow" ? make("span", {class: "sub", text: "shadow: only counts"}) : null),
			cell("Does", null, rule.does + (rule.tag ? ", tag " + rule.tag : "")), cell("Hits", "number", make("span")),
			cell("Last", "nowrap", make("span")), cell("Source", null, make("span", {class: "sub", text: rule.source.replace(/^.*\//, ""),
				title: rule.source})));
		}));
		$("rules-all").hidden = table.rules.length === 0;
		put($("rules-note"), table.rules.length === 0 ? "There are no rules: routes alone decide." :
			"Hits: messages for which the rule has held, since the daemon's start.");
		table.rules.forEach(updateRule);
	}

	function updateRule(rule) {
		const row = $("rules-table").tBodies[0].children[rule.row];

		if (row === undefined)
			return;
		put(row.children[2].firstChild, number(rule.hits));
		put(row.children[3].firstChild, rule.last_hit ? when(rule.last_hit, true) : "never");
	}

	/* ---- explain and trace */

	function showAsk() {
		const path = hello.control_socket.replace(/^unix:/, "");

		$("ask-forms").hidden = !hello.control;
		put($("ask-note"), hello.control ? "Answered by the code that serves the MTA. No turn is taken by it." :
			"This listener is for reading only. Explain, trace and the changing of hosts are for the control socket: " +
			"ssh -L 9797:" + path + " " + (hello.machine || "GATEWAY") + ", then http://localhost:9797/.");
	}

	async function get(path, parameters) {
		const query = new URLSearchParams(parameters);
		const answer = await fetch(path + "?" + query, {cache: "no-store"});
		const body = await answer.json();

		if (!answer.ok)
			throw new Error(body.error || "the daemon answers " + answer.status);
		return body;
	}

	/* PAIRS of a term and a text or element; those without are left out. */
	function facts(pairs) {
		const list = make("dl");

		for (const [term, value] of pairs) {
			if (value === null || value === undefined || value === "")
				continue;
			list.append(make("dt", {text: term}), value instanceof Node ? make("dd", {}, value) : make("dd", {text: value}));
		}
		return list;
	}

	function explained(plan) {
		const order = make("ol", {class: "numbered"});

		for (const host of plan.candidates)
			order.append(make("li", {}, make("span", {text: address(host) + " "}), badge(host.state)));
		return facts([
			["Recipient", plan.recipient],
			["Decided by", plan.rule ? "rule " + plan.rule : plan.match ? "route " + plan.match : "nothing: no route"],
			["Stands in", plan.source],
			["Action", plan.action + (plan.pool ? " " + plan.pool : "")],
			["Taken by", plan.takes && plan.takes !== plan.pool ? "pool " + plan.takes : null],
			["Tags", (plan.tags || []).join(", ")],
			["Hosts, in order", plan.candidates.length > 0 ? order : null],
			["Next hop", plan.nexthop ? make("code", {text: plan.nexthop}) : null],
			["Reply", plan.reply],
			["Milter", plan.doors && plan.doors.milter ? plan.doors.milter.does + (plan.doors.milter.with ? ": " + plan.doors.milter.with : "") : null],
			["Map", plan.doors && plan.doors.map ? plan.doors.map.map((asked) => asked.map + " " + asked.key + ": " + asked.reply).join("; ") : null],
		]);
	}

	function traced(attempt) {
		const said = make("ol");

		for (const word of attempt.words)
			said.append(make("li", {}, make("span", {class: "sub", text: when(word.time, true) + " " + (word.host || "") +
				(word.port ? ":" + word.port : "") + ", " + word.stage + ", " + words(word.outcome)}),
			make("span", {class: "words", dir: "auto", text: word.text || ""})));
		const at = attempt.now.at ? " " + attempt.now.at.host + (attempt.now.at.port ? ":" + attempt.now.at.port : "") : "";

		return facts([
			["Now", words(attempt.now.place) + (at ? (attempt.now.place === "waits" ? " for" : " by") + at : "") +
				(attempt.now.since ? ", " + when(attempt.now.since, true) : "")],
			["Pool", attempt.pool],
			["Decided by", attempt.rule ? "rule " + attempt.rule : null],
			["Stands in", attempt.source],
			["Chosen", attempt.chosen ? when(attempt.chosen, true) : "by no list of ours"],
			["Tries", attempt.tries],
			["Hosts, in order", attempt.candidates.map((host) => host === null ? "?" : address(host)).join(", ")],
			["What they said", attempt.words.length > 0 ? said : null],
			["Left the queue", attempt.left ? when(attempt.left, true) : null],
		]);
	}

	async function answer(form, target, work) {
		const button = form.querySelector("button");

		button.disabled = true;
		try {
			target.replaceChildren(...await work());
		} catch (error) {
			target.replaceChildren(make("p", {class: "wrong", text: error.message}));
		}
		button.disabled = false;
	}

	function explain(event) {
		const form = $("explain");
		const parameters = [];

		event.preventDefault();
		for (const recipient of form.recipient.value.split(/[\s,]+/).filter((text) => text !== ""))
			parameters.push(["recipient", recipient]);
		for (const name of ["sender", "client", "header"])
			if (form[name].value.trim() !== "")
				parameters.push([name, form[name].value.trim()]);
		answer(form, $("explain-answer"), async () => {
			const body = await get("v1/explain", parameters);

			return (body.recipients || [body]).map((plan) => explained({rule: body.rule, tags: body.tags, ...plan}));
		});
	}

	function trace(event) {
		const form = $("trace");

		if (event)
			event.preventDefault();
		answer(form, $("trace-answer"), async () => {
			const body = await get("v1/trace", [["queue_id", form.queue_id.value.trim()]]);

			return body.attempts.map(traced);
		});
	}

	function traceOne(id) {
		$("trace").queue_id.value = id;
		trace(null);
		$("trace").scrollIntoView({block: "start"});
		$("trace").queue_id.focus({preventScroll: true});
	}

	/* ---- what an operator does: each with a question first */

	const verbs = {
		drain: {label: "Drain: no new messages, but for those that have no other host", fields: ["for", "reason"]},
		enable: {label: "Enable: give it messages again", fields: []},
		reset: {label: "Reset: forget its failures", fields: []},
		weight: {label: "Weight: a part of its share for a while", fields: ["percent", "for", "reason"]},
	};
	let asked = null;

	function ask(host) {
		const list = $("steer-verbs");
		const offered = Object.keys(verbs).filter((verb) => hello.verbs.includes(verb));
		const chosen = host.state === "drained" ? "enable" : "drain";

		asked = host;
		list.replaceChildren(...offered.map((verb) => make("label", {class: "radio"},
			make("input", {type: "radio", name: "verb", value: verb, checked: verb === chosen}),
			make("span", {text: verbs[verb].label}))));
		put($("steer-title"), address(host));
		put($("steer-now"), "Now " + host.state + ", " + stateText(host) + "; " + number(host.waiting) + " pending.");
		put($("steer-wrong"), "");
		showQuestion();
		$("steer").showModal();
		list.querySelector("input:checked").focus();
	}

	function showQuestion() {
		const form = $("steer-form");
		const verb = form.verb.value;
		/* All of its weight is as configured, and has no end. */
		const isWhole = verb === "weight" && Number(form.percent.value) === 100;
		const fields = isWhole ? ["percent"] : verbs[verb].fields;
		const lasting = form.for.value === "" ? " until somebody ends it" : " for " + form.for.selectedOptions[0].textContent;

		for (const field of ["percent", "for", "reason"])
			$("field-" + field).hidden = !fields.includes(field);
		$("steer-fields").hidden = fields.length === 0;
		put($("steer-question"), (verb === "weight" ? "Give " + address(asked) + " " + form.percent.value + " % of its weight" :
			verb[0].toUpperCase() + verb.slice(1) + " " + address(asked)) + (fields.includes("for") ? lasting : "") + "?");
		put($("steer-do"), verb[0].toUpperCase() + verb.slice(1));
	}

	async function steer(event) {
		const form = $("steer-form");
		const verb = form.verb.value;
		const query = new URLSearchParams();

		event.preventDefault();
		for (const field of verbs[verb].fields)
			if (form[field].value !== "" && !$("field-" + field).hidden)
				query.append(field, form[field].value);
		$("steer-do").disabled = true;
		try {
			const reply = await fetch("v1/hosts/" + encodeURIComponent(address(asked)) + "/" + verb + "?" + query, {method: "POST"});
			const body = await reply.json();

			if (!reply.ok)
				throw new Error(body.error || "the daemon answers " + reply.status);
			$("steer").close();
			tellDone(address(asked) + " is " + body.hosts[0].state + " now." +
				(body.hosts[0].warnings || []).filter(Boolean).map((text) => " " + text + ".").join(""));
		} catch (error) {
			put($("steer-wrong"), error.message);
		}
		$("steer-do").disabled = false;
	}

	let doneTimer = null;
	function tellDone(text) {
		clearTimeout(doneTimer);
		put($("done"), text);
		doneTimer = setTimeout(() => put($("done"), ""), 15000);
	}

	/* ---- time goes on */

	function showTimes() {
		if (status !== null)
			put($("fact-log"), logText(status.log));
		if (hello !== null)
			put($("fact-daemon"), "up " + span(since(hello.started)));
	}

	function tick() {
		watchConnection();
		/* What is not fresh does not age before somebody's eyes as if it were. */
		if (lostSince !== null || document.hidden)
			return;
		showTimes();
		for (const section of sections.values())
			if (section.element.open && !section.element.hidden)
				for (const row of section.rows)
					if (row.element !== null && !row.element.hidden)
						showTimesOf(row);
	}

	$("filter").addEventListener("input", applyFilter);
	$("only-sick").addEventListener("change", applyFilter);
	$("tools").addEventListener("submit", (event) => event.preventDefault());
	$("range").addEventListener("change", () => { eventsShown = EVENTS_SHOWN; showEvents(); });
	$("more-events").addEventListener("click", () => { eventsShown += 50; showEvents(); });
	$("explain").addEventListener("submit", explain);
	$("trace").addEventListener("submit", trace);
	$("steer-form").addEventListener("submit", steer);
	$("steer-form").addEventListener("input", showQuestion);
	$("steer-cancel").addEventListener("click", () => $("steer").close());
	document.addEventListener("visibilitychange", tick);
	setInterval(tick, 1000);
	setInterval(() => { if (lostSince === null) showLanes(inRange()); }, 30000);
	showDeferrals();
	connect();
})();

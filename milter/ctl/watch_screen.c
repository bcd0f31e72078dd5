/* watch_screen: the terminal of milterctl watch, drawn by ncurses
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */

#include "ctl/watch_screen.h"
#include "config.h"

#include <assert.h>

#ifdef HAVE_NCURSES

#include <langinfo.h>
#include <locale.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include <wchar.h>

#include <curses.h>

enum {
	ESCAPE_MS = 200,
	BAR_COLUMNS = 105,
	SHARE_COLUMNS = 76,
	EVENTS_LINES = 10,
	SELECTED_LINES = 6
};

/* One row of the table: its columns' places. */
struct layout {
	int name;
	int since;
	bool has_bar;
	bool has_share;
};

static SCREEN *screen;
static bool has_colours;
static bool is_utf8;
static size_t top; /* the first row of the table that is seen */

bool watch_screen_is_built(void)
{
	return true;
}

static void begin_colours(void)
{
	const char *no_color = getenv("NO_COLOR");

	has_colours = (no_color == NULL || *no_color == '\0') && has_colors() &&
		      start_color() == OK && use_default_colors() == OK;
	if (!has_colours)
		return;
	init_pair(1 + WATCH_MODEL_DEFERRED, COLOR_RED, -1);
	init_pair(1 + WATCH_MODEL_TRIAL, COLOR_YELLOW, -1);
	init_pair(1 + WATCH_MODEL_DRAINED, COLOR_CYAN, -1);
	init_pair(1 + WATCH_MODEL_SPENT, COLOR_BLUE, -1);
	init_pair(1 + WATCH_MODEL_UNKNOWN, COLOR_MAGENTA, -1);
	init_pair(1 + WATCH_MODEL_UP, COLOR_GREEN, -1);
}

bool watch_screen_open(void)
{
	assert(screen == NULL);
	setlocale(LC_CTYPE, "");
	is_utf8 = strcmp(nl_langinfo(CODESET), "UTF-8") == 0;
	screen = newterm(NULL, stdout, stdin);
	if (screen == NULL)
		return false;
	set_term(screen);
	set_escdelay(ESCAPE_MS);
	cbreak();
	noecho();
	keypad(stdscr, TRUE);
	nodelay(stdscr, TRUE);
	curs_set(0);
	top = 0;
	begin_colours();
	return true;
}

void watch_screen_close(void)
{
	if (screen == NULL)
		return;
	endwin();
	delscreen(screen);
	screen = NULL;
}

/* ---- text */

/* The octets of the next character, and its columns: -1 of one that the terminal has not. */
static size_t next_character(const char *text, int *columns)
{
	mbstate_t state;
	wchar_t wide;
	size_t length;

	*columns = 1;
	if ((unsigned char)*text < 0x80)
		return 1;
	memset(&state, 0, sizeof(state));
	length = is_utf8 ? mbrtowc(&wide, text, MB_CUR_MAX, &state) : (size_t)-1;
	*columns = length == (size_t)-1 || length == (size_t)-2 ? -1 : wcwidth(wide);
	return *columns == -1 ? 1 : length;
}

/* At most WIDTH columns of TEXT, from X on. Gives how many octets that were. */
static size_t put_part(int y, int x, int width, const char *text)
{
	size_t at = 0;
	int used = 0;

	if (y < 0 || y >= LINES || x >= COLS)
		return 0;
	move(y, x);
	while (text[at] != '\0') {
		int columns;
		size_t length = next_character(text + at, &columns);
		int needed = columns == -1 ? 1 : columns;

		if (used + needed > width)
			break;
		if (columns == -1)
			addch('?');
		else
			addnstr(text + at, (int)length);
		used += needed;
		at += length;
	}
	return at;
}

/* The same; where it is cut, that is seen. */
static void put(int y, int x, int width, const char *text)
{
	width = width > COLS - x ? COLS - x : width;
	if (width > 0 && text[put_part(y, x, width, text)] != '\0')
		mvaddstr(y, x + width - 1, is_utf8 ? "\xe2\x80\xa6" : ">");
}

static int width_of(const char *text)
{
	int width = 0;

	while (*text != '\0') {
		int columns;

		text += next_character(text, &columns);
		width += columns == -1 ? 1 : columns;
	}
	return width;
}

static void put_right(int y, int x, int width, const char *text)
{
	int used = width_of(text);

	put(y, used < width ? x + width - used : x, width, text);
}

/* Attributes of what is there already. */
static void paint(int y, int x, int width, attr_t attributes, int tone)
{
	mvchgat(y, x, width, attributes, (short)(has_colours && tone != -1 ? 1 + tone : 0), NULL);
}

static void title(int y, const char *text)
{
	put(y, 0, COLS, text);
	paint(y, 0, -1, A_REVERSE, -1);
}

/* ---- the first lines */

/* Gives how many. */
static int draw_condition(const struct watch_screen_view *view)
{
	const struct watch_model *model = view->model;
	const char *text = view->trouble != NULL ? view->trouble : model->condition;
	int tone = view->trouble != NULL ? WATCH_MODEL_DEFERRED : (int)model->tone;
	time_t now = time(NULL);
	struct tm local;
	char right[64] = "", clock[16] = "";
	int width;
	size_t shown;

	if (localtime_r(&now, &local) != NULL)
		strftime(clock, sizeof(clock), "%H:%M:%S", &local);
	snprintf(right, sizeof(right), "%s  %s", model->version, clock);
	width = COLS - width_of(right) - 2;
	put_right(0, COLS - width_of(right), width_of(right), right);
	shown = put_part(0, 0, width, text);
	paint(0, 0, width, A_BOLD, tone);
	if (text[shown] == '\0' || LINES < EVENTS_LINES)
		return 1;
	put(1, 0, COLS, text + shown);
	paint(1, 0, -1, A_BOLD, tone);
	return 2;
}

/* ---- the table */

static void write_name(
	const struct watch_model *model, const struct watch_model_row *row, char *out, size_t size)
{
	if (row->is_pool)
		snprintf(out, size, "%s", row->pool);
	else if (model->order == WATCH_MODEL_BY_POOL)
		snprintf(out, size, "  %s", row->host);
	else
		snprintf(out, size, "%s (%s)", row->host, row->pool);
}

/* As wide as what is seen, within bounds. */
static struct layout lay_out(const struct watch_model *model, size_t lines)
{
	struct layout layout = {.name = 9,
		.since = 5,
		.has_bar = COLS >= BAR_COLUMNS,
		.has_share = COLS >= SHARE_COLUMNS};

	for (size_t i = top; i < top + lines && i < model->shown_count; i++) {
		const struct watch_model_row *row = watch_model_row(model, i);
		char name[WATCH_MODEL_POOL_MAX + ENDPOINT_TEXT_MAX + 8];
		int width;

		write_name(model, row, name, sizeof(name));
		width = width_of(name);
		layout.name = width > layout.name ? width : layout.name;
		width = width_of(row->since);
		layout.since = width > layout.since ? width : layout.since;
	}
	if (layout.name > COLS * 2 / 5)
		layout.name = COLS * 2 / 5;
	return layout;
}

static void draw_share(
	int y, int *x, const struct layout *layout, const char *bar, const char *text)
{
	if (layout->has_bar) {
		put(y, *x, WATCH_MODEL_BAR, bar);
		*x += WATCH_MODEL_BAR + 1;
	}
	if (layout->has_share) {
		put_right(y, *x, 5, text);
		*x += 6;
	}
}

static int draw_cells(int y, const struct layout *layout, const struct watch_model_row *row,
	const char *name, const char *share)
{
	int x = layout->name + 1;

	put(y, 0, layout->name, name);
	put(y, x, 8, row->state);
	x += 9;
	put(y, x, layout->since, row->since);
	x += layout->since + 1;
	draw_share(y, &x, layout, row->bar, share);
	put_right(y, x, 7, row->waiting);
	x += 8;
	if (layout->has_share) {
		put_right(y, x, 8, row->usual);
		x += 9;
	}
	put(y, x, COLS - x, row->text);
	return layout->name + 1;
}

static void draw_row(
	const struct watch_screen_view *view, int y, const struct layout *layout, size_t at)
{
	const struct watch_model_row *row = watch_model_row(view->model, at);
	attr_t attributes = at == view->model->selected ? A_REVERSE : A_NORMAL;
	char name[WATCH_MODEL_POOL_MAX + ENDPOINT_TEXT_MAX + 8];
	char share[16] = "-";
	int state;

	write_name(view->model, row, name, sizeof(name));
	if (row->is_pool) {
		put(y, 0, layout->name, name);
		put(y, layout->name + 1, COLS, row->text);
		paint(y, 0, -1, view->trouble == NULL ? A_BOLD : A_DIM, -1);
		return;
	}
	if (row->percent >= 0)
		snprintf(share, sizeof(share), "%d%%", row->percent);
	state = draw_cells(y, layout, row, name, share);
	if (view->trouble != NULL) {
		paint(y, 0, -1, attributes | A_DIM, -1);
		return;
	}
	paint(y, 0, -1, attributes, -1);
	paint(y, state, 8, attributes | A_BOLD, (int)row->tone);
}

static void draw_table(const struct watch_screen_view *view, int y, int lines)
{
	static const struct watch_model_row titles = {.state = "STATE",
		.since = "SINCE",
		.waiting = "WAITING",
		.usual = "USUAL",
		.bar = "OF LATE",
		.text = "WHY"};
	const struct watch_model *model = view->model;
	size_t room = lines > 1 ? (size_t)lines - 1 : 0;
	struct layout layout;

	if (room == 0)
		return;
	if (model->selected < top)
		top = model->selected;
	if (model->selected >= top + room)
		top = model->selected - room + 1;
	/* The name of the first pool stands above its first host. */
	if (top == 1 && room > 1)
		top = 0;
	if (top > 0 && top + room > model->shown_count)
		top = model->shown_count > room ? model->shown_count - room : 0;
	layout = lay_out(model, room);
	draw_cells(y, &layout, &titles, "POOL/HOST", "SHARE");
	paint(y, 0, -1, A_REVERSE, -1);
	for (size_t i = 0; i < room && top + i < model->shown_count; i++)
		draw_row(view, y + 1 + (int)i, &layout, top + i);
	if (model->shown_count == 0 && model->has_answer)
		put(y + 1, 0, COLS, *model->filter == '\0' ? "no pools" : "nothing matches");
}

static void draw_help(int y, int lines)
{
	static const char *const help[] = {
		"j k, arrows   select a host; page up and page down: ten of them",
		"d             drain the host: new messages no longer go to it. Asks first",
		"e             enable it: ends its drain or its back-off. Asks first",
		"w             give it another part of its weight, in percent. Asks first",
		"s             sort by pool, by state (what is wrong first), by host",
		"/             show but what contains a text; an empty text: all",
		"r             look at once",
		"q             quit",
		"",
		"SHARE         part of its pool's choices of late; | is what its weight gives it",
		"WAITING       messages that wait for it; USUAL: how long a delivery takes",
		"",
		"any key       back",
	};

	for (int i = 0; i < lines && i < (int)(sizeof(help) / sizeof(help[0])); i++)
		put(y + i, 0, COLS, help[i]);
}

/* ---- what is below */

/* All of it, where the table has cut it. */
static void draw_selected(const struct watch_model *model, int y)
{
	const struct watch_model_row *row = watch_model_selected(model);
	char text[2 * WATCH_MODEL_TEXT_MAX];

	if (row == NULL || row->is_pool)
		return;
	snprintf(text, sizeof(text), "%s in %s: %s%s%s", row->host, row->pool, row->state,
		*row->text == '\0' ? "" : ", ", row->text);
	put(y, 0, COLS, text);
	paint(y, 0, -1, A_BOLD, -1);
}

static void draw_events(const struct watch_model *model, int y, int lines)
{
	size_t count = model->event_count;
	size_t first = count > (size_t)lines ? count - (size_t)lines : 0;

	title(y, "EVENTS");
	for (size_t i = first; i < count; i++)
		put(y + 1 + (int)(i - first), 0, COLS, model->events[i]);
}

static void draw_last(const struct watch_screen_view *view)
{
	static const char *const orders[] = {"pool", "state", "host"};
	const struct watch_model *model = view->model;
	char text[WATCH_MODEL_FILTER_MAX + 128];

	if (view->line != NULL) {
		put(LINES - 1, 0, COLS, view->line);
		paint(LINES - 1, 0, -1, A_BOLD, -1);
		return;
	}
	snprintf(text, sizeof(text),
		"q quit  ? help  d drain  e enable  w weight  s sort: %s  / filter%s%s  r refresh",
		orders[model->order], *model->filter == '\0' ? "" : ": ", model->filter);
	put(LINES - 1, 0, COLS, text);
}

void watch_screen_draw(const struct watch_screen_view *view)
{
	int used, events = 0, table;

	erase();
	used = draw_condition(view);
	if (LINES >= EVENTS_LINES)
		events = (LINES - 6) / 3;
	/* The title of the events, the line of the host that is selected, and the last line. */
	table = LINES - used - (events > 0 ? events + 1 : 0) - (LINES >= SELECTED_LINES) - 1;
	if (view->is_help)
		draw_help(used, LINES - used - 1);
	else
		draw_table(view, used, table);
	if (LINES >= SELECTED_LINES && !view->is_help)
		draw_selected(view->model, used + table);
	if (events > 0 && !view->is_help)
		draw_events(view->model, used + table + 1, events);
	if (LINES > used)
		draw_last(view);
	refresh();
}

/* ---- keys */

int watch_screen_key(int ms)
{
	static const struct {
		int curses;
		int key;
	} keys[] = {
		{ERR, WATCH_SCREEN_NOTHING},
		{KEY_RESIZE, WATCH_SCREEN_NOTHING},
		{KEY_UP, WATCH_SCREEN_UP},
		{KEY_DOWN, WATCH_SCREEN_DOWN},
		{KEY_PPAGE, WATCH_SCREEN_PAGE_UP},
		{KEY_NPAGE, WATCH_SCREEN_PAGE_DOWN},
		{KEY_ENTER, WATCH_SCREEN_ENTER},
		{'\n', WATCH_SCREEN_ENTER},
		{'\r', WATCH_SCREEN_ENTER},
		{KEY_BACKSPACE, WATCH_SCREEN_BACKSPACE},
		{'\b', WATCH_SCREEN_BACKSPACE},
		{0x7f, WATCH_SCREEN_BACKSPACE},
		{0x1b, WATCH_SCREEN_ESCAPE},
	};
	struct pollfd input = {.fd = STDIN_FILENO, .events = POLLIN};
	int got = getch();

	if (got == ERR) {
		if (poll(&input, 1, ms < 0 ? 0 : ms) == 1 && (input.revents & ~POLLIN) != 0)
			return WATCH_SCREEN_GONE;
		got = getch();
	}
	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++)
		if (keys[i].curses == got)
			return keys[i].key;
	return got <= 0xff ? got : WATCH_SCREEN_NOTHING;
}

#else

bool watch_screen_is_built(void)
{
	return false;
}

bool watch_screen_open(void)
{
	return false;
}

void watch_screen_close(void)
{
}

void watch_screen_draw(const struct watch_screen_view *view)
{
	(void)view;
	assert(!"no screen is open");
}

int watch_screen_key(int ms)
{
	(void)ms;
	return WATCH_SCREEN_GONE;
}

#endif

/* watch_screen: the terminal of milterctl watch, drawn by ncurses
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */
#ifndef CTL_WATCH_SCREEN_H
#define CTL_WATCH_SCREEN_H

#include <stdbool.h>

#include "ctl/watch_model.h"

/*
 * There is one screen. Only what has changed goes to the terminal, and no colours if NO_COLOR is set.
 * Characters that it has not are shown as "?".
 *
 * Limits: SIGTSTP is left to ncurses, which restores the terminal and draws it again; the signals that
 * end the process are the caller's, who closes the screen then.
 */

/* Keys that are no octet. */
enum {
	WATCH_SCREEN_NOTHING = -1, /* nothing was pressed, or the screen has another size */
	WATCH_SCREEN_GONE = -2,	   /* the terminal has hung up */
	WATCH_SCREEN_UP = 1000,
	WATCH_SCREEN_DOWN = 1001,
	WATCH_SCREEN_PAGE_UP = 1002,
	WATCH_SCREEN_PAGE_DOWN = 1003,
	WATCH_SCREEN_ENTER = 1004,
	WATCH_SCREEN_BACKSPACE = 1005,
	WATCH_SCREEN_ESCAPE = 1006,
	WATCH_SCREEN_PAGE = 10, /* hosts */
};

struct watch_screen_view {
	const struct watch_model *model;
	const char *trouble; /* why the model is old; NULL: it is not */
	const char *line;    /* the last one; NULL: what keys there are */
	bool is_help;	     /* the keys, in the place of the table */
};

/* False without ncurses: then there is none of what follows. */
bool watch_screen_is_built(void);

/* False if the terminal is not known. */
bool watch_screen_open(void);

/* Gives the terminal back as it was. */
void watch_screen_close(void);

void watch_screen_draw(const struct watch_screen_view *view);

/* The next key, waited for at most MS. A signal may end the waiting. */
int watch_screen_key(int ms);

#endif

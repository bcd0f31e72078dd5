/* sockets: where the daemon can be reached: sockets made, permitted and removed
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */
#ifndef SOCKETS_H
#define SOCKETS_H

#include <stddef.h>
#include <sys/types.h>

#include "conf/conf.h"

/*
 * All sockets that listen are made here, but for the milter's: libmilter makes that one
 * (doors/milter_socket.h). What "unix:/path" and "inet:PORT@ADDRESS" may be is said in
 * conf_address.h.
 */

struct listeners {
	char *milter_path; /* of Unix sockets that were made; NULL: none */
	char *map_path;
	char *secret_path;
	char *control_path;
	char *pid_path;
	int map_fd; /* -1: none */
	int secret_fd;
	int control_fd;
	int status_fd; /* -1: none */
};

/*
 * Makes sockets and process number file as the user that the process is; nothing is read from a
 * socket yet. Gives 0, or -1 with the reason in ERROR of SIZE octets: then nothing of it is left.
 * The umask is 077 afterwards, and no other thread may make files meanwhile.
 */
int sockets_open(struct listeners *listeners, const struct conf *conf, char *error, size_t size);

/* Removes the milter socket's path: new connections go nowhere. */
void sockets_remove_milter(struct listeners *listeners);

/* Removes all paths that were made, each once. */
void sockets_remove(struct listeners *listeners);

#endif

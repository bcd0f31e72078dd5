/* help: what a verb of milterctl does, with its options and an example
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */

#include "ctl/help.h"
#include "ctl/arguments.h"

#include <string.h>

static const struct page {
	const char *verb;
	const char *text;
	const char *example;
} pages[] = {
	{"status",
		"Whether all is well, and if not, what is wrong and what to do about it; then the\n"
		"sockets, the last reload and the counters. Status 1 if anything is wrong.",
		"milterctl status"},
	{"check-health",
		"The same judgement in one line, in the manner of monitoring plugins: status 0 "
		"ok,\n"
		"1 degraded, 2 failed or no daemon, 3 not known.",
		"milterctl check-health"},
	{"pools",
		"Each pool with its hosts, their states, and how many messages each was first for.",
		"milterctl pools"},
	{"hosts", "Each host once, whatever pools it is in: its state, how long still, and why.",
		"milterctl hosts"},
	{"routes", "All routes, or those whose match contains PATTERN, with file and line.",
		"milterctl routes example.com"},
	{"rules", "The rules in the order in which they are tried, and how often each has held.",
		"milterctl rules"},
	{"explain",
		"What would become of the next message to ADDRESS: the rule or route that decides, "
		"the\n"
		"hosts in the order in which they would be tried, and what the MTA would get. "
		"The\n"
		"code that decides about real messages is run. Several addresses are the "
		"recipients\n"
		"of one message. Nothing advances. With rules, say what they look at:",
		"milterctl explain user@example.com --client 192.0.2.7 --header 'Precedence: "
		"bulk'"},
	{"simulate",
		"How N messages to ADDRESS would spread over the hosts, or the messages of a "
		"mailbox.\n"
		"Nothing advances.",
		"milterctl simulate 100 user@example.com"},
	{"events", "The last changes of hosts and of the configuration, with who made them.",
		"milterctl events --follow"},
	{"watch",
		"All is seen as it changes: the daemon's condition, each pool with its hosts, what "
		"waits\n"
		"for them, their part of the messages, and the last events. Keys select, sort, "
		"filter,\n"
		"drain and enable; ? lists them. A daemon that goes is waited for.",
		"milterctl watch"},
	{"trace",
		"What was chosen for the message of that queue "
		"id, and by which line; what each host\n"
		"has said since, and whose fault that was; where "
		"the message is now. Status 1 if it is\n"
		"not known.",
		"milterctl trace 4bXyZ01234z9QJ"},
	{"weight",
		"The host gets another part of the messages, in all its pools: 50% of its weight, say. At 0% "
		"it\n"
		"comes after those that are up. 100% is as configured again. Without a percent the answer is "
		"which\n"
		"it has.",
		"milterctl weight mx1.example.com 50% --for 1h"},
	{"drain",
		"New messages no longer go to these hosts, until they are enabled again. What was "
		"routed\n"
		"before may still go to them: the answer shows how much is pending. A pool that has "
		"no\n"
		"other host goes on using them, and the answer warns of it. With --at the drain "
		"begins\n"
		"then, and --for counts from there; enable cancels it.",
		"milterctl drain mx1.example.com --for 2h --reason 'new disks'"},
	{"enable",
		"Ends the drain of these hosts, and cancels one that is planned. A host whose last "
		"word was\n"
		"a failure is on trial then: the next message, or probe, decides. The others are up, "
		"unchecked.",
		"milterctl enable mx1.example.com"},
	{"reset", "Forgets what is remembered of these hosts: they count as up. A drain stays.",
		"milterctl reset mx1.example.com"},
	{"flush",
		"Has the MTA try again the messages of POOL that were put off: for when a host is "
		"back.\n"
		"The daemon lists them; postqueue -i, or sendmail -qI, is run for each as "
		"you, the\n"
		"oldest first and so many a second. It stops if no host is up or on trial. Status "
		"1 if\n"
		"any failed. With --follow it does so whenever a host is back, for pools with\n"
		"on_recovery = \"flush\".",
		"milterctl flush exchange --rate 2"},
	{"debug",
		"Has the daemon write one line of its log for each message, with its route and its "
		"list,\n"
		"for a time of at most a day; \"off\" ends that. A restart ends it, too.",
		"milterctl debug --for 10m"},
	{"reload",
		"Reads the configuration again. Any fault, and nothing changes: all faults are "
		"printed.\n"
		"One that removes all routes, or more than half of ten or more, requires "
		"--force.",
		"milterctl reload"},
	{"check",
		"Says whether the daemon would start with that configuration. Every fault is "
		"printed.",
		"milterctl check /etc/nexthop-milter/routes.cfg"},
	{"diff",
		"What the configuration NEW does in another "
		"way than OLD: whose mail goes elsewhere, what\n"
		"has become of pools, hosts and rules, and which "
		"settings differ, each with its lines.\n"
		"Status 0: nothing; 1: something; 2: a file has faults, all of which are printed.",
		"milterctl diff /etc/nexthop-milter/routes.cfg routes.new"},
	{"export",
		"The routes of FILE, or of the installed configuration, as a static table: a "
		"fallback\n"
		"for when the daemon is away. Comments in front say how to use it, and what it "
		"cannot\n"
		"say. postfix: transport(5). sendmail: a mailertable. esa: SMTP routes of "
		"AsyncOS.\n"
		"postfix-tls, postfix-sasl: the keys by which Postfix looks up TLS policy and "
		"password\n"
		"of each host, all in comments.",
		"milterctl export postfix >/etc/postfix/nexthop_transport"},
	{"doctor",
		"Looks at configuration, daemon, MTA and log as they stand, and reports what is "
		"wrong, in\n"
		"order of harm, with the commands that mend it. Nothing is changed without --fix "
		"--yes.\n"
		"Status 1 if anything is wrong. Run it as root: then it tries what Postfix's user "
		"can do.",
		"milterctl doctor --fix"},
	{"parse-log",
		"What the lines of an MTA's log say of hosts, and whose fault it was. Standard "
		"input, if\n"
		"there is no FILE.",
		"milterctl parse-log /var/log/mail.log"},
	{"import",
		"Another program's routes as a whole routes.cfg, with what could not be carried "
		"over as\n"
		"comments. Nothing is changed and nothing is written if there is a fault: every "
		"fault is\n"
		"printed with its file and line. FILE may be \"-\".",
		"milterctl import esa smtproutes.txt --output routes.cfg"},
	{"state", "What a state file holds: rotation and health of hosts.",
		"milterctl state /var/lib/nexthop-milter/state"},
};

void help_print(const struct verb *verb, FILE *to)
{
	const struct page *page = NULL;

	for (size_t i = 0; i < sizeof(pages) / sizeof(pages[0]); i++)
		if (strcmp(pages[i].verb, verb->name) == 0)
			page = &pages[i];
	verbs_print_usage(verb, to);
	if (page != NULL)
		fprintf(to, "\n%s\n", page->text);
	if (verb->options != 0)
		fprintf(to, "\n");
	arguments_print_options(verb, to);
	if (page != NULL)
		fprintf(to, "\nExample: %s\n", page->example);
	fprintf(to, "\nmilterctl(1) has the details.\n");
}

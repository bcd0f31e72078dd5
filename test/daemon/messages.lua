-- messages: recipients, the header, several messages on one connection, aborts
--
-- SPDX-License-Identifier: BSD-2-Clause
-- Copyright (c) 2026 the nexthop-milter authors

dofile(checks)

function open()
	connection = connect()
	mt.negotiate(connection, nil, nil, nil)
end

-- miltertest adds up what it is told over all messages of a connection: what must not be said is
-- looked for on a new one.
function reopen()
	mt.disconnect(connection)
	open()
end

open()
equal("recipient of a pool", recipient(connection, "a@example.com"), SMFIR_CONTINUE)
equal("second recipient of a pool", recipient(connection, "b@example.com"), SMFIR_CONTINUE)
equal("end of message", finish(connection), SMFIR_CONTINUE)
first = route(connection)
check("the header names both hosts", first == "smtp:[192.0.2.1],[192.0.2.2]", first)
check("the header is deleted again", mt.eom_check(connection, MT_HDRDELETE, "X-Nexthop-Route"))
check("no other header is touched", not mt.eom_check(connection, MT_HDRADD))

equal("next message: recipient", recipient(connection, "a@example.com"), SMFIR_CONTINUE)
equal("next message: end", finish(connection), SMFIR_CONTINUE)
equal("next message: the other host is first", route(connection), "smtp:[192.0.2.2],[192.0.2.1]")

equal("reject", recipient(connection, "a@gone.example"), SMFIR_REPLYCODE)
equal("defer", recipient(connection, "a@later.example"), SMFIR_REPLYCODE)
reopen()
equal("no route", recipient(connection, "a@elsewhere.example"), SMFIR_CONTINUE)
equal("no route: end", finish(connection), SMFIR_CONTINUE)
check("no route: no header", not mt.eom_check(connection, MT_HDRINSERT))

equal("dns", recipient(connection, "a@dns.example"), SMFIR_CONTINUE)
equal("dns: end", finish(connection), SMFIR_CONTINUE)
check("dns: no header", not mt.eom_check(connection, MT_HDRINSERT))

equal("discard", recipient(connection, "a@void.example"), SMFIR_CONTINUE)
equal("discard: end", finish(connection), SMFIR_DISCARD)

reopen()
equal("split: one", recipient(connection, "a@void.example"), SMFIR_CONTINUE)
equal("split: other", recipient(connection, "a@example.com"), SMFIR_REPLYCODE)
equal("split: end", finish(connection), SMFIR_DISCARD)
check("split: no header", not mt.eom_check(connection, MT_HDRINSERT))

-- What an aborted message had is forgotten, and it has taken no turn.
equal("aborted: recipient", recipient(connection, "a@void.example"), SMFIR_CONTINUE)
mt.abort(connection)
equal("after an abort: recipient", recipient(connection, "a@example.com"), SMFIR_CONTINUE)
mt.abort(connection)
equal("after two aborts: recipient", recipient(connection, "a@example.com"), SMFIR_CONTINUE)
equal("after two aborts: end", finish(connection), SMFIR_CONTINUE)
equal("after two aborts: the turn is the next", route(connection), "smtp:[192.0.2.1],[192.0.2.2]")

-- A message without a route: nothing is changed, no matter what the client sends.
reopen()
recipient(connection, "a@elsewhere.example")
check("headers are not asked for", mt.test_option(connection, SMFIP_NOHDRS))
mt.eom(connection)
check("no header is deleted", not mt.eom_check(connection, MT_HDRDELETE, "X-Nexthop-Route"))

-- A connection that is dropped in the middle of a message.
recipient(connection, "a@example.com")
mt.disconnect(connection, false)

open()
equal("another connection: recipient", recipient(connection, "a@example.com"), SMFIR_CONTINUE)
equal("another connection: end", finish(connection), SMFIR_CONTINUE)
equal("another connection: the turn goes on", route(connection), "smtp:[192.0.2.2],[192.0.2.1]")
mt.disconnect(connection)

print("done")

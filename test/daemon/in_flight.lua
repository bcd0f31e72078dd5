-- in_flight: a message that is under way while the daemon is told to stop
--
-- SPDX-License-Identifier: BSD-2-Clause
-- Copyright (c) 2026 the nexthop-milter authors
-- Wants: reached, go: two fifos. Writes to the first, then waits for a line from the second.

dofile(checks)

function meet()
	local file = io.open(reached, "w")
	file:write("here\n")
	file:close()
	file = io.open(go, "r")
	file:read()
	file:close()
end

busy = connect()
mt.negotiate(busy, nil, nil, nil)
idle = connect()
mt.negotiate(idle, nil, nil, nil)
equal("a message begins", recipient(busy, "a@example.com"), SMFIR_CONTINUE)
meet()
equal("it may have another recipient", recipient(busy, "b@example.com"), SMFIR_CONTINUE)
equal("a new message is put off", recipient(idle, "a@example.com"), SMFIR_REPLYCODE)
meet()
equal("the message ends", finish(busy), SMFIR_CONTINUE)
check("and is routed", route(busy) ~= nil)
mt.disconnect(busy)
mt.disconnect(idle)

print("done")

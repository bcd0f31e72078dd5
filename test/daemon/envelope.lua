-- envelope: sends one message to the addresses in the file RECIPIENTS; prints what becomes of it
--
-- SPDX-License-Identifier: BSD-2-Clause
-- Copyright (c) 2026 the nexthop-milter authors
-- Prints "rcpt ANSWER" for each address, then "end ANSWER NEXTHOP" if one was taken.

dofile(checks)

words = { [SMFIR_CONTINUE] = "taken", [SMFIR_REPLYCODE] = "refused", [SMFIR_DISCARD] = "discarded" }

connection = connect()
mt.negotiate(connection, nil, nil, nil)
mail_from(connection, sender or "s@client.example")
taken = 0
for address in io.lines(recipients) do
	answer = words[recipient(connection, address)] or "failed"
	print("rcpt " .. answer)
	if answer == "taken" then
		taken = taken + 1
	end
end
if taken > 0 then
	answer = words[finish(connection)] or "failed"
	print("end " .. answer .. " " .. tostring(route(connection)))
end
mt.disconnect(connection)

print("done")

-- checks: results of a miltertest script, one line each
--
-- SPDX-License-Identifier: BSD-2-Clause
-- Copyright (c) 2026 the nexthop-milter authors
--
-- miltertest ends with status 0 even when a script breaks off: the script that runs these wants the
-- line "done" at the end.

function check(what, passed, seen)
	print((passed and "ok - " or "not ok - ") .. what)
	if not passed and seen ~= nil then
		print("# got: " .. tostring(seen))
	end
end

function equal(what, got, wanted)
	check(what, got == wanted, got)
end

function connect()
	local connection = mt.connect(socket)
	if connection == nil then
		error("cannot connect")
	end
	return connection
end

-- The sender, if the milter wants to hear of it: without MAIL, no RCPT then.
function mail_from(connection, address)
	if mt.test_option(connection, SMFIP_NOMAIL) == false then
		mt.mailfrom(connection, "<" .. address .. ">")
	end
end

-- One recipient; gives what the milter answers, and the text of a refusal if there is one.
function recipient(connection, address)
	mt.macro(connection, SMFIC_RCPT, "i", queue_id or "TEST1")
	if mt.rcptto(connection, "<" .. address .. ">") ~= nil then
		return "failed"
	end
	return mt.getreply(connection)
end

-- Header, body and end of a message; gives the answer to the end.
function finish(connection)
	if mt.test_option(connection, SMFIP_NODATA) == false then
		mt.data(connection)
	end
	if mt.test_option(connection, SMFIP_NOHDRS) == false then
		mt.header(connection, "Subject", "test")
	end
	if mt.eom(connection) ~= nil then
		return "failed"
	end
	return mt.getreply(connection)
end

function route(connection)
	return mt.getheader(connection, "X-Nexthop-Route", 0)
end

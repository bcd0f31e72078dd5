#!/bin/bash
# daemon_events: milterctl events --follow --exec: one command for each event, from now on
#
# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026 the nexthop-milter authors

. "${srcdir:-.}/test/lib/load.sh" || exit 99

world_open
daemon_make
daemon_routes <<END
pools = { a = { hosts = ( { host = "192.0.2.1"; }, { host = "192.0.2.2"; } ); }; };
routes = ( { match = "ALL"; pool = "a"; } );
END
daemon_start
quietly ctl drain 192.0.2.1 --reason "before"

alerts=$world/alerts
export ALERTS=$alerts
cat >"$world/alert" <<'END'
#!/bin/sh
# Two at a time would be seen here.
echo "begin $NEXTHOP_EVENT $NEXTHOP_HOST:$NEXTHOP_PORT $NEXTHOP_FROM->$NEXTHOP_TO $NEXTHOP_REASON $NEXTHOP_TEXT" >>"$ALERTS"
echo "end $NEXTHOP_ID" >>"$ALERTS"
[ "$NEXTHOP_TEXT" != fail ] || exit 7
END
chmod +x "$world/alert"
: >"$alerts"
alerts_are() { # COUNT
	[ "$(count_lines "$alerts" '^end ')" = "$1" ]
}

is "--exec requires --follow" "$(ctl events --exec true 2>&1 >/dev/null | head -n 1)" "milterctl: --exec requires --follow"
ctl_start alert events --follow --exec "$world/alert"
ok "what was before is shown" wait_for line_is_in "$world/alert.log" 'reason=operator.*before'
is "but no command is run for it" "$(cat "$alerts")" ""

quietly ctl drain 192.0.2.2 --reason 'it'\''s "$(touch pwned)" time'
ok "a drain: one command" wait_for alerts_are 1
is "a drain: with all of it, as it is" "$(head -n 1 "$alerts")" \
	"begin drain 192.0.2.2:25 up->drained operator it's \"\$(touch pwned)\" time"
quietly ctl enable 192.0.2.1 192.0.2.2
quietly ctl drain 192.0.2.1 --reason fail
quietly ctl drain 192.0.2.2 --reason after
ok "four more, and one fails: the next is run all the same" wait_for alerts_are 5
ok "the failure is said, with the event" wait_for line_is_in "$world/alert.log" \
	'^milterctl: event [0-9]+: the command failed, exit status 7$'
is "one after another" "$(cut -d ' ' -f 1 "$alerts" | uniq -c | awk '$1 > 1')" ""
is "in order, each once" "$(sed -n 's/^end //p' "$alerts")" "$(sed -n 's/^end //p' "$alerts" | sort -nu)"

daemon_stop
daemon_start
ok "a restart of the daemon is an event" wait_for line_is_in "$alerts" '^begin start '
quietly ctl enable 192.0.2.1
ok "it goes on after that" wait_for line_is_in "$alerts" '^begin enable 192.0.2.1:25 drained->up'
is "nothing was run twice" "$(sed -n 's/^end //p' "$alerts" | sort -n | uniq -d)" ""
status=0
process_stop alert || status=$?
is "until interrupted" "$status" 143

# ---- the examples: for what is an alarm, and for nothing else

cat >"$world/sendmail" <<END
#!/bin/sh
{ echo "arguments: \$*"; cat; } >>"$world/mail"
END
chmod +x "$world/sendmail"
touch "$world/mail" "$world/chat"
cat >"$world/hook.py" <<'END'
import http.server
import sys


class Hook(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        with open(sys.argv[1], "ab") as file:
            file.write(body)
        self.send_response(200)
        self.end_headers()


server = http.server.HTTPServer((sys.argv[2], 0), Hook)
print(server.server_port, flush=True)
server.serve_forever()
END
process_start hook python3 "$world/hook.py" "$world/chat" "$world_net.1"
ok "a webhook listens" wait_for line_is_in "$world/hook.log" '^[0-9]+$'
TO=postmaster SENDMAIL=$world/sendmail ctl_start mailing events --follow --exec "$srcdir/etc/alert/alert-mail"
URL=http://$world_net.1:$(head -n 1 "$world/hook.log")/ \
	ctl_start chatting events --follow --exec "$srcdir/etc/alert/alert-chat"
wait_for line_is_in "$world/mailing.log" enable
wait_for line_is_in "$world/chatting.log" enable
quietly ctl drain 192.0.2.1 --reason "no alarm"
echo 'no_such_setting = 1;' >>"$daemon/routes.cfg"
ok "a reload fails" not quietly ctl reload
ok "mail: that is an alarm" wait_for line_is_in "$world/mail" '^Subject: nexthop-milter on .*: reload_failed$'
is "mail: one, to whom it is to go" "$(grep '^arguments' "$world/mail")" "arguments: -i -- postmaster"
contains "mail: with the fault" "$(cat "$world/mail")" "routes.cfg"
ok "chat: the same" wait_for line_is_in "$world/chat" reload_failed
contains "chat: one line, with the fault" "$(jq -r .text "$world/chat")" "routes.cfg"
is "nothing was said of them" "$(cat "$world/mailing.log" "$world/chatting.log" | grep '^milterctl')" ""
daemon_end
tap_done

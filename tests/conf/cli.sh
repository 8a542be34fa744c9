#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# cli.sh: what the daemon says on the terminal of whoever checks a configuration or starts it with a mistake.
set -u
ringtail=$(cd "${RINGTAIL_BUILDDIR:-.}" && pwd)/src/ringtail/ringtail
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
cd "$work" || exit 1
bad=0

# is STATUS TEXT COMMAND...: both outputs together, the name of the folder left out
is() {
	local want=$1 text=$2 got status
	shift 2
	got=$("$@" 2>&1)
	status=$?
	got=${got//"$work/"/}
	if [ $status != "$want" ] || [ "$got" != "$text" ]; then
		printf 'not ok: %s: status %d instead of %d\n--- want\n%s\n--- got\n%s\n' "$*" $status "$want" "$text" "$got"
		bad=1
	fi
}

rule='it must be a regular file of ours without any bit for group or others'
cat > ok.conf << END
path pre_shared_key "$work/psk.txt";
remote anonymous { }
sainfo anonymous { }
END
sed 's/sainfo/sainfoo/' ok.conf > typo.conf

is 1 'none.conf: error: cannot read the configuration: no such file
none.conf: 1 error, 0 warnings' "$ringtail" -t -f none.conf
is 1 "typo.conf:3:1: error: unknown directive 'sainfoo' in the top level (did you mean 'sainfo'?)
typo.conf: 1 error, 0 warnings" "$ringtail" -t -f typo.conf
is 1 "ok.conf:1: error: cannot use psk.txt: not found; $rule
ok.conf: 1 error, 0 warnings" "$ringtail" -t -f ok.conf

printf '192.0.2.1 key\n#192.0.2.2 key\n\n*\t0x0102\n' > psk.txt
chmod 644 psk.txt
is 1 "ok.conf:1: error: cannot use psk.txt: not permitted; $rule
ok.conf: 1 error, 0 warnings" "$ringtail" -t -f ok.conf
chmod 600 psk.txt
is 0 'ok.conf: 0 errors, 0 warnings' "$ringtail" -t -f ok.conf

printf '192.0.2.1 "key"\n192.0.2.2\n #3 key\n192.0.2.4 0x1\n192.0.2.5 key \n192.0.2.6 key\r\n192.0.2.7 %01024d\n' 0 > psk.txt
is 0 'psk.txt:1: warning: the quotes are part of the key
psk.txt:2: warning: an identity without a key: the line is passed over
psk.txt:3: warning: a comment begins in the first column: this is an identity with a # in front
psk.txt:4: warning: behind 0x there must be an even number of hexadecimal digits: this key cannot be used
psk.txt:5: warning: the blanks at the end are part of the key
psk.txt:6: warning: the carriage return at the end is part of the key
psk.txt:7: warning: more than 1023 bytes: racoon would break this line up
ok.conf: 0 errors, 7 warnings' "$ringtail" -t -f ok.conf

# in the background, too, the reason comes to the terminal and not to the log alone
is 1 "ringtail: typo.conf:3:1: error: unknown directive 'sainfoo' in the top level (did you mean 'sainfo'?)
ringtail: fatal parse failure (1 errors)
ringtail: cannot start: syntax error" "$ringtail" -f typo.conf -l log
grep -q 'ERROR: cannot start: syntax error' log || { echo "not ok: nothing in the log"; bad=1; }
is 1 'ringtail: 0 is not a port number (1 to 65535)' "$ringtail" -p 0 -f ok.conf
exit $bad

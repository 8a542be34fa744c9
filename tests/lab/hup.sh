#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# hup [main|ikev2]: SIGHUP 200 times in 12 seconds (the long form: 1000 times in a minute) under traffic: nothing is lost, no SA is
# replaced, memory and descriptors do not grow.  Configurations that cannot be used change nothing, and the log says where the fault is.
# shellcheck disable=SC1091,SC2154
. "${RINGTAIL_SRCDIR:-.}/tests/lab/lab.sh"
. "${RINGTAIL_SRCDIR:-.}/tests/lab/mesh.sh"
mode=${1:-ikev2}
enter_realm "hup-$mode"
full_or 1000 200
hups=$chosen

# size_of HOST: its daemon's resident memory in kilobytes in $rss, its descriptors in $fds
size_of() {
	local key value _
	rss=0
	while read -r key value _; do
		[ "$key" = VmRSS: ] && rss=$value
	done < "/proc/${PID[$1]}/status"
	fds=("/proc/${PID[$1]}/fd/"*)
	fds=${#fds[@]}
}

# hup TIMES: one every 60 ms
hup() {
	local n
	for ((n = 0; n < $1; n++)); do
		kill -HUP "${PID[h1]}"
		nap 0.06
	done
}

# h1_conf PARENT: the configuration of h1 with a section for each peer; the last two inherit from PARENT
h1_conf() {
	mesh_conf h1 "$mode" | sed -e 's/^remote anonymous/remote 10.7.0.2/'
	printf 'remote 10.7.0.3 inherit %s;\nremote 10.7.0.4 inherit %s;\n' "$1" "$1"
}

# log_grew: what the log of h1 has got since mark_log is in $text
mark_log() {
	slurp "$here/h1/log"
	log_before=${#text}
}
log_grew() {
	slurp "$here/h1/log"
	text=${text:log_before}
	[[ $text == *"$1"* ]] || { why="the log does not say \"$1\": $text"; return 1; }
}

# refused NAME TEXT: after SIGHUP the log says TEXT, and the configuration in use is the same
refused() {
	ctl h1 config show || { not_ok "$1-show" "$why"; return; }
	local before=$text
	mark_log
	kill -HUP "${PID[h1]}"
	check "$1-names-the-place" wait_for 5 log_grew "$2"
	nap 0.5
	ctl h1 config show
	why="config show says something else now"
	check "$1-stays-whole" test "$before" = "$text"
	check "$1-spis-stay" same_spis "$here/before.spis" h1
}

# line_with TEXT: the number of the first line of h1's configuration with TEXT, in $line
line_with() {
	local all n
	mapfile -t all < "$here/h1/ringtail.conf"
	for n in "${!all[@]}"; do
		line=$((n + 1))
		[[ ${all[n]} == *"$1"* ]] && return
	done
}

mesh_hosts 4
mesh_files "$mode"
h1_conf 10.7.0.2 > "$here/h1/ringtail.conf"
cp "$here/h1/ringtail.conf" "$here/h1/good.conf"
must start mesh_start
must up mesh_up
flows=()
mesh_flows udp 5001
mesh_spis "$here/before.spis"
start_traffic load -R 400 -d 600000 -g 1000

# what is allocated once has been allocated after these
hup 40
nap 1
size_of h1
rss_before=$rss fds_before=$fds
hup "$hups"
nap 1
size_of h1
echo "# $hups signals: memory $rss_before kB, then $rss kB; descriptors $fds_before, then $fds"
check memory-does-not-grow test $((rss - rss_before)) -le 128
check descriptors-do-not-grow test "$fds" -eq "$fds_before"
check spis-stay same_spis "$here/before.spis" h1

echo 'remote 10.7.0.9 { no_such_word 1; }' >> "$here/h1/ringtail.conf"
line_with no_such_word
refused broken "ringtail.conf:$line:"
h1_conf 10.7.0.9 > "$here/h1/ringtail.conf"
line_with 'inherit 10.7.0.9'
refused removed-peer "ringtail.conf:$line:"
cp "$here/h1/good.conf" "$here/h1/ringtail.conf"
mv "$here/h1/psk.txt" "$here/h1/psk.away"
refused psk-gone psk.txt
cp "$here/h1/psk.away" "$here/h1/psk.txt"
chmod 644 "$here/h1/psk.txt"
refused psk-open psk.txt
chmod 600 "$here/h1/psk.txt"
mark_log
kill -HUP "${PID[h1]}"
nap 1
kill "${PID[traffic-load]}"
end_traffic load
check nothing-lost none_lost
check no-restart all_running
check carries-traffic mesh_up

#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# hup [main|ikev2]: SIGHUP 200 times in 12 seconds (the long form: 1000 times in a minute) under traffic: nothing is lost, no SA is
# replaced, memory and descriptors do not grow.  Configurations that cannot be used change nothing, and the log says where the fault is.
# When one peer is taken out, its pair alone goes, at both ends.
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

# without PEER, with_all: take the lines about it out of the files of h1, put them back
without() {
	local file
	for file in ringtail.conf ipsec-tools.conf; do
		mv "$here/h1/$file" "$here/h1/$file.all"
		grep -v -F "${address[$1]}" "$here/h1/$file.all" > "$here/h1/$file"
	done
}
with_all() {
	local file
	for file in ringtail.conf ipsec-tools.conf; do
		mv "$here/h1/$file.all" "$here/h1/$file"
	done
}

# spis_between HOST PEER: lines of all SAs between these two, sorted, in $between; those of everybody else are in $others
spis_between() {
	local line a=${address[$1]} b=${address[$2]}
	between='' others=''
	mesh_spis "$here/now.spis"
	mapfile -t spis < "$here/now.spis"
	for line in "${spis[@]}"; do
		case $line in
		*" $a $b "* | *" $b $a "*) between+=$line$'\n' ;;
		*) others+=$line$'\n' ;;
		esac
	done
}
some_between() {
	spis_between "$1" "$2"
	why="none"
	[ -n "$between" ]
}
none_between() {
	! some_between "$@" || { why="still there: $between"; return 1; }
}

# taken_out PEER: h1's configuration and policies do without it from now on.  Its SAs go, at the other end because it was told;
# nobody else's do, and the others' traffic, which goes on, loses nothing.  Then it comes back.
taken_out() {
	local from to others_before since
	flows=()
	for from in "${mesh[@]}"; do
		for to in "${mesh[@]}"; do
			[[ $from == "$to" || "$from $to" == "h1 $1" || "$from $to" == "$1 h1" ]] ||
				flow udp "$from" "${address[$from]}" "$to" "${address[$to]}" 5002
		done
	done
	check taken-out-was-there some_between h1 "$1"
	others_before=$others
	start_traffic taken-out -R 400 -d 600000 -g 1000
	without "$1"
	kill -HUP "${PID[h1]}"
	now_ms
	since=$now
	# the grace is ten seconds
	check taken-out-goes wait_for 20 none_between h1 "$1"
	now_ms
	echo "# taken out: its SAs are gone after $((now - since)) ms"
	spis_between h1 "$1"
	why="SAs of others have changed"
	check taken-out-others-stay test "$others_before" = "$others"
	check taken-out-no-policy ctl h1 --json policies
	why="policies: $text"
	check taken-out-policies-go test "${text/${address[$1]}/}" = "$text"
	kill "${PID[traffic-taken-out]}"
	end_traffic taken-out
	check taken-out-nothing-lost none_lost
	with_all
	kill -HUP "${PID[h1]}"
	nap 1
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
refused parent-gone "ringtail.conf:$line:"
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
taken_out h4
check no-restart all_running
check carries-traffic mesh_up

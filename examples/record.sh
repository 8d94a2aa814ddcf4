#!/bin/bash
# Records the captures of this folder anew: real tools between two network namespaces of its own, joined by a veth pair that
# exists only inside them. The machine's own interfaces are never touched; everything is removed at the end, also on failure.
# Addresses are those reserved for documentation (RFC 5737, RFC 3849).
#
#     skep-rec-a  192.0.2.1  198.51.100.7  2001:db8::1   <-- veth -->   192.0.2.2  2001:db8::2  skep-rec-b
#
# Needs root and: iproute2 tcpdump editcap (Wireshark) nmap curl dig python3 ping bpftrace
# usage: sudo examples/record.sh [synscan] [http] [dns] [ping] [opens]     (default: all)
set -euo pipefail
cd "$(dirname "$0")"

A=skep-rec-a
B=skep-rec-b
TMP=$(mktemp -d)
PIDS=()

cleanup() {
	trap - EXIT INT TERM
	for pid in "${PIDS[@]}"; do kill "$pid" 2>/dev/null || true; done
	wait 2>/dev/null || true
	ip netns delete $A 2>/dev/null || true
	ip netns delete $B 2>/dev/null || true
	rm -rf "$TMP"
}
trap cleanup EXIT
trap 'exit 130' INT TERM

in_a() { ip netns exec $A "$@"; }
in_b() { ip netns exec $B "$@"; }

# A program in the background that cleanup ends.
background() {
	"$@" >"$TMP/background.log" 2>&1 &
	PIDS+=($!)
}

network() {
	ip netns add $A
	ip netns add $B
	ip link add veth-a netns $A address 02:00:00:00:00:01 type veth peer name veth-b netns $B address 02:00:00:00:00:02
	in_a ip address add 192.0.2.1/24 dev veth-a
	in_a ip address add 198.51.100.7/32 dev veth-a
	in_a ip address add 2001:db8::1/64 dev veth-a nodad
	in_b ip address add 192.0.2.2/24 dev veth-b
	in_b ip address add 2001:db8::2/64 dev veth-b nodad
	for side in a b; do
		ip netns exec skep-rec-$side ip link set lo up
		ip netns exec skep-rec-$side ip link set veth-$side up
		# Checksums as on a wire, not left to hardware that is not there.
		ip netns exec skep-rec-$side ethtool -K veth-$side tx off gso off tso off gro off >/dev/null 2>&1 || true
	done
	in_b ip route add 198.51.100.0/24 dev veth-b
	sleep 1
}

# capture FILE FILTER [OPTION...]: tcpdump in b until `captured`
capture() {
	local file=$1 filter=$2
	shift 2
	: >"$TMP/tcpdump.log"
	ip netns exec $B tcpdump -i veth-b --immediate-mode -U -w "$file" "$@" "$filter" 2>"$TMP/tcpdump.log" &
	DUMP=$!
	PIDS+=("$DUMP")
	for _ in $(seq 50); do grep -q listening "$TMP/tcpdump.log" && break; sleep 0.1; done
}
captured() {
	sleep 1
	# Background jobs ignore SIGINT.
	kill -TERM "$DUMP"
	wait "$DUMP" 2>/dev/null || true
}

web_server() {
	mkdir -p "$TMP/www"
	printf '<!doctype html>\n<title>example</title>\n<p>A page for a recording.\n' >"$TMP/www/index.html"
	(cd "$TMP/www" && exec ip netns exec $B python3 -m http.server 80 --bind :: >"$TMP/web.log" 2>&1) &
	PIDS+=($!)
	sleep 1
}

# What arrives at a server: a port scan over IPv4 and one over IPv6, and people who only want the web page.
record_synscan() {
	web_server
	capture "$TMP/synscan.pcap" "ip or ip6 and not icmp6" -Q in
	in_a curl -sS -m 5 http://192.0.2.2/ -o /dev/null
	timeout 30 ip netns exec $A nmap -sS -Pn -n -e veth-a -S 198.51.100.7 -p 1-180 --max-retries 0 --max-rate 400 192.0.2.2 >/dev/null
	in_a curl -sS -m 5 'http://[2001:db8::2]/' -o /dev/null
	timeout 30 ip netns exec $A nmap -6 -sS -Pn -n -p 1-130 --max-retries 0 --max-rate 400 2001:db8::2 >/dev/null
	in_a curl -sS -m 5 http://192.0.2.2/missing -o /dev/null
	captured
	cp "$TMP/synscan.pcap" synscan.pcap
}

# Both directions of a few requests; nanosecond time stamps.
record_http() {
	[ -e "$TMP/www" ] || web_server
	capture "$TMP/http.pcap" "tcp port 80" --time-stamp-precision=nano
	for path in / /index.html /missing; do
		in_a curl -sS -m 5 "http://192.0.2.2$path" -o /dev/null
		in_a curl -sS -m 5 "http://[2001:db8::2]$path" -o /dev/null
	done
	captured
	editcap -F pcapng "$TMP/http.pcap" http.pcapng
}

record_dns() {
	background ip netns exec $B python3 dns_server.py
	sleep 1
	capture "$TMP/dns.pcap" "udp port 53"
	for name in example.com www.example.com missing.example.com; do
		in_a dig +tries=1 +time=2 +noall @192.0.2.2 $name A
		in_a dig +tries=1 +time=2 +noall @2001:db8::2 $name AAAA
	done
	captured
	cp "$TMP/dns.pcap" dns.pcap
}

record_ping() {
	capture "$TMP/ping.pcap" "icmp"
	in_a ping -n -c 5 -i 0.2 192.0.2.2 >/dev/null
	captured
	cp "$TMP/ping.pcap" ping.pcap
	capture "$TMP/ping6.pcap" "icmp6 and (ip6[40] == 128 or ip6[40] == 129)"
	in_a ping -6 -n -c 5 -i 0.2 2001:db8::2 >/dev/null
	captured
	cp "$TMP/ping6.pcap" ping6.pcap
}

# Files that a small script opens: only its own processes are traced. bpftrace looks for tracefs in places where it may not
# be mounted: that is done in a mount namespace of its own.
record_opens() {
	mkdir -p "$TMP/site"
	cp opens.bt "$TMP/opens.bt"
	printf 'hello\n' >"$TMP/site/notes.txt"
	cat >"$TMP/site/script.sh" <<'END'
cat notes.txt missing.txt 2>/dev/null
grep -c hello notes.txt
sort notes.txt > sorted.txt
wc -l < sorted.txt
END
	(cd "$TMP/site" && timeout 30 env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin LC_ALL=C unshare -m sh -c '
		mount -t tracefs tracefs /sys/kernel/tracing
		mount -t debugfs debugfs /sys/kernel/debug
		exec bpftrace -c "/bin/sh script.sh" ../opens.bt') >"$TMP/opens.out" 2>"$TMP/bpftrace.log"
	grep '^{' "$TMP/opens.out" >opens.jsonl
}

[ "$(id -u)" = 0 ] || { echo "record.sh: needs root" >&2; exit 1; }
[ $# -gt 0 ] || set -- synscan http dns ping opens
network
for what in "$@"; do "record_$what"; done
ls -l ./*.pcap ./*.pcapng ./*.jsonl

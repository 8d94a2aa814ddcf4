#!/bin/sh
# Compiles the examples: X.bpf.c -> X.bpf.o, with BTF, without names of this machine.
# Needs clang (>= 16), llvm-strip and libbpf's headers (Debian: clang llvm libbpf-dev linux-libc-dev).
# usage: examples/build.sh [NAME...]     e.g. examples/build.sh syn_guard
set -eu
cd "$(dirname "$0")"

find_tool() {
	for name in "$@"; do
		if command -v "$name" >/dev/null 2>&1; then echo "$name"; return; fi
	done
	echo "build.sh: none of $* is installed" >&2
	exit 1
}
CLANG=${CLANG:-$(find_tool clang-19 clang)}
STRIP=${LLVM_STRIP:-$(find_tool llvm-strip-19 llvm-strip)}
# asm/types.h is in a folder of the machine's architecture on Debian.
ASM=/usr/include/$(uname -m)-linux-gnu

[ $# -gt 0 ] || set -- syn_guard firewall rate_limit tc_edit opens to_user
for name in "$@"; do
	"$CLANG" -O2 -g -Wall -Wextra -mcpu=v3 --target=bpf -isystem "$ASM" \
		-fdebug-compilation-dir=. -ffile-prefix-map="$PWD"=. \
		-c "$name.bpf.c" -o "$name.bpf.o"
	# BTF stays, DWARF goes.
	"$STRIP" -g "$name.bpf.o"
	echo "$name.bpf.o"
done

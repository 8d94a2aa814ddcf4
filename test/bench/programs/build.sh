#!/bin/sh
# Builds the benchmark programs: X.bpf.c -> X.bpf.o with BTF. Needs clang-19, llvm-strip-19 and libbpf's headers.
set -eu
cd "$(dirname "$0")"
for source in *.bpf.c; do
	clang-19 --target=bpf -mcpu=v3 -O2 -g -Wall -isystem "/usr/include/$(uname -m)-linux-gnu" \
		-fdebug-compilation-dir=. -ffile-prefix-map="$PWD"=. -c "$source" -o "${source%.c}.o"
	llvm-strip-19 -g "${source%.c}.o"
done

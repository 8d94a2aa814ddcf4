#!/bin/sh
# Compiles the programs of the golden tests, and those in fixed/ that follow the advice; the objects are committed.
cd "$(dirname "$0")" || exit 1
for folder in . fixed; do
	(
		cd "$folder" || exit 1
		for c in *.bpf.c; do
			o="${c%.c}.o"
			clang-19 -O2 -g -target bpf -mcpu=v3 -I/usr/include/x86_64-linux-gnu \
				-fdebug-compilation-dir=. -ffile-prefix-map="$PWD=." -c "$c" -o "$o" || exit 1
			llvm-strip-19 -g "$o"
		done
	) || exit 1
done

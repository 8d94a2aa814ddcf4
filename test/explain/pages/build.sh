#!/bin/sh
# Takes the C programs out of docs/explain/*.md and compiles them; programs and objects are committed.
cd "$(dirname "$0")" || exit 1
for page in ../../../docs/explain/*.md; do
	code="$(basename "$page" .md)"
	for kind in fail pass; do
		grep -q "^\`\`\`c $kind\$" "$page" || continue
		{
			echo '#include "page.h"'
			sed -n "/^\`\`\`c $kind\$/,/^\`\`\`\$/p" "$page" | sed '1d;$d'
		} >"$code.$kind.bpf.c"
		clang-19 -O2 -g -target bpf -mcpu=v3 -I/usr/include/x86_64-linux-gnu -Wno-main-return-type \
			-fdebug-compilation-dir=. -ffile-prefix-map="$PWD=." -c "$code.$kind.bpf.c" -o "$code.$kind.bpf.o" || exit 1
		llvm-strip-19 -g "$code.$kind.bpf.o"
	done
done

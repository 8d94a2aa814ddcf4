/** The headers that come from the helper table: bpf/bpf_helper_defs.h, and enum bpf_func_id of linux/bpf.h. */
import { HELPERS } from "../../../abi/helpers.ts";

/** One pointer constant for each helper: a call through it is a call of that helper. */
export function helperDefs(): string {
  const lines: string[] = [];
  const tags = new Set<string>();
  for (const row of HELPERS) {
    if (row.proto === "") continue;
    for (const match of row.proto.matchAll(/\bstruct (\w+)/g)) tags.add(match[1]!);
    const at = row.proto.indexOf(`bpf_${row.name}(`);
    const ret = row.proto.slice(0, at).trim();
    const params = row.proto.slice(at + row.name.length + 4);
    const star = ret.endsWith("*") ? "" : " ";
    lines.push(
      `${row.fastcall === true ? "__bpf_fastcall " : ""}static ${ret}${star}(* const bpf_${row.name})${params} = (void *) ${row.id};`,
    );
  }
  const forwards = [...tags].sort().map((tag) => `struct ${tag};`);
  return `#pragma once\n#ifndef __bpf_fastcall\n#define __bpf_fastcall\n#endif\n${forwards.join("\n")}\n${lines.join("\n")}\n`;
}

export function funcIdEnum(): string {
  const rows = HELPERS.map((row) => `\tBPF_FUNC_${row.name} = ${row.id},`);
  const mapper = HELPERS.map((row) => `FN(${row.name}, ${row.id}, ##ctx)`).join(" ");
  return `#pragma once
#define ___BPF_FUNC_MAPPER(FN, ctx...) ${mapper}
#define __BPF_FUNC_MAPPER(FN) ___BPF_FUNC_MAPPER(__BPF_FUNC_MAPPER_APPLY, FN)
enum bpf_func_id {
${rows.join("\n")}
	__BPF_FUNC_MAX_ID = ${HELPERS.length},
};
`;
}

/**
 * Whether a trampoline can pass the arguments of a kernel function: who attaches to one is refused here where it cannot.
 * Source: kernel/bpf/btf.c, btf_distill_func_proto.
 */
import { EINVAL } from "../base/errno.ts";
import type { BtfFuncProto, BtfType, BtfView } from "../btf/types.ts";
import { fail, type Log } from "./log.ts";

const MAX_ARGS = 12;
const MAX_ARG_BYTES = 16;

export function checkFuncModel(log: Log, btf: BtfView, proto: BtfFuncProto, name: string): void {
  const { params } = proto;
  if (params.length > MAX_ARGS) {
    fail(log, EINVAL, `The function ${name} has ${params.length} arguments. Too many.`);
  }
  const ret = btf.type(btf.skipMods(proto.retTypeId));
  if (sizeOf(ret) < 0 || ret.kind === "struct" || ret.kind === "union") {
    fail(log, EINVAL, `The function ${name} return type ${kindWord(ret)} is unsupported.`);
  }
  params.forEach((param, i) => {
    if (i === params.length - 1 && param.typeId === 0) {
      fail(log, EINVAL, `The function ${name} with variable args is unsupported.`);
    }
    const type = btf.type(btf.skipMods(param.typeId));
    const size = sizeOf(type);
    if (size < 0 || size > MAX_ARG_BYTES) {
      fail(log, EINVAL, `The function ${name} arg${i} type ${kindWord(type)} is unsupported.`);
    }
    if (size === 0) fail(log, EINVAL, `The function ${name} has malformed void argument.`);
  });
}

/** -1 where the kernel knows none. */
function sizeOf(type: BtfType): number {
  switch (type.kind) {
    case "void":
      return 0;
    case "ptr":
      return 8;
    case "int":
    case "enum":
    case "enum64":
    case "struct":
    case "union":
      return type.sizeBytes;
    default:
      return -1;
  }
}

function kindWord(type: BtfType): string {
  return type.kind === "void" ? "UNKNOWN" : type.kind.toUpperCase();
}

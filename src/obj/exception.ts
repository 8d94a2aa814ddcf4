/**
 * Exception callbacks: a declaration tag "exception_callback:NAME" on a program names the global function that
 * bpf_throw() ends in. It is linked behind all other subprograms. Source: bpf_prog_assign_exc_cb() in libbpf.
 */
import type { Btf } from "../btf/btf.ts";
import type { FuncTable, ObjFunc } from "./funcs.ts";
import { type ObjImage, objError } from "./image.ts";

const KIND_DECL_TAG = 17;
const PREFIX = "exception_callback:";

export interface ExceptionCallbacks {
  /** The callback of a program; null where it has none, or (for the verifier to refuse) several. */
  of(prog: ObjFunc): ObjFunc | null;
}

export function exceptionCallbacks(image: ObjImage, btf: Btf, funcs: FuncTable): ExceptionCallbacks | null {
  const named = new Map<string, string[]>();
  for (let id = 1; id < btf.length; id++) {
    const tag = btf.kindOf(id) === KIND_DECL_TAG ? btf.type(id) : null;
    if (tag?.kind !== "decl_tag" || tag.componentIdx !== -1 || !tag.name.startsWith(PREFIX)) continue;
    const func = btf.type(tag.typeId);
    if (func.kind !== "func" || func.linkage !== "global") {
      throw objError(image.file, "obj/exception", `'${tag.name}' tags something that is no global function`);
    }
    const list = named.get(func.name);
    if (list === undefined) named.set(func.name, [tag.name.slice(PREFIX.length)]);
    else list.push(tag.name.slice(PREFIX.length));
  }
  if (named.size === 0) return null;
  const subprogs = new Map<string, ObjFunc>();
  for (const func of funcs.all) if (!func.entry && !subprogs.has(func.name)) subprogs.set(func.name, func);
  return {
    of(prog) {
      const list = named.get(prog.name);
      if (list === undefined || list.length > 1) return null;
      const callback = subprogs.get(list[0]!);
      const site = { section: prog.section.name, prog: prog.name };
      if (callback === undefined) {
        throw objError(
          image.file,
          "obj/exception",
          `no function '${list[0]}' for the exceptions of '${prog.name}'`,
          site,
        );
      }
      if (!callback.global || callback.hidden) {
        const message = `exception callback '${callback.name}' must be global and not hidden`;
        throw objError(image.file, "obj/exception", message, site);
      }
      return callback;
    },
  };
}

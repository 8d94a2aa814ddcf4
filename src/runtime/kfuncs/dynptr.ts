/** kfuncs over dynptrs. Source: kernel/bpf/helpers.c, kernel/trace/bpf_trace.c (bpf_probe_read_*_dynptr). */
import { E2BIG, EFAULT, EINVAL } from "../../base/errno.ts";
import {
  dynptrAddress,
  dynptrAdjust,
  dynptrClone,
  dynptrCopy,
  dynptrMemset,
  dynptrSize,
  dynptrSlice,
  dynptrSliceRdwr,
  dynptrWrite,
  isReadOnly,
} from "../dynptr.ts";
import { readableEnd } from "../helpers/memory.ts";
import type { Runtime } from "../runtime.ts";
import type { KfuncRow } from "./rows.ts";

export function dynptrKfuncs(rt: Runtime): readonly KfuncRow[] {
  const { u8, u32 } = rt;

  /** Bytes of unsafe memory into the dynptr; a text ends with its NUL, cut to fit. */
  const probe =
    (text: boolean) =>
    (ptr: number, offset: number, size: number, lo: number, hi: number): number => {
      const at = ptr >>> 0;
      const from = lo >>> 0;
      if (dynptrAddress(u32, at) === 0 || isReadOnly(u32, at)) return -EINVAL;
      if ((offset >>> 0) + (size >>> 0) > dynptrSize(u32, at)) return -E2BIG;
      const end = hi === 0 ? readableEnd(rt, from) : 0;
      let bytes = size >>> 0;
      if (text && bytes > 0) {
        const nul = u8.subarray(from, Math.min(end, from + bytes)).indexOf(0);
        if (nul >= 0) bytes = nul + 1;
      }
      if (from + bytes > end) return -EFAULT;
      const err = dynptrWrite(rt, at, offset >>> 0, from, bytes, 0, 0);
      if (err !== 0 || !text) return err;
      if (bytes > 0 && u8[from + bytes - 1] !== 0) dynptrMemset(rt, at, (offset >>> 0) + bytes - 1, 1, 0);
      return bytes;
    };

  const rows: KfuncRow[] = [
    [
      "bpf_dynptr_slice",
      "Dimi->u",
      (ptr, off, buf, size) => dynptrSlice(rt, ptr! >>> 0, off! >>> 0, buf! >>> 0, size! >>> 0),
    ],
    [
      "bpf_dynptr_slice_rdwr",
      "Dimi->u",
      (ptr, off, buf, size) => dynptrSliceRdwr(rt, ptr! >>> 0, off! >>> 0, buf! >>> 0, size! >>> 0),
    ],
    ["bpf_dynptr_adjust", "Dii->s", (ptr, start, end) => dynptrAdjust(u32, ptr! >>> 0, start! >>> 0, end! >>> 0)],
    ["bpf_dynptr_is_null", "D->u", (ptr) => (dynptrAddress(u32, ptr! >>> 0) === 0 ? 1 : 0)],
    [
      "bpf_dynptr_is_rdonly",
      "D->u",
      (ptr) => (dynptrAddress(u32, ptr! >>> 0) !== 0 && isReadOnly(u32, ptr! >>> 0) ? 1 : 0),
    ],
    [
      "bpf_dynptr_size",
      "D->u",
      (ptr) => (dynptrAddress(u32, ptr! >>> 0) === 0 ? -EINVAL : dynptrSize(u32, ptr! >>> 0)),
    ],
    ["bpf_dynptr_clone", "DD->s", (ptr, clone) => dynptrClone(u32, ptr! >>> 0, clone! >>> 0)],
    [
      "bpf_dynptr_copy",
      "DiDii->s",
      (dst, dstOff, src, srcOff, size) =>
        dynptrCopy(rt, dst! >>> 0, dstOff! >>> 0, src! >>> 0, srcOff! >>> 0, size! >>> 0),
    ],
    [
      "bpf_dynptr_memset",
      "Diii->s",
      (ptr, off, size, byte) => dynptrMemset(rt, ptr! >>> 0, off! >>> 0, size! >>> 0, byte! & 255),
    ],
  ];
  for (const space of ["user", "kernel"]) {
    rows.push([`bpf_probe_read_${space}_dynptr`, "Diid->s", probe(false)]);
    rows.push([`bpf_probe_read_${space}_str_dynptr`, "Diid->s", probe(true)]);
  }
  rows.push(["bpf_copy_from_user_dynptr", "Diid->s", probe(false)]);
  rows.push(["bpf_copy_from_user_str_dynptr", "Diid->s", probe(true)]);
  return rows;
}

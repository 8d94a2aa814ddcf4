/** Checksum helpers: csum_diff for every packet program, the others for skbs. Semantics: net/core/filter.c. */
import { EACCES, EFAULT, EINVAL, ENOTSUPP } from "../../base/errno.ts";
import { CELL_RET_HI } from "../../layout/layout.ts";
import { CHECKSUM_COMPLETE, CHECKSUM_NONE, CHECKSUM_UNNECESSARY, type PacketBuf } from "../hooks/packet.ts";
import {
  csum32to16,
  csumAdd,
  csumFold,
  csumPartial,
  csumReplace2,
  csumReplace4,
  csumReplaceByDiff,
  csumSub,
} from "./net-csum.ts";
import type { NetHelper } from "./net-table.ts";

const HDR_FIELD_MASK = 0xf;
const PSEUDO_HDR = 0x10;
const MARK_MANGLED_0 = 0x20;
const MARK_ENFORCE = 0x40;
const IPV6 = 0x80;
/** CSUM_MANGLED_0: a UDP checksum of 0 is sent as this. */
const MANGLED_0 = 0xffff;
/** SKB_MAX_CSUM_LEVEL. */
const MAX_LEVEL = 3;

export function csumDiffHelper(p: PacketBuf): readonly NetHelper[] {
  const view = p.machine.view;
  return [
    [
      "csum_diff",
      "iiiii->u",
      (from, fromSize, to, toSize, seed) => {
        let sum = seed! >>> 0;
        if (fromSize !== 0 && toSize !== 0) {
          sum = csumSub(csumPartial(view, to!, toSize!, sum), csumPartial(view, from!, fromSize!, 0));
        } else if (toSize !== 0) sum = csumPartial(view, to!, toSize!, sum);
        else if (fromSize !== 0) sum = ~csumPartial(view, from!, fromSize!, ~sum >>> 0) >>> 0;
        return csum32to16(sum);
      },
    ],
  ];
}

export function skbCsumHelpers(p: PacketBuf): readonly NetHelper[] {
  const view = p.machine.view;

  function outside(offset: number): boolean {
    return offset < 0 || offset > 0xffff || (offset & 1) !== 0 || offset + 2 > p.end - p.data;
  }

  /** from, to and flags are 64 bits wide, each as low and high word. */
  function l3Replace(
    _ctx: number,
    offset: number,
    from: number,
    fromHigh: number,
    to: number,
    _toHigh: number,
    flags: number,
    high: number,
  ): number {
    if (high !== 0 || (flags & ~HDR_FIELD_MASK) !== 0) return -EINVAL;
    if (outside(offset)) return -EFAULT;
    const at = p.data + offset;
    const check = view.getUint16(at, true);
    switch (flags) {
      case 0:
        if (from !== 0 || fromHigh !== 0) return -EINVAL;
        view.setUint16(at, csumReplaceByDiff(check, to), true);
        return 0;
      case 2:
        view.setUint16(at, csumReplace2(check, from & 0xffff, to & 0xffff), true);
        return 0;
      case 4:
        view.setUint16(at, csumReplace4(check, from, to), true);
        return 0;
      default:
        return -EINVAL;
    }
  }

  function l4Replace(
    _ctx: number,
    offset: number,
    from: number,
    fromHigh: number,
    to: number,
    _toHigh: number,
    flags: number,
    high: number,
  ): number {
    if (high !== 0 || (flags & ~(HDR_FIELD_MASK | PSEUDO_HDR | MARK_MANGLED_0 | MARK_ENFORCE | IPV6)) !== 0) {
      return -EINVAL;
    }
    if (outside(offset)) return -EFAULT;
    const at = p.data + offset;
    const check = view.getUint16(at, true);
    const mangled0 = (flags & MARK_MANGLED_0) !== 0;
    if (mangled0 && (flags & MARK_ENFORCE) === 0 && check === 0) return 0;
    const pseudo = (flags & PSEUDO_HDR) !== 0 && p.ipSummed === CHECKSUM_COMPLETE;
    let next: number;
    switch (flags & HDR_FIELD_MASK) {
      case 0:
        if (from !== 0 || fromHigh !== 0) return -EINVAL;
        next = csumReplaceByDiff(check, to);
        if (pseudo && (flags & IPV6) === 0) p.csum = ~csumSub(to, p.csum) >>> 0;
        break;
      case 2:
        next = csumReplace4(check, from & 0xffff, to & 0xffff);
        if (pseudo) p.csum = ~csumAdd(csumSub(~p.csum >>> 0, from & 0xffff), to & 0xffff) >>> 0;
        break;
      case 4:
        next = csumReplace4(check, from, to);
        if (pseudo) p.csum = ~csumAdd(csumSub(~p.csum >>> 0, from), to) >>> 0;
        break;
      default:
        return -EINVAL;
    }
    view.setUint16(at, mangled0 && next === 0 ? MANGLED_0 : next, true);
    return 0;
  }

  function update(_ctx: number, sum: number): number {
    const complete = p.ipSummed === CHECKSUM_COMPLETE;
    if (complete) p.csum = csumAdd(p.csum, sum);
    p.machine.u32[CELL_RET_HI >>> 2] = complete ? 0 : 0xffffffff;
    return complete ? p.csum | 0 : -ENOTSUPP;
  }

  /** level: BPF_CSUM_LEVEL_QUERY 0, INC 1, DEC 2, RESET 3. */
  function level(_ctx: number, what: number, high: number): number {
    const unnecessary = p.ipSummed === CHECKSUM_UNNECESSARY;
    switch (high === 0 ? what : -1) {
      case 0:
        return unnecessary ? p.csumLevel : -EACCES;
      case 1:
        if (unnecessary) p.csumLevel = Math.min(p.csumLevel + 1, MAX_LEVEL);
        else if (p.ipSummed === CHECKSUM_NONE) {
          p.ipSummed = CHECKSUM_UNNECESSARY;
          p.csumLevel = 0;
        }
        return 0;
      case 2:
        if (!unnecessary) return 0;
        if (p.csumLevel === 0) p.ipSummed = CHECKSUM_NONE;
        else p.csumLevel--;
        return 0;
      case 3:
        if (!unnecessary) return 0;
        p.ipSummed = CHECKSUM_NONE;
        p.csumLevel = 0;
        return 0;
      default:
        return -EINVAL;
    }
  }

  return [
    ["l3_csum_replace", "iiddd->s", l3Replace as NetHelper[2]],
    ["l4_csum_replace", "iiddd->s", l4Replace as NetHelper[2]],
    ["csum_update", "ii->d", update],
    ["csum_level", "id->s", level],
  ];
}

/** Whether the sum kept with a CHECKSUM_COMPLETE packet still is that of its bytes. */
export function csumHolds(p: PacketBuf): boolean {
  return csumFold(p.csum) === csumFold(csumPartial(p.machine.view, p.net, p.end - p.net, 0));
}

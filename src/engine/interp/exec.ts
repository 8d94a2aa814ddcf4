/**
 * The interpreter: what every opcode does, on registers held as 32-bit halves. `exec` is the only place that knows; running,
 * stepping and the JIT's tests all go through it.
 *
 * Long because it is one switch over all opcodes. Case labels are literal numbers (see RFC 9669 for their make-up), since a switch on imported constants is ten times slower.
 * Source of the semantics: RFC 9669; Linux kernel/bpf/core.c (___bpf_prog_run), for what the RFC leaves out.
 */
import { E2BIG, EINVAL } from "../../base/errno.ts";
import { CELL_MAY_GOTO } from "../../layout/layout.ts";
import { HELPER_LOOP, HELPER_TAIL_CALL } from "../bind.ts";
import { callbackStart, callHelper, tailCall } from "./call.ts";
import {
  FRAME_LOOP,
  FRAME_LOOP_CTX,
  FRAME_LOOP_I,
  FRAME_LOOP_N,
  FRAME_WORDS,
  type Machine,
  RETURN_TO_HOST,
} from "./machine.ts";
import { divS, divU, modS, modU, mulHigh, negate, swap32, wide } from "./wide.ts";

/** BPF_MAX_LOOPS, include/linux/bpf.h. */
export const MAX_LOOPS = 0x80_0000;

/** Insns between two looks at the limits; keeps the count a small integer. */
const QUOTA = 0x1000_0000;

/**
 * Runs up to `limit` insns from m.pc. Returns true once the outermost function of this `exec` has returned; m.regs then holds
 * its r0. With limit 1 this is a single step.
 */
export function exec(m: Machine, limit: number): boolean {
  const { code, dst, src, off, imm } = m.insns;
  const r = m.regs;
  const view = m.view;
  let rest = limit;
  let quota = Math.min(rest, m.budget, QUOTA);
  let left = quota;
  let pc = m.pc;
  for (;;) {
    if (left === 0) {
      m.pc = pc;
      spend(m, quota);
      rest -= quota;
      if (rest <= 0) return false;
      if (m.budget <= 0) m.fail("run/budget", `the program has run ${m.executed} insns and is not done`);
      quota = Math.min(rest, m.budget, QUOTA);
      left = quota;
    }
    left--;
    const op = code[pc]!;
    const d = dst[pc]! << 1;
    const s = src[pc]! << 1;
    let bl: number;
    let bh: number;
    if ((op & 8) !== 0) {
      bl = r[s]!;
      bh = r[s + 1]!;
    } else {
      bl = imm[pc]!;
      bh = bl >> 31;
    }
    switch (op) {
      // ALU64.
      case 0x07:
      case 0x0f: {
        const lo = (r[d]! + bl) | 0;
        r[d + 1] = (r[d + 1]! + bh + (lo >>> 0 < bl >>> 0 ? 1 : 0)) | 0;
        r[d] = lo;
        break;
      }
      case 0x17:
      case 0x1f: {
        const al = r[d]!;
        r[d + 1] = (r[d + 1]! - bh - (al >>> 0 < bl >>> 0 ? 1 : 0)) | 0;
        r[d] = (al - bl) | 0;
        break;
      }
      case 0x27:
      case 0x2f: {
        const al = r[d]!;
        r[d + 1] = (mulHigh(al, bl) + Math.imul(al, bh) + Math.imul(r[d + 1]!, bl)) | 0;
        r[d] = Math.imul(al, bl);
        break;
      }
      case 0x37:
      case 0x3f:
        if (off[pc] === 0) divU(r[d]!, r[d + 1]!, bl, bh);
        else divS(r[d]!, r[d + 1]!, bl, bh);
        r[d] = wide.lo;
        r[d + 1] = wide.hi;
        break;
      case 0x97:
      case 0x9f:
        if (off[pc] === 0) modU(r[d]!, r[d + 1]!, bl, bh);
        else modS(r[d]!, r[d + 1]!, bl, bh);
        r[d] = wide.lo;
        r[d + 1] = wide.hi;
        break;
      case 0x47:
      case 0x4f:
        r[d] = r[d]! | bl;
        r[d + 1] = r[d + 1]! | bh;
        break;
      case 0x57:
      case 0x5f:
        r[d] = r[d]! & bl;
        r[d + 1] = r[d + 1]! & bh;
        break;
      case 0xa7:
      case 0xaf:
        r[d] = r[d]! ^ bl;
        r[d + 1] = r[d + 1]! ^ bh;
        break;
      case 0x67:
      case 0x6f: {
        const n = bl & 63;
        if (n >= 32) {
          r[d + 1] = r[d]! << (n - 32);
          r[d] = 0;
        } else if (n > 0) {
          r[d + 1] = (r[d + 1]! << n) | (r[d]! >>> (32 - n));
          r[d] = r[d]! << n;
        }
        break;
      }
      case 0x77:
      case 0x7f: {
        const n = bl & 63;
        if (n >= 32) {
          r[d] = r[d + 1]! >>> (n - 32);
          r[d + 1] = 0;
        } else if (n > 0) {
          r[d] = (r[d]! >>> n) | (r[d + 1]! << (32 - n));
          r[d + 1] = r[d + 1]! >>> n;
        }
        break;
      }
      case 0xc7:
      case 0xcf: {
        const n = bl & 63;
        if (n >= 32) {
          r[d] = r[d + 1]! >> (n - 32);
          r[d + 1] = r[d + 1]! >> 31;
        } else if (n > 0) {
          r[d] = (r[d]! >>> n) | (r[d + 1]! << (32 - n));
          r[d + 1] = r[d + 1]! >> n;
        }
        break;
      }
      case 0x87:
        negate(r[d]!, r[d + 1]!);
        r[d] = wide.lo;
        r[d + 1] = wide.hi;
        break;
      case 0xb7:
        r[d] = bl;
        r[d + 1] = bh;
        break;
      case 0xbf:
        switch (off[pc]) {
          case 0:
            r[d] = bl;
            r[d + 1] = bh;
            break;
          case 1: // Address space cast: arenas lie in the same memory, so either direction drops the upper half.
            r[d] = bl;
            r[d + 1] = 0;
            break;
          case 8:
            bl = (bl << 24) >> 24;
            r[d] = bl;
            r[d + 1] = bl >> 31;
            break;
          case 16:
            bl = (bl << 16) >> 16;
            r[d] = bl;
            r[d + 1] = bl >> 31;
            break;
          case 32:
            r[d] = bl;
            r[d + 1] = bl >> 31;
            break;
          default:
            illegal(m, pc);
        }
        break;
      case 0xd7: // bswap
        switch (imm[pc]) {
          case 16:
            r[d] = swap32(r[d]!) >>> 16;
            r[d + 1] = 0;
            break;
          case 32:
            r[d] = swap32(r[d]!);
            r[d + 1] = 0;
            break;
          case 64: {
            const lo = swap32(r[d + 1]!);
            r[d + 1] = swap32(r[d]!);
            r[d] = lo;
            break;
          }
          default:
            illegal(m, pc);
        }
        break;

      // ALU32: the upper half becomes 0.
      case 0x04:
      case 0x0c:
        r[d] = (r[d]! + bl) | 0;
        r[d + 1] = 0;
        break;
      case 0x14:
      case 0x1c:
        r[d] = (r[d]! - bl) | 0;
        r[d + 1] = 0;
        break;
      case 0x24:
      case 0x2c:
        r[d] = Math.imul(r[d]!, bl);
        r[d + 1] = 0;
        break;
      case 0x34:
      case 0x3c:
        if (bl === 0) r[d] = 0;
        else if (off[pc] === 0) r[d] = ((r[d]! >>> 0) / (bl >>> 0)) | 0;
        else r[d] = (r[d]! / bl) | 0;
        r[d + 1] = 0;
        break;
      case 0x94:
      case 0x9c:
        if (bl !== 0) r[d] = off[pc] === 0 ? ((r[d]! >>> 0) % (bl >>> 0)) | 0 : (r[d]! % bl) | 0;
        r[d + 1] = 0;
        break;
      case 0x44:
      case 0x4c:
        r[d] = r[d]! | bl;
        r[d + 1] = 0;
        break;
      case 0x54:
      case 0x5c:
        r[d] = r[d]! & bl;
        r[d + 1] = 0;
        break;
      case 0xa4:
      case 0xac:
        r[d] = r[d]! ^ bl;
        r[d + 1] = 0;
        break;
      case 0x64:
      case 0x6c:
        r[d] = r[d]! << (bl & 31);
        r[d + 1] = 0;
        break;
      case 0x74:
      case 0x7c:
        r[d] = (r[d]! >>> (bl & 31)) | 0;
        r[d + 1] = 0;
        break;
      case 0xc4:
      case 0xcc:
        r[d] = r[d]! >> (bl & 31);
        r[d + 1] = 0;
        break;
      case 0x84:
        r[d] = (0 - r[d]!) | 0;
        r[d + 1] = 0;
        break;
      case 0xb4:
        r[d] = bl;
        r[d + 1] = 0;
        break;
      case 0xbc:
        switch (off[pc]) {
          case 0:
            r[d] = bl;
            break;
          case 8:
            r[d] = (bl << 24) >> 24;
            break;
          case 16:
            r[d] = (bl << 16) >> 16;
            break;
          default:
            illegal(m, pc);
        }
        r[d + 1] = 0;
        break;
      case 0xd4: // to little-endian: cuts
        switch (imm[pc]) {
          case 16:
            r[d] = r[d]! & 0xffff;
            r[d + 1] = 0;
            break;
          case 32:
            r[d + 1] = 0;
            break;
          case 64:
            break;
          default:
            illegal(m, pc);
        }
        break;
      case 0xdc: // to big-endian: swaps
        switch (imm[pc]) {
          case 16:
            r[d] = swap32(r[d]!) >>> 16;
            r[d + 1] = 0;
            break;
          case 32:
            r[d] = swap32(r[d]!);
            r[d + 1] = 0;
            break;
          case 64: {
            const lo = swap32(r[d + 1]!);
            r[d + 1] = swap32(r[d]!);
            r[d] = lo;
            break;
          }
          default:
            illegal(m, pc);
        }
        break;

      // Jumps.
      case 0x05:
        pc += off[pc]!;
        break;
      case 0x06:
        pc += imm[pc]!;
        break;
      case 0x15:
      case 0x1d:
        if (r[d] === bl && r[d + 1] === bh) pc += off[pc]!;
        break;
      case 0x16:
      case 0x1e:
        if (r[d] === bl) pc += off[pc]!;
        break;
      case 0x55:
      case 0x5d:
        if (r[d] !== bl || r[d + 1] !== bh) pc += off[pc]!;
        break;
      case 0x56:
      case 0x5e:
        if (r[d] !== bl) pc += off[pc]!;
        break;
      case 0x45:
      case 0x4d:
        if ((r[d]! & bl) !== 0 || (r[d + 1]! & bh) !== 0) pc += off[pc]!;
        break;
      case 0x46:
      case 0x4e:
        if ((r[d]! & bl) !== 0) pc += off[pc]!;
        break;
      case 0x25:
      case 0x2d:
        if (lessU(bl, bh, r[d]!, r[d + 1]!)) pc += off[pc]!;
        break;
      case 0x26:
      case 0x2e:
        if (r[d]! >>> 0 > bl >>> 0) pc += off[pc]!;
        break;
      case 0x35:
      case 0x3d:
        if (!lessU(r[d]!, r[d + 1]!, bl, bh)) pc += off[pc]!;
        break;
      case 0x36:
      case 0x3e:
        if (r[d]! >>> 0 >= bl >>> 0) pc += off[pc]!;
        break;
      case 0xa5:
      case 0xad:
        if (lessU(r[d]!, r[d + 1]!, bl, bh)) pc += off[pc]!;
        break;
      case 0xa6:
      case 0xae:
        if (r[d]! >>> 0 < bl >>> 0) pc += off[pc]!;
        break;
      case 0xb5:
      case 0xbd:
        if (!lessU(bl, bh, r[d]!, r[d + 1]!)) pc += off[pc]!;
        break;
      case 0xb6:
      case 0xbe:
        if (r[d]! >>> 0 <= bl >>> 0) pc += off[pc]!;
        break;
      case 0x65:
      case 0x6d:
        if (lessS(bl, bh, r[d]!, r[d + 1]!)) pc += off[pc]!;
        break;
      case 0x66:
      case 0x6e:
        if (r[d]! > bl) pc += off[pc]!;
        break;
      case 0x75:
      case 0x7d:
        if (!lessS(r[d]!, r[d + 1]!, bl, bh)) pc += off[pc]!;
        break;
      case 0x76:
      case 0x7e:
        if (r[d]! >= bl) pc += off[pc]!;
        break;
      case 0xc5:
      case 0xcd:
        if (lessS(r[d]!, r[d + 1]!, bl, bh)) pc += off[pc]!;
        break;
      case 0xc6:
      case 0xce:
        if (r[d]! < bl) pc += off[pc]!;
        break;
      case 0xd5:
      case 0xdd:
        if (!lessS(bl, bh, r[d]!, r[d + 1]!)) pc += off[pc]!;
        break;
      case 0xd6:
      case 0xde:
        if (r[d]! <= bl) pc += off[pc]!;
        break;
      case 0xe5: {
        const rest = view.getUint32(CELL_MAY_GOTO, true);
        if (rest === 0) pc += off[pc]!;
        else view.setUint32(CELL_MAY_GOTO, rest - 1, true);
        break;
      }

      case 0x85: {
        m.pc = pc;
        if (s === 2) {
          m.enter(pc + 1, pc + 1 + imm[pc]!);
          pc = m.pc - 1;
        } else if (s === 0 && imm[pc] === HELPER_TAIL_CALL) {
          if (tailCall(m)) {
            pc = returned(m) - 1;
            if (pc === RETURN_TO_HOST - 1) {
              spend(m, quota - left);
              return true;
            }
          }
        } else if (s === 0 && imm[pc] === HELPER_LOOP) {
          pc = startLoop(m, pc + 1) - 1;
        } else {
          const impl = m.callee[pc];
          if (impl === undefined) illegal(m, pc);
          // Callbacks that the helper makes spend from the same budget.
          spend(m, quota - left);
          rest -= quota - left;
          callHelper(m, impl);
          left = Math.min(left, m.budget);
          quota = left;
        }
        break;
      }
      case 0x95:
        pc = returned(m) - 1;
        if (pc === RETURN_TO_HOST - 1) {
          spend(m, quota - left);
          return true;
        }
        break;

      // Loads.
      case 0x71: {
        const at = address(m, pc, s, 1);
        r[d] = at < 0 ? 0 : view.getUint8(at);
        r[d + 1] = 0;
        break;
      }
      case 0x69: {
        const at = address(m, pc, s, 2);
        r[d] = at < 0 ? 0 : view.getUint16(at, true);
        r[d + 1] = 0;
        break;
      }
      case 0x61: {
        const at = address(m, pc, s, 4);
        r[d] = at < 0 ? 0 : view.getInt32(at, true);
        r[d + 1] = 0;
        break;
      }
      case 0x79: {
        const at = address(m, pc, s, 8);
        const hi = at < 0 ? 0 : view.getInt32(at + 4, true);
        r[d] = at < 0 ? 0 : view.getInt32(at, true);
        r[d + 1] = hi;
        break;
      }
      case 0x91: {
        const at = address(m, pc, s, 1);
        const lo = at < 0 ? 0 : view.getInt8(at);
        r[d] = lo;
        r[d + 1] = lo >> 31;
        break;
      }
      case 0x89: {
        const at = address(m, pc, s, 2);
        const lo = at < 0 ? 0 : view.getInt16(at, true);
        r[d] = lo;
        r[d + 1] = lo >> 31;
        break;
      }
      case 0x81: {
        const at = address(m, pc, s, 4);
        const lo = at < 0 ? 0 : view.getInt32(at, true);
        r[d] = lo;
        r[d + 1] = lo >> 31;
        break;
      }
      case 0x18:
        r[d] = imm[pc]!;
        r[d + 1] = imm[pc + 1]!;
        pc++;
        break;
      case 0x20:
      case 0x28:
      case 0x30:
      case 0x40:
      case 0x48:
      case 0x50: {
        m.pc = pc;
        const size = (op & 0x18) === 0 ? 4 : (op & 0x18) === 8 ? 2 : 1;
        const value = m.env.loadPacket((imm[pc]! + ((op & 0xe0) === 0x40 ? r[s]! : 0)) | 0, size);
        r[0] = Math.max(value, 0);
        r[1] = 0;
        if (value < 0) {
          pc = returned(m) - 1;
          if (pc === RETURN_TO_HOST - 1) {
            spend(m, quota - left);
            return true;
          }
        }
        break;
      }

      // Stores.
      case 0x72:
        view.setInt8(storeAddress(m, pc, d, 1), bl);
        break;
      case 0x6a:
        view.setInt16(storeAddress(m, pc, d, 2), imm[pc]!, true);
        break;
      case 0x62:
        view.setInt32(storeAddress(m, pc, d, 4), bl, true);
        break;
      case 0x7a: {
        const at = storeAddress(m, pc, d, 8);
        view.setInt32(at, imm[pc]!, true);
        view.setInt32(at + 4, imm[pc]! >> 31, true);
        break;
      }
      case 0x73:
        view.setInt8(storeAddress(m, pc, d, 1), r[s]!);
        break;
      case 0x6b:
        view.setInt16(storeAddress(m, pc, d, 2), r[s]!, true);
        break;
      case 0x63:
        view.setInt32(storeAddress(m, pc, d, 4), r[s]!, true);
        break;
      case 0x7b: {
        const at = storeAddress(m, pc, d, 8);
        view.setInt32(at, r[s]!, true);
        view.setInt32(at + 4, r[s + 1]!, true);
        break;
      }
      case 0xc3:
      case 0xdb:
      case 0xcb:
      case 0xd3:
        atomic(m, pc, op, d, s);
        break;

      default:
        illegal(m, pc);
    }
    pc++;
  }
}

function spend(m: Machine, insns: number): void {
  m.executed += insns;
  m.budget -= insns;
}

/** Address of a load through the register at regs[s]; -1 where a guarded load must read as zero. */
function address(m: Machine, pc: number, s: number, sizeBytes: number): number {
  const off = m.insns.off[pc]!;
  const at = (m.regs[s]! >>> 0) + off;
  if (m.checked || m.regs[s + 1] !== 0 || at < 0x1000 || at + sizeBytes > m.memoryBytes) {
    m.pc = pc;
    return m.slowAddress(s >> 1, off, sizeBytes, false);
  }
  return at;
}

function storeAddress(m: Machine, pc: number, d: number, sizeBytes: number): number {
  const off = m.insns.off[pc]!;
  const at = (m.regs[d]! >>> 0) + off;
  if (m.checked || m.regs[d + 1] !== 0 || at < 0x1000 || at + sizeBytes > m.memoryBytes) {
    m.pc = pc;
    return m.slowAddress(d >> 1, off, sizeBytes, true);
  }
  return at;
}

function lessU(al: number, ah: number, bl: number, bh: number): boolean {
  return ah === bh ? al >>> 0 < bl >>> 0 : ah >>> 0 < bh >>> 0;
}

function lessS(al: number, ah: number, bl: number, bh: number): boolean {
  return ah === bh ? al >>> 0 < bl >>> 0 : ah < bh;
}

function illegal(m: Machine, pc: number): never {
  m.pc = pc;
  return m.fail("run/insn", `opcode 0x${m.insns.code[pc]!.toString(16)} with these fields is no instruction`);
}

/** The current function returns. The insn to go on at, or RETURN_TO_HOST. */
function returned(m: Machine): number {
  const at = (m.depth - 1) * FRAME_WORDS;
  const { frames, regs } = m;
  if (frames[at + FRAME_LOOP] === 1) {
    const i = frames[at + FRAME_LOOP_I]! + 1;
    const again = regs[0] === 0 && regs[1] === 0 && i < frames[at + FRAME_LOOP_N]!;
    if (again) {
      frames[at + FRAME_LOOP_I] = i;
      loopArgs(m, at, i);
      return m.loopStart[m.depth - 1]!;
    }
    regs[0] = i;
    regs[1] = 0;
  }
  return m.leave();
}

/** bpf_loop(nr r1, callback r2, ctx r3, flags r4), run within the machine so that its insns can be stepped. */
function startLoop(m: Machine, next: number): number {
  const r = m.regs;
  const count = r[2]! >>> 0;
  const start = callbackStart(m, r[4]!);
  let error = 0;
  if ((r[8]! | r[9]!) !== 0) error = -EINVAL;
  else if (count > MAX_LOOPS) error = -E2BIG;
  if (error !== 0 || count === 0) {
    r[0] = error;
    r[1] = error >> 31;
    return next;
  }
  const lo = r[6]!;
  const hi = r[7]!;
  m.enter(next, start);
  const at = (m.depth - 1) * FRAME_WORDS;
  const { frames } = m;
  frames[at + FRAME_LOOP] = 1;
  frames[at + FRAME_LOOP_I] = 0;
  frames[at + FRAME_LOOP_N] = count;
  frames[at + FRAME_LOOP_CTX] = lo;
  m.loopCtxHi[m.depth - 1] = hi;
  m.loopStart[m.depth - 1] = start;
  loopArgs(m, at, 0);
  return start;
}

function loopArgs(m: Machine, at: number, i: number): void {
  const r = m.regs;
  r[2] = i;
  r[3] = 0;
  r[4] = m.frames[at + FRAME_LOOP_CTX]!;
  r[5] = m.loopCtxHi[m.depth - 1]!;
}

function atomic(m: Machine, pc: number, op: number, d: number, s: number): void {
  const r = m.regs;
  const { view } = m;
  const kind = m.insns.imm[pc]!;
  const bytes = op === 0xdb ? 8 : op === 0xc3 ? 4 : op === 0xcb ? 2 : 1;
  if (kind === 0x100) {
    loadAcquire(m, pc, d, s, bytes);
    return;
  }
  const at = storeAddress(m, pc, d, bytes);
  if (kind === 0x110) {
    if (bytes === 1) view.setInt8(at, r[s]!);
    else if (bytes === 2) view.setInt16(at, r[s]!, true);
    else view.setInt32(at, r[s]!, true);
    if (bytes === 8) view.setInt32(at + 4, r[s + 1]!, true);
    return;
  }
  if (bytes < 4) illegal(m, pc);
  const wideOp = bytes === 8;
  const lo = view.getInt32(at, true);
  const hi = wideOp ? view.getInt32(at + 4, true) : 0;
  const bl = r[s]!;
  const bh = wideOp ? r[s + 1]! : 0;
  let nl = 0;
  let nh = 0;
  switch (kind) {
    case 0x00:
    case 0x01:
      nl = (lo + bl) | 0;
      nh = (hi + bh + (nl >>> 0 < bl >>> 0 ? 1 : 0)) | 0;
      break;
    case 0x40:
    case 0x41:
      nl = lo | bl;
      nh = hi | bh;
      break;
    case 0x50:
    case 0x51:
      nl = lo & bl;
      nh = hi & bh;
      break;
    case 0xa0:
    case 0xa1:
      nl = lo ^ bl;
      nh = hi ^ bh;
      break;
    case 0xe1:
      nl = bl;
      nh = bh;
      break;
    case 0xf1: {
      const same = lo === r[0] && (!wideOp || hi === r[1]);
      nl = same ? bl : lo;
      nh = same ? bh : hi;
      r[0] = lo;
      r[1] = hi;
      break;
    }
    default:
      illegal(m, pc);
  }
  view.setInt32(at, nl, true);
  if (wideOp) view.setInt32(at + 4, nh, true);
  if ((kind & 1) === 1 && kind !== 0xf1) {
    r[s] = lo;
    r[s + 1] = hi;
  }
}

function loadAcquire(m: Machine, pc: number, d: number, s: number, bytes: number): void {
  const r = m.regs;
  const at = address(m, pc, s, bytes);
  const hi = at >= 0 && bytes === 8 ? m.view.getInt32(at + 4, true) : 0;
  if (at < 0) r[d] = 0;
  else if (bytes === 1) r[d] = m.view.getUint8(at);
  else if (bytes === 2) r[d] = m.view.getUint16(at, true);
  else r[d] = m.view.getInt32(at, true);
  r[d + 1] = hi;
}

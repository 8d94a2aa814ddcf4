/**
 * Small programs with the kernel's verdict on each: one or more for each class of rejection, and programs beside them that
 * are right. verify.live.test.ts asks the running kernel for the same.
 */
import { BPF_PROG_TYPE_SCHED_CLS, BPF_PROG_TYPE_SOCKET_FILTER, BPF_PROG_TYPE_XDP } from "../../src/abi/prog-types.ts";

export interface Case {
  readonly name: string;
  readonly type: number;
  readonly text: string;
  /** The kernel's last sentence; null where it accepts. */
  readonly kernel: string | null;
  readonly license?: string;
}

const SK = BPF_PROG_TYPE_SOCKET_FILTER;
const XDP = BPF_PROG_TYPE_XDP;
const TC = BPF_PROG_TYPE_SCHED_CLS;

const LOOKUP = `
  *(u32 *)(r10 - 4) = 0
  r2 = r10
  r2 += -4
  r1 = map[array] ll
  call bpf_map_lookup_elem
`;
const HASHED = `
  *(u64 *)(r10 - 8) = 0
  r2 = r10
  r2 += -8
  r1 = map[hash] ll
  call bpf_map_lookup_elem
`;
const FOUND = `${LOOKUP}
  if r0 != 0 goto +2
  r0 = 0
  exit
`;
const PACKET = `
  r2 = *(u32 *)(r1 + 0)
  r3 = *(u32 *)(r1 + 4)
`;
const DONE = "r0 = 0\nexit";

const ok = (name: string, type: number, text: string): Case => ({ name, type, text, kernel: null });
const no = (name: string, type: number, kernel: string, text: string): Case => ({ name, type, text, kernel });

export const CASES: readonly Case[] = [
  ok("the smallest", SK, DONE),
  // Registers
  no("a register never written", SK, "R2 !read_ok", "r0 = r2\nexit"),
  no("no result", SK, "R0 !read_ok", "exit"),
  no("an argument after a call", SK, "R1 !read_ok", "call bpf_ktime_get_ns\nr0 = r1\nexit"),
  no("the frame pointer is written", SK, "frame pointer is read only", "r10 = 1\nr0 = 0\nexit"),
  // Control flow
  no("falls off the end", SK, "last insn is not an exit or jmp", "r0 = 0"),
  no("an insn that nothing reaches", SK, "unreachable insn 1", "goto +1\nr0 = 1\nr0 = 0\nexit"),
  no("a jump out of the program", SK, "jump out of range from insn 0 to 9", "goto +8\nr0 = 0\nexit"),
  no("an endless loop", SK, "infinite loop detected at insn 1", "r0 = 0\nif r0 == 0 goto -1\nexit"),
  ok("a loop that ends", SK, "r0 = 0\nl: r0 += 1\nif r0 < 100 goto l\nexit"),
  // Map values
  no(
    "a map value that may be null",
    SK,
    "R0 invalid mem access 'map_value_or_null'",
    `${HASHED} r0 = *(u8 *)(r0 + 0)\nexit`,
  ),
  ok("an array's value under a constant index is never null", SK, `${LOOKUP} r0 = *(u8 *)(r0 + 0)\nexit`),
  ok("a map value within", SK, `${FOUND} r0 = *(u64 *)(r0 + 8)\nexit`),
  no(
    "a map value outside",
    SK,
    "R0 min value is outside of the allowed memory range",
    `${FOUND} r1 = *(u64 *)(r0 + 0)\nr1 &= 7\nr0 += r1\nr0 = *(u64 *)(r0 - 8)\nexit`,
  ),
  no(
    "a map value behind",
    SK,
    "invalid access to map value, value_size=16 off=9 size=8",
    `${FOUND} r0 = *(u64 *)(r0 + 9)\nexit`,
  ),
  no(
    "an index without a bound",
    SK,
    "math between map_value pointer and register with unbounded min value is not allowed",
    `r6 = *(u32 *)(r1 + 0)\n${FOUND} r1 = *(u64 *)(r0 + 0)\nr0 += r1\nr0 = *(u8 *)(r0 + 0)\nexit`,
  ),
  ok("an index with a mask", SK, `${FOUND} r1 = *(u64 *)(r0 + 0)\nr1 &= 15\nr0 += r1\nr0 = *(u8 *)(r0 + 0)\nexit`),
  no(
    "an index checked one too far",
    SK,
    "R0 max value is outside of the allowed memory range",
    `${FOUND} r1 = *(u64 *)(r0 + 0)\nif r1 > 16 goto +2\nr0 += r1\nr0 = *(u8 *)(r0 + 0)\nr0 = 0\nexit`,
  ),
  // Packets
  no("a packet without a check", XDP, "R2 offset is outside of the packet", `${PACKET} r0 = *(u8 *)(r2 + 0)\nexit`),
  no(
    "a packet checked one too short",
    XDP,
    "R2 offset is outside of the packet",
    `${PACKET} r4 = r2\nr4 += 13\nif r4 > r3 goto +1\nr0 = *(u16 *)(r2 + 12)\nr0 = 2\nexit`,
  ),
  ok("a packet checked", XDP, `${PACKET} r4 = r2\nr4 += 14\nif r4 > r3 goto +1\nr0 = *(u16 *)(r2 + 12)\nr0 = 2\nexit`),
  no(
    "a packet pointer that a helper made stale",
    XDP,
    "R7 invalid mem access 'scalar'",
    `r6 = r1\n${PACKET} r7 = r2\nr4 = r2\nr4 += 14\nif r4 > r3 goto +5\nr1 = r6\nr2 = 0\ncall bpf_xdp_adjust_head\nr7 = *(u8 *)(r7 + 0)\nr0 = 2\nr0 = 2\nexit`,
  ),
  // Pointers
  no("a number as a pointer", SK, "R1 invalid mem access 'scalar'", "r1 = 1\nr0 = *(u8 *)(r1 + 0)\nexit"),
  no("two pointers added", SK, "R1 pointer += pointer prohibited", "r1 += r10\nr0 = 0\nexit"),
  no(
    "a pointer multiplied",
    SK,
    "R2 pointer arithmetic with *= operator prohibited",
    "r1 = 4\nr2 = r10\nr2 *= r1\nr0 = 0\nexit",
  ),
  no("a pointer's low half", SK, "R1 32-bit pointer arithmetic prohibited", "w1 += 1\nr0 = 0\nexit"),
  // Stack
  no("below the stack", SK, "invalid write to stack R10 off=-520 size=8", `*(u64 *)(r10 - 520) = 0\n${DONE}`),
  no("above the stack", SK, "invalid write to stack R10 off=0 size=8", `*(u64 *)(r10 + 0) = 0\n${DONE}`),
  ok("a stack slot written and read", SK, "*(u64 *)(r10 - 8) = 1\nr0 = *(u64 *)(r10 - 8)\nexit"),
  no(
    "part of a spilled pointer",
    SK,
    "invalid size of register fill",
    "*(u64 *)(r10 - 8) = r1\nr0 = *(u32 *)(r10 - 8)\nr0 = 0\nexit",
  ),
  ok("a pointer spilled and filled", SK, "*(u64 *)(r10 - 8) = r1\nr2 = *(u64 *)(r10 - 8)\nr0 = *(u32 *)(r2 + 0)\nexit"),
  // Context
  no("outside the context", SK, "invalid bpf_context access off=400 size=4", "r0 = *(u32 *)(r1 + 400)\nexit"),
  no(
    "a field that may not be written",
    XDP,
    "invalid bpf_context access off=0 size=4",
    `*(u32 *)(r1 + 0) = 1\n${DONE}`,
  ),
  ok("a field of the context written", TC, `*(u32 *)(r1 + 8) = 1\n${DONE}`),
  // Helpers
  no("a helper that does not exist", SK, "invalid func unknown#9999", `call 9999\n${DONE}`),
  no(
    "a helper of another type of program",
    SK,
    "program of this type cannot use helper bpf_xdp_adjust_head#44",
    `r2 = 0\ncall bpf_xdp_adjust_head\n${DONE}`,
  ),
  {
    name: "a helper for the GPL",
    type: TC,
    license: "Proprietary",
    kernel: "cannot call GPL-restricted function from non-GPL compatible program",
    text: `r1 = r10\nr1 += -8\nr2 = 8\nr3 = 0\ncall bpf_probe_read_kernel\n${DONE}`,
  },
  no(
    "an argument of the wrong type",
    SK,
    "R1 type=ctx expected=map_ptr",
    `r2 = r10\ncall bpf_map_lookup_elem\n${DONE}`,
  ),
  // References
  no(
    "a record that is never given back",
    SK,
    "Unreleased reference id=2 alloc_insn=4",
    "r1 = map[ring] ll\nr2 = 8\nr3 = 0\ncall bpf_ringbuf_reserve\nif r0 != 0 goto +0\nr0 = 0\nexit",
  ),
  ok(
    "a record submitted",
    SK,
    "r1 = map[ring] ll\nr2 = 8\nr3 = 0\ncall bpf_ringbuf_reserve\nif r0 == 0 goto +4\n*(u64 *)(r0 + 0) = 1\nr1 = r0\nr2 = 0\ncall bpf_ringbuf_submit\nr0 = 0\nexit",
  ),
  no(
    "a record used after it was submitted",
    SK,
    "R6 invalid mem access 'scalar'",
    "r1 = map[ring] ll\nr2 = 8\nr3 = 0\ncall bpf_ringbuf_reserve\nif r0 == 0 goto +5\nr6 = r0\nr1 = r0\nr2 = 0\ncall bpf_ringbuf_submit\nr6 = *(u64 *)(r6 + 0)\nr0 = 0\nexit",
  ),
  // Arithmetic
  no("a division by zero", SK, "div by zero", "r0 = 1\nr0 /= 0\nexit"),
  no("a shift too far", SK, "invalid shift 64", "r0 = 1\nr0 <<= 64\nexit"),
];

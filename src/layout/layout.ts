/**
 * Where things lie in a runtime's linear memory. A BPF pointer is a byte offset into it (upper 32 bits zero).
 *
 *     0x0000_0000  null page        nothing: an access here is a null dereference
 *     0x0000_1000  cells            words shared by generated code and TypeScript (CELL_*)
 *     0x0000_2000  stack            STACK_BYTES, grows down from STACK_TOP; each frame takes FRAME_BYTES
 *     0x0001_0000  ctx              the current event's context (uapi layout), CTX_BYTES
 *     0x0002_0000  packet slots     PACKET_SLOTS slots of PACKET_SLOT_BYTES: headroom, data, tailroom
 *     HEAP_BASE    heap             map descriptors, map storage, ring buffers, ... handed out by runtime/heap.ts
 *
 * The memory is created with initial = maximum, so its buffer is never detached and views of it stay valid; untouched
 * pages cost address space only.
 */

export const NULL_PAGE_BYTES = 0x1000;

export const CELLS_BASE = 0x1000;
/** Upper 32 bits of a 64-bit helper result (see engine/engine.ts), u32. */
export const CELL_RET_HI = 0x1000;
/** Upper 32 bits of the last program's r0, u32. */
export const CELL_R0_HI = 0x1004;
/** Tail calls made by the running program, u32; reset by the hook before each run. */
export const CELL_TAIL_CALLS = 0x1008;
/** CPU that the current event runs on, u32: selects the per-CPU slot. */
export const CELL_CPU = 0x100c;
/** Remaining may_goto budget of the running program, u32. */
export const CELL_MAY_GOTO = 0x1010;

export const STACK_BASE = 0x2000;
/** r10 of the main program's frame. */
export const STACK_TOP = 0x10000;
export const STACK_BYTES: number = STACK_TOP - STACK_BASE;
export const FRAME_BYTES = 512;

export const CTX_BASE = 0x10000;
export const CTX_BYTES = 0x10000;

export const PACKETS_BASE = 0x20000;
/** 256 headroom (XDP_PACKET_HEADROOM) + 64 KiB of data + 1 KiB of tailroom, rounded up. */
export const PACKET_SLOT_BYTES = 0x11000;
export const PACKET_SLOTS = 4;
export const XDP_PACKET_HEADROOM = 256;

export const HEAP_BASE = 0x80000;

/**
 * The map descriptor: what `LD_IMM64 map` yields the address of. Generated code and map code in every engine read it.
 * All words u32. Words from MAP_EXT on belong to the map type.
 */
export const MAP_TYPE = 0;
export const MAP_KEY_SIZE = 4;
export const MAP_VALUE_SIZE = 8;
export const MAP_MAX_ENTRIES = 12;
export const MAP_FLAGS = 16;
export const MAP_ID = 20;
/** Entries in use, where the type counts them. */
export const MAP_COUNT = 24;
/** Address of the first value (arrays), of the bucket table (hashes), of the ring (ring buffers). */
export const MAP_DATA = 28;
/** Bytes from one value to the next: value size rounded up to 8. */
export const MAP_STRIDE = 32;
/** Bytes from one CPU's values to the next for per-CPU types, else 0. */
export const MAP_CPU_STRIDE = 36;
export const MAP_EXT = 40;
/** Not 0 where the map module (runtime/maps/map-module.ts) may update and delete: no special fields, no other bookkeeping. */
export const MAP_PLAIN = 116;
/** Index in the runtime's table of live maps: the embedded target's own. */
export const MAP_SLOT = 120;
export const MAP_DESC_BYTES = 128;

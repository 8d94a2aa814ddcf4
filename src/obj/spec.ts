/**
 * What an object file says, as plain data. Making a spec is pure; nothing here is live.
 *
 *     bytes --parseObject--> ObjSpec --relocateCore(kernel BTF)--> ObjSpec --resolve(values)--> ResolvedProg
 *                                                                    --verify--> VerifiedProg --Target--> live
 */
import type { BtfView } from "../btf/types.ts";
import type { InsnBuf } from "../isa/insn.ts";

export interface ObjSpec {
  /** File name or whatever the caller calls it. */
  readonly name: string;
  /** Content of the `license` section, "" where there is none. */
  readonly license: string;
  /** Content of the `version` section (LINUX_VERSION_CODE), where there is one: kernels before 5.0 want it for kprobes. */
  readonly kernelVersion?: number;
  readonly programs: readonly ProgSpec[];
  readonly maps: readonly MapSpec[];
  /** Externs in .kconfig, in the order of their offsets in the .kconfig map. */
  readonly kconfig: readonly KconfigExtern[];
  readonly btf: BtfView | null;
}

export type GlobalSection = "data" | "rodata" | "bss" | "kconfig";

export interface MapSpec {
  readonly name: string;
  /** BPF_MAP_TYPE_*. */
  readonly type: number;
  readonly keySize: number;
  readonly valueSize: number;
  readonly maxEntries: number;
  /** BPF_F_*. */
  readonly flags: number;
  readonly mapExtra: bigint;
  readonly numaNode: number;
  /** LIBBPF_PIN_BY_NAME or none. */
  readonly pinByName: boolean;
  /** Types of key and value in the object's BTF, 0 where unknown. */
  readonly keyTypeId: number;
  readonly valueTypeId: number;
  /** BTF these ids belong to; null with ids 0. */
  readonly btf: BtfView | null;
  /** Template of the inner maps for ARRAY_OF_MAPS and HASH_OF_MAPS. */
  readonly inner: MapSpec | null;
  /** Initial slots of map-in-map and prog arrays: names within the same object. */
  readonly slots: readonly MapSlot[];
  /** Set where the map holds a global section; `initial` is then its content (all zero for bss). */
  readonly global: GlobalSection | null;
  /** Also set for an arena with globals (they begin at its first byte) and for struct_ops (the object's own struct). */
  readonly initial: Uint8Array | null;
  /** Name of the struct type for struct_ops maps. */
  readonly structOps: StructOpsSpec | null;
}

export interface MapSlot {
  readonly index: number;
  readonly kind: "map" | "prog";
  readonly name: string;
}

export interface StructOpsSpec {
  readonly typeName: string;
  readonly typeId: number;
  /** Byte offset in the value -> program name. */
  readonly progs: readonly { readonly offBytes: number; readonly name: string }[];
  /** False for sections that begin with '?': made only where someone asks. */
  readonly autocreate: boolean;
}

export interface KconfigExtern {
  /** "CONFIG_HZ", "LINUX_KERNEL_VERSION", "LINUX_HAS_SYSCALL_WRAPPER", ... */
  readonly name: string;
  readonly typeId: number;
  readonly offBytes: number;
  readonly sizeBytes: number;
  readonly weak: boolean;
}

export interface ProgSpec {
  readonly name: string;
  /** ELF section name as written: "xdp", "tp/syscalls/sys_enter_openat", "?fentry/x". */
  readonly section: string;
  /** BPF_PROG_TYPE_*; 0 where the section name says nothing. */
  readonly type: number;
  /** BPF_*: enum bpf_attach_type; 0 where it does not matter. */
  readonly expectedAttachType: number;
  /** What follows the first '/' where that names a target, else "". */
  readonly attachTo: string;
  readonly sleepable: boolean;
  /** BPF_F_XDP_HAS_FRAGS and the like. */
  readonly flags: number;
  /** False for sections that begin with '?'. */
  readonly autoload: boolean;
  /** Main program first, then each subprogram it reaches, linked as libbpf does. Calls are pc-relative already. */
  readonly insns: InsnBuf;
  /** Where each function begins, ascending; [0] is the main program at 0. */
  readonly funcs: readonly FuncInfo[];
  readonly lines: readonly LineInfo[];
  /** Ascending by insnIdx. */
  readonly relocs: readonly ProgReloc[];
  readonly coreRelos: readonly CoreRelo[];
}

export interface FuncInfo {
  readonly insnIdx: number;
  readonly name: string;
  /** BTF func type id, 0 where the object has no BTF.ext. */
  readonly typeId: number;
  /** Global functions are verified on their own; static ones at each call. */
  readonly linkage: "static" | "global";
}

export interface LineInfo {
  readonly insnIdx: number;
  readonly file: string;
  /** Text of the source line, as the compiler stored it. */
  readonly text: string;
  /** From 1. */
  readonly line: number;
  /** From 1; 0 where unknown. */
  readonly col: number;
}

export type ProgReloc =
  /** LD_IMM64 of a map's address. */
  | { readonly kind: "map"; readonly insnIdx: number; readonly map: string }
  /** LD_IMM64 of an address within a global section (or any array map's first value). */
  | { readonly kind: "mapValue"; readonly insnIdx: number; readonly map: string; readonly offBytes: number }
  /** CALL of a kernel function declared `__ksym`; typeId is its BTF func in the object. */
  | {
      readonly kind: "kfunc";
      readonly insnIdx: number;
      readonly name: string;
      readonly typeId: number;
      readonly weak: boolean;
    }
  /**
   * LD_IMM64 of a kernel variable declared `__ksym`; typeId is its BTF var's type, 0 for `void`. With `func`, the address
   * of a kernel function (to test whether it exists); typeId is then its proto.
   */
  | {
      readonly kind: "ksym";
      readonly insnIdx: number;
      readonly name: string;
      readonly typeId: number;
      readonly weak: boolean;
      readonly func?: boolean;
    };

/** enum bpf_core_relo_kind, include/uapi/linux/bpf.h. */
export type CoreReloKind =
  | "field_byte_offset"
  | "field_byte_size"
  | "field_exists"
  | "field_signed"
  | "field_lshift_u64"
  | "field_rshift_u64"
  | "type_id_local"
  | "type_id_target"
  | "type_exists"
  | "type_size"
  | "enumval_exists"
  | "enumval_value"
  | "type_matches";

export interface CoreRelo {
  readonly insnIdx: number;
  readonly typeId: number;
  /** "0:1:2", as clang wrote it. */
  readonly access: string;
  readonly kind: CoreReloKind;
}

/** A module of a kernel, with its own types behind those of vmlinux. */
export interface KernelModule {
  readonly name: string;
  /** Id of the first type that is the module's own. */
  readonly firstId: number;
  readonly btf: BtfView;
}

/**
 * A program ready to be verified: CO-RE applied, externs given values, and every map named by its index in `maps`:
 * LD_IMM64 has src BPF_PSEUDO_MAP_IDX (imm = index) or BPF_PSEUDO_MAP_IDX_VALUE (imm = index, next slot's imm = offset).
 * Callbacks are LD_IMM64 with src BPF_PSEUDO_FUNC and a pc-relative imm. kfunc calls and ksyms carry ids of `kernelBtf`.
 * What a module has is told by its number in `modules`, from 1 on: in a kfunc call's off, and in a ksym's next imm.
 * This is the form that bpf(2) takes with an fd_array, too.
 */
export interface ResolvedProg {
  readonly spec: ProgSpec;
  readonly insns: InsnBuf;
  readonly maps: readonly MapSpec[];
  readonly license: string;
  readonly btf: BtfView | null;
  readonly kernelBtf: BtfView | null;
  /** Whose kfuncs and variables the program uses; absent for none. */
  readonly modules?: readonly KernelModule[];
}

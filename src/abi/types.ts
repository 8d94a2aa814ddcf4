/** Shapes of the rows in the abi tables. One table a subject; verifier, runtime, headers and docs all read it. */

/** Kernel version as "5.8"; compare with `since.ts`. */
export type Since = string;

/** enum bpf_arg_type without its modifiers, include/linux/bpf.h. */
export type ArgBase =
  | "dontcare"
  | "const_map_ptr"
  | "map_key"
  | "map_value"
  | "mem"
  | "const_size"
  | "const_size_or_zero"
  | "ctx"
  | "anything"
  | "spin_lock"
  | "sock_common"
  | "socket"
  | "btf_id"
  | "ringbuf_mem"
  | "const_alloc_size_or_zero"
  | "btf_id_sock_common"
  | "percpu_btf_id"
  | "func"
  | "stack"
  | "const_str"
  | "timer"
  | "kptr_dest"
  | "dynptr"
  | "arena";

export interface HelperArg {
  readonly type: ArgBase;
  readonly maybeNull?: true;
  /** MEM_UNINIT: the helper writes it; it need not be initialised. */
  readonly uninit?: true;
  /** MEM_WRITE. */
  readonly write?: true;
  readonly rdonly?: true;
  readonly aligned?: true;
  readonly release?: true;
  /** MEM_FIXED_SIZE: the size in bytes. */
  readonly fixedSize?: number;
  /** DYNPTR_TYPE_*. */
  readonly dynptr?: "local" | "ringbuf" | "skb" | "xdp";
  /** Name of the kernel struct for btf_id arguments. */
  readonly btfName?: string;
}

export type RetBase =
  | "integer"
  | "void"
  | "map_value"
  | "socket"
  | "tcp_sock"
  | "sock_common"
  | "mem"
  | "mem_or_btf_id"
  | "btf_id"
  | "dynptr_mem";

export interface HelperRet {
  readonly type: RetBase;
  readonly maybeNull?: true;
  readonly ringbuf?: true;
  readonly trusted?: true;
  /** MEM_RDONLY. */
  readonly rdonly?: true;
  /** Struct of a btf_id result; absent where the verifier decides by the arguments (kptr_xchg). */
  readonly btfName?: string;
}

/** What struct bpf_func_proto says of a helper. */
export interface HelperVariant {
  readonly ret: HelperRet;
  /** 0 to 5 of them; unused ones left out. */
  readonly args: readonly HelperArg[];
  readonly gplOnly?: true;
  /** The helper reads packet memory through its arguments: packet pointers may be passed. */
  readonly pktAccess?: true;
  /** Packet pointers are stale after it (bpf_helper_changes_pkt_data). */
  readonly changesPkt?: true;
  readonly mightSleep?: true;
  /** bpf_fastcall: only r0 and the registers of the arguments are clobbered. */
  readonly fastcall?: true;
}

/** One of the helpers of enum bpf_func_id, as most program types see it. */
export interface HelperRow extends HelperVariant {
  readonly id: number;
  /** Without the "bpf_" prefix: "map_lookup_elem". */
  readonly name: string;
  readonly since: Since;
  /** Forms that some program types get instead, by a name that prog-helpers.ts refers to. */
  readonly variants?: Readonly<Record<string, HelperVariant>>;
  /** C prototype as bpf_helper_defs.h spells it: "void *bpf_map_lookup_elem(void *map, const void *key)". */
  readonly proto: string;
}

export interface MapTypeRow {
  readonly id: number;
  /** "BPF_MAP_TYPE_HASH". */
  readonly name: string;
  /** bpftool's word: "hash". */
  readonly word: string;
  readonly since: Since;
}

export interface ProgTypeRow {
  readonly id: number;
  /** "BPF_PROG_TYPE_XDP". */
  readonly name: string;
  /** bpftool's word: "xdp". */
  readonly word: string;
  /** Name of the uapi ctx struct: "xdp_md"; "" where ctx is not a table. */
  readonly ctx: string;
  readonly since: Since;
}

/** What a load of a ctx field yields. */
export type CtxYield =
  | "scalar"
  | "packet"
  | "packet_end"
  | "packet_meta"
  | "flow_keys"
  | "socket"
  | "sock_common"
  | "xdp_sock"
  /** BPF_PROG_TYPE_RAW_TRACEPOINT_WRITABLE's buffer: PTR_TO_TP_BUFFER. */
  | "tp_buffer"
  | "btf_id";

/** One field of a uapi ctx struct. */
export interface CtxField {
  /** "" for padding that may be read. */
  readonly name: string;
  readonly offBytes: number;
  /** Of the whole field; arrays have elements of `elemBytes`. */
  readonly sizeBytes: number;
  readonly elemBytes?: number;
  readonly read: boolean;
  readonly write: boolean;
  /** Narrower aligned reads are allowed (bpf_ctx_narrow_access_ok). */
  readonly narrow: boolean;
  /** Narrow reads at the field's first byte only. */
  readonly atStart?: true;
  /** Narrow reads, but not of fewer bytes than this. */
  readonly minBytes?: number;
  /** Aligned 8-byte access to two elements of an array is allowed (bpf_ctx_wide_access_ok). */
  readonly wide?: true;
  /** Reads and writes of any aligned size within the field. */
  readonly anySize?: true;
  /** A 4-byte read at the start is allowed although the field is narrower: it was once wider. */
  readonly once32?: true;
  /** What a full read yields; "scalar" if omitted. */
  readonly yields?: CtxYield;
  readonly maybeNull?: true;
  /** Kernel struct of a btf_id; such pointers are trusted. */
  readonly btfName?: string;
  /** Prog type words that may (not) use it, where narrower than the struct's. */
  readonly onlyFor?: readonly string[];
  readonly notFor?: readonly string[];
  /** Prog type words that may write it, where not all may. */
  readonly writeFor?: readonly string[];
  /** Attach types (BPF_*) whose programs may use it, where not all may. */
  readonly attach?: readonly number[];
  /** Attach types whose programs may write it, where not all of `attach` may. */
  readonly writeAttach?: readonly number[];
  readonly since?: Since;
}

export interface CtxLayout {
  /** "__sk_buff". */
  readonly name: string;
  readonly sizeBytes: number;
  readonly fields: readonly CtxField[];
}

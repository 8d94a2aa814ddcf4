/**
 * Flag words and result codes of the BPF uapi, in the kernel's spelling, grouped by where they are used.
 * Source: include/uapi/linux/bpf.h and pkt_cls.h of 6.18. Values above 2^32 are given as bigint with the suffix noted.
 */

// map update, lookup and delete
export const BPF_ANY = 0;
export const BPF_NOEXIST = 1;
export const BPF_EXIST = 2;
export const BPF_F_LOCK = 4;

// map_flags of BPF_MAP_CREATE
export const BPF_F_NO_PREALLOC = 0x1;
export const BPF_F_NO_COMMON_LRU = 0x2;
export const BPF_F_NUMA_NODE = 0x4;
export const BPF_F_RDONLY = 0x8;
export const BPF_F_WRONLY = 0x10;
export const BPF_F_STACK_BUILD_ID = 0x20;
export const BPF_F_ZERO_SEED = 0x40;
export const BPF_F_RDONLY_PROG = 0x80;
export const BPF_F_WRONLY_PROG = 0x100;
export const BPF_F_CLONE = 0x200;
export const BPF_F_MMAPABLE = 0x400;
export const BPF_F_PRESERVE_ELEMS = 0x800;
export const BPF_F_INNER_MAP = 0x1000;
export const BPF_F_LINK = 0x2000;
export const BPF_F_PATH_FD = 0x4000;
export const BPF_F_VTYPE_BTF_OBJ_FD = 0x8000;
export const BPF_F_TOKEN_FD = 0x10000;
export const BPF_F_SEGV_ON_FAULT = 0x20000;
export const BPF_F_NO_USER_CONV = 0x40000;

// prog_flags of BPF_PROG_LOAD
export const BPF_F_STRICT_ALIGNMENT = 0x1;
export const BPF_F_ANY_ALIGNMENT = 0x2;
export const BPF_F_TEST_RND_HI32 = 0x4;
export const BPF_F_TEST_STATE_FREQ = 0x8;
export const BPF_F_SLEEPABLE = 0x10;
export const BPF_F_XDP_HAS_FRAGS = 0x20;
export const BPF_F_XDP_DEV_BOUND_ONLY = 0x40;
export const BPF_F_TEST_REG_INVARIANTS = 0x80;

// log_level of BPF_PROG_LOAD and BPF_BTF_LOAD: include/linux/bpf_verifier.h
export const BPF_LOG_LEVEL1 = 1;
export const BPF_LOG_LEVEL2 = 2;
export const BPF_LOG_STATS = 4;
export const BPF_LOG_FIXED = 8;

// BPF_PROG_ATTACH, BPF_LINK_CREATE, BPF_PROG_QUERY
export const BPF_F_ALLOW_OVERRIDE = 0x1;
export const BPF_F_ALLOW_MULTI = 0x2;
export const BPF_F_REPLACE = 0x4;
export const BPF_F_BEFORE = 0x8;
export const BPF_F_AFTER = 0x10;
export const BPF_F_ID = 0x20;
export const BPF_F_PREORDER = 0x40;
export const BPF_F_QUERY_EFFECTIVE = 0x1;
export const BPF_F_KPROBE_MULTI_RETURN = 0x1;
export const BPF_F_UPROBE_MULTI_RETURN = 0x1;
export const BPF_F_NETFILTER_IP_DEFRAG = 0x1;

// flags of BPF_PROG_TEST_RUN
export const BPF_F_TEST_RUN_ON_CPU = 0x1;
export const BPF_F_TEST_XDP_LIVE_FRAMES = 0x2;
export const BPF_F_TEST_SKB_CHECKSUM_COMPLETE = 0x4;

// type of BPF_ENABLE_STATS
export const BPF_STATS_RUN_TIME = 0;

// skb_store_bytes
export const BPF_F_RECOMPUTE_CSUM = 0x1;
export const BPF_F_INVALIDATE_HASH = 0x2;

// l3_csum_replace, l4_csum_replace
export const BPF_F_HDR_FIELD_MASK = 0xf;
export const BPF_F_PSEUDO_HDR = 0x10;
export const BPF_F_MARK_MANGLED_0 = 0x20;
export const BPF_F_MARK_ENFORCE = 0x40;
export const BPF_F_IPV6 = 0x80;

// skb_set_tunnel_key, skb_get_tunnel_key
export const BPF_F_TUNINFO_IPV6 = 0x1;
export const BPF_F_ZERO_CSUM_TX = 0x2;
export const BPF_F_DONT_FRAGMENT = 0x4;
export const BPF_F_SEQ_NUMBER = 0x8;
export const BPF_F_NO_TUNNEL_KEY = 0x10;
export const BPF_F_TUNINFO_FLAGS = 0x10;

// get_stackid, get_stack
export const BPF_F_SKIP_FIELD_MASK = 0xff;
export const BPF_F_USER_STACK = 0x100;
export const BPF_F_FAST_STACK_CMP = 0x200;
export const BPF_F_REUSE_STACKID = 0x400;
export const BPF_F_USER_BUILD_ID = 0x800;

// perf_event_output, perf_event_read: an index in the low half, a context length in bits 32..51
export const BPF_F_INDEX_MASK = 0xffffffff;
export const BPF_F_CURRENT_CPU = 0xffffffff;
export const BPF_F_CTXLEN_MASK = 0xfffff00000000n;

// sk_lookup_tcp and friends: netns
export const BPF_F_CURRENT_NETNS = -1;

// csum_level
export const BPF_CSUM_LEVEL_QUERY = 0;
export const BPF_CSUM_LEVEL_INC = 1;
export const BPF_CSUM_LEVEL_DEC = 2;
export const BPF_CSUM_LEVEL_RESET = 3;

// skb_adjust_room
export const BPF_ADJ_ROOM_NET = 0;
export const BPF_ADJ_ROOM_MAC = 1;
export const BPF_F_ADJ_ROOM_FIXED_GSO = 0x1;
export const BPF_F_ADJ_ROOM_ENCAP_L3_IPV4 = 0x2;
export const BPF_F_ADJ_ROOM_ENCAP_L3_IPV6 = 0x4;
export const BPF_F_ADJ_ROOM_ENCAP_L4_GRE = 0x8;
export const BPF_F_ADJ_ROOM_ENCAP_L4_UDP = 0x10;
export const BPF_F_ADJ_ROOM_NO_CSUM_RESET = 0x20;
export const BPF_F_ADJ_ROOM_ENCAP_L2_ETH = 0x40;
export const BPF_F_ADJ_ROOM_DECAP_L3_IPV4 = 0x80;
export const BPF_F_ADJ_ROOM_DECAP_L3_IPV6 = 0x100;
/** BPF_F_ADJ_ROOM_ENCAP_L2(len): the length's mask and bit position (56) in the 64-bit flags. */
export const BPF_ADJ_ROOM_ENCAP_L2_MASK = 0xff;
export const BPF_ADJ_ROOM_ENCAP_L2_SHIFT = 56;

// sysctl_get_name
export const BPF_F_SYSCTL_BASE_NAME = 0x1;

// sk_storage_get, inode_storage_get, task_storage_get, cgrp_storage_get
export const BPF_LOCAL_STORAGE_GET_F_CREATE = 0x1;
export const BPF_SK_STORAGE_GET_F_CREATE = 0x1;

// read_branch_records
export const BPF_F_GET_BRANCH_RECORDS_SIZE = 0x1;

// ringbuf_output, _submit, _discard, _query
export const BPF_RB_NO_WAKEUP = 0x1;
export const BPF_RB_FORCE_WAKEUP = 0x2;
export const BPF_RB_AVAIL_DATA = 0;
export const BPF_RB_RING_SIZE = 1;
export const BPF_RB_CONS_POS = 2;
export const BPF_RB_PROD_POS = 3;
/** Record header: u32 length with these bits, u32 page offset. */
export const BPF_RINGBUF_BUSY_BIT = 0x80000000;
export const BPF_RINGBUF_DISCARD_BIT = 0x40000000;
export const BPF_RINGBUF_HDR_SZ = 8;

// sk_assign
export const BPF_SK_LOOKUP_F_REPLACE = 0x1;
export const BPF_SK_LOOKUP_F_NO_REUSEPORT = 0x2;

// bprm_opts_set
export const BPF_F_BPRM_SECUREEXEC = 0x1;

// redirect, clone_redirect, redirect_map, msg_redirect_*, sk_redirect_*
export const BPF_F_INGRESS = 0x1;
export const BPF_F_BROADCAST = 0x8;
export const BPF_F_EXCLUDE_INGRESS = 0x10;

// skb_set_tstamp
export const BPF_SKB_CLOCK_REALTIME = 0;
export const BPF_SKB_CLOCK_MONOTONIC = 1;
export const BPF_SKB_CLOCK_TAI = 2;

// timer_init, timer_start
export const BPF_F_TIMER_ABS = 0x1;
export const BPF_F_TIMER_CPU_PIN = 0x2;

// copy_from_user_str and the other string kfuncs
export const BPF_F_PAD_ZEROS = 0x1;

// get_func_arg_cnt and loops: include/linux/bpf.h BPF_MAX_LOOPS
export const BPF_MAX_LOOPS = 8388608;

// fib_lookup
export const BPF_FIB_LOOKUP_DIRECT = 0x1;
export const BPF_FIB_LOOKUP_OUTPUT = 0x2;
export const BPF_FIB_LOOKUP_SKIP_NEIGH = 0x4;
export const BPF_FIB_LOOKUP_TBID = 0x8;
export const BPF_FIB_LOOKUP_SRC = 0x10;
export const BPF_FIB_LOOKUP_MARK = 0x20;
export const BPF_FIB_LKUP_RET_SUCCESS = 0;
export const BPF_FIB_LKUP_RET_BLACKHOLE = 1;
export const BPF_FIB_LKUP_RET_UNREACHABLE = 2;
export const BPF_FIB_LKUP_RET_PROHIBIT = 3;
export const BPF_FIB_LKUP_RET_NOT_FWDED = 4;
export const BPF_FIB_LKUP_RET_FWD_DISABLED = 5;
export const BPF_FIB_LKUP_RET_UNSUPP_LWT = 6;
export const BPF_FIB_LKUP_RET_NO_NEIGH = 7;
export const BPF_FIB_LKUP_RET_FRAG_NEEDED = 8;
export const BPF_FIB_LKUP_RET_NO_SRC_ADDR = 9;

// check_mtu
export const BPF_MTU_CHK_SEGS = 0x1;
export const BPF_MTU_CHK_RET_SUCCESS = 0;
export const BPF_MTU_CHK_RET_FRAG_NEEDED = 1;
export const BPF_MTU_CHK_RET_SEGS_TOOBIG = 2;

// results of an XDP program: enum xdp_action
export const XDP_ABORTED = 0;
export const XDP_DROP = 1;
export const XDP_PASS = 2;
export const XDP_TX = 3;
export const XDP_REDIRECT = 4;
export const XDP_PACKET_HEADROOM = 256;

// attach flags of XDP over netlink: include/uapi/linux/if_link.h
export const XDP_FLAGS_UPDATE_IF_NOEXIST = 0x1;
export const XDP_FLAGS_SKB_MODE = 0x2;
export const XDP_FLAGS_DRV_MODE = 0x4;
export const XDP_FLAGS_HW_MODE = 0x8;
export const XDP_FLAGS_REPLACE = 0x10;

// results of a tc program: include/uapi/linux/pkt_cls.h
export const TC_ACT_UNSPEC = -1;
export const TC_ACT_OK = 0;
export const TC_ACT_RECLASSIFY = 1;
export const TC_ACT_SHOT = 2;
export const TC_ACT_PIPE = 3;
export const TC_ACT_STOLEN = 4;
export const TC_ACT_QUEUED = 5;
export const TC_ACT_REPEAT = 6;
export const TC_ACT_REDIRECT = 7;
export const TC_ACT_TRAP = 8;

// results of tcx and netkit programs: enum tcx_action_base
export const TCX_NEXT = -1;
export const TCX_PASS = 0;
export const TCX_DROP = 2;
export const TCX_REDIRECT = 7;

// results of lwt programs: enum bpf_ret_code
export const BPF_OK = 0;
export const BPF_DROP = 2;
export const BPF_REDIRECT = 7;
export const BPF_LWT_REROUTE = 128;
export const BPF_FLOW_DISSECTOR_CONTINUE = 129;

// results of sk_skb, sk_msg, sk_reuseport, sk_lookup programs: enum sk_action
export const SK_DROP = 0;
export const SK_PASS = 1;

// results of netfilter programs
export const NF_DROP = 0;
export const NF_ACCEPT = 1;

// bpf_cgroup_dev_ctx.access_type = (access << 16) | device
export const BPF_DEVCG_ACC_MKNOD = 1;
export const BPF_DEVCG_ACC_READ = 2;
export const BPF_DEVCG_ACC_WRITE = 4;
export const BPF_DEVCG_DEV_BLOCK = 1;
export const BPF_DEVCG_DEV_CHAR = 2;

// bpf_flow_keys.flags
export const BPF_FLOW_DISSECTOR_F_PARSE_1ST_FRAG = 0x1;
export const BPF_FLOW_DISSECTOR_F_STOP_AT_FLOW_LABEL = 0x2;
export const BPF_FLOW_DISSECTOR_F_STOP_AT_ENCAP = 0x4;

// bpf_sock_ops_cb_flags
export const BPF_SOCK_OPS_RTO_CB_FLAG = 0x1;
export const BPF_SOCK_OPS_RETRANS_CB_FLAG = 0x2;
export const BPF_SOCK_OPS_STATE_CB_FLAG = 0x4;
export const BPF_SOCK_OPS_RTT_CB_FLAG = 0x8;
export const BPF_SOCK_OPS_PARSE_ALL_HDR_OPT_CB_FLAG = 0x10;
export const BPF_SOCK_OPS_PARSE_UNKNOWN_HDR_OPT_CB_FLAG = 0x20;
export const BPF_SOCK_OPS_WRITE_HDR_OPT_CB_FLAG = 0x40;
export const BPF_SOCK_OPS_ALL_CB_FLAGS = 0x7f;

// limits
export const BPF_OBJ_NAME_LEN = 16;
export const BPF_TAG_SIZE = 8;
export const BPF_MAXINSNS = 4096;
export const BPF_COMPLEXITY_LIMIT_INSNS = 1000000;

/**
 * Traffic control and netlink, as of Linux 6.18.
 * Facts only (names, values, layouts); little-endian, for the BPF target.
 * Long because headers are long.
 */

export const UAPI_TC: Readonly<Record<string, string>> = {
  "linux/pkt_cls.h": `#pragma once
#include <linux/types.h>
#include <linux/pkt_sched.h>
#define TC_COOKIE_MAX_SIZE 16
#define TCA_ACT_FLAGS_NO_PERCPU_STATS (1 << 0)
#define TCA_ACT_FLAGS_SKIP_HW (1 << 1)
#define TCA_ACT_FLAGS_SKIP_SW (1 << 2)
#define TCA_ACT_HW_STATS_IMMEDIATE (1 << 0)
#define TCA_ACT_HW_STATS_DELAYED (1 << 1)
#define TCA_ACT_MAX __TCA_ACT_MAX
#define TCA_OLD_COMPAT (TCA_ACT_MAX+1)
#define TCA_ACT_MAX_PRIO 32
#define TCA_ACT_BIND 1
#define TCA_ACT_NOBIND 0
#define TCA_ACT_UNBIND 1
#define TCA_ACT_NOUNBIND 0
#define TCA_ACT_REPLACE 1
#define TCA_ACT_NOREPLACE 0
#define TC_ACT_UNSPEC (-1)
#define TC_ACT_OK 0
#define TC_ACT_RECLASSIFY 1
#define TC_ACT_SHOT 2
#define TC_ACT_PIPE 3
#define TC_ACT_STOLEN 4
#define TC_ACT_QUEUED 5
#define TC_ACT_REPEAT 6
#define TC_ACT_REDIRECT 7
#define TC_ACT_TRAP 8
#define TC_ACT_VALUE_MAX TC_ACT_TRAP
#define __TC_ACT_EXT_SHIFT 28
#define __TC_ACT_EXT(local) ((local) << __TC_ACT_EXT_SHIFT)
#define TC_ACT_EXT_VAL_MASK ((1 << __TC_ACT_EXT_SHIFT) - 1)
#define TC_ACT_EXT_OPCODE(combined) ((combined) & (~TC_ACT_EXT_VAL_MASK))
#define TC_ACT_EXT_CMP(combined,opcode) (TC_ACT_EXT_OPCODE(combined) == opcode)
#define TC_ACT_JUMP __TC_ACT_EXT(1)
#define TC_ACT_GOTO_CHAIN __TC_ACT_EXT(2)
#define TC_ACT_EXT_OPCODE_MAX TC_ACT_GOTO_CHAIN
#define TCA_ACT_GACT 5
#define TCA_ACT_IPT 6
#define TCA_ACT_PEDIT 7
#define TCA_ACT_MIRRED 8
#define TCA_ACT_NAT 9
#define TCA_ACT_XT 10
#define TCA_ACT_SKBEDIT 11
#define TCA_ACT_VLAN 12
#define TCA_ACT_BPF 13
#define TCA_ACT_CONNMARK 14
#define TCA_ACT_SKBMOD 15
#define TCA_ACT_CSUM 16
#define TCA_ACT_TUNNEL_KEY 17
#define TCA_ACT_SIMP 22
#define TCA_ACT_IFE 25
#define TCA_ACT_SAMPLE 26
#define TCA_ID_MAX __TCA_ID_MAX
#define TC_POLICE_UNSPEC TC_ACT_UNSPEC
#define TC_POLICE_OK TC_ACT_OK
#define TC_POLICE_RECLASSIFY TC_ACT_RECLASSIFY
#define TC_POLICE_SHOT TC_ACT_SHOT
#define TC_POLICE_PIPE TC_ACT_PIPE
#define tc_gen __u32 index; __u32 capab; int action; int refcnt; int bindcnt
#define TCA_POLICE_MAX (__TCA_POLICE_MAX - 1)
#define TCA_CLS_FLAGS_SKIP_HW (1 << 0)
#define TCA_CLS_FLAGS_SKIP_SW (1 << 1)
#define TCA_CLS_FLAGS_IN_HW (1 << 2)
#define TCA_CLS_FLAGS_NOT_IN_HW (1 << 3)
#define TCA_CLS_FLAGS_VERBOSE (1 << 4)
#define TC_U32_HTID(h) ((h)&0xFFF00000)
#define TC_U32_USERHTID(h) (TC_U32_HTID(h)>>20)
#define TC_U32_HASH(h) (((h)>>12)&0xFF)
#define TC_U32_NODE(h) ((h)&0xFFF)
#define TC_U32_KEY(h) ((h)&0xFFFFF)
#define TC_U32_UNSPEC 0
#define TC_U32_ROOT (0xFFF00000)
#define TCA_U32_MAX (__TCA_U32_MAX - 1)
#define TC_U32_TERMINAL 1
#define TC_U32_OFFSET 2
#define TC_U32_VAROFFSET 4
#define TC_U32_EAT 8
#define TC_U32_MAXDEPTH 8
#define TCA_ROUTE4_MAX (__TCA_ROUTE4_MAX - 1)
#define TCA_FW_MAX (__TCA_FW_MAX - 1)
#define FLOW_KEY_MAX (__FLOW_KEY_MAX - 1)
#define TCA_FLOW_MAX (__TCA_FLOW_MAX - 1)
#define TCA_BASIC_MAX (__TCA_BASIC_MAX - 1)
#define TCA_CGROUP_MAX (__TCA_CGROUP_MAX - 1)
#define TCA_BPF_FLAG_ACT_DIRECT (1 << 0)
#define TCA_BPF_MAX (__TCA_BPF_MAX - 1)
#define TCA_FLOWER_MAX (__TCA_FLOWER_MAX - 1)
#define TCA_FLOWER_KEY_ENC_OPTS_MAX (__TCA_FLOWER_KEY_ENC_OPTS_MAX - 1)
#define TCA_FLOWER_KEY_ENC_OPT_GENEVE_MAX (__TCA_FLOWER_KEY_ENC_OPT_GENEVE_MAX - 1)
#define TCA_FLOWER_KEY_ENC_OPT_VXLAN_MAX (__TCA_FLOWER_KEY_ENC_OPT_VXLAN_MAX - 1)
#define TCA_FLOWER_KEY_ENC_OPT_ERSPAN_MAX (__TCA_FLOWER_KEY_ENC_OPT_ERSPAN_MAX - 1)
#define TCA_FLOWER_KEY_ENC_OPT_GTP_MAX (__TCA_FLOWER_KEY_ENC_OPT_GTP_MAX - 1)
#define TCA_FLOWER_KEY_ENC_OPT_PFCP_MAX (__TCA_FLOWER_KEY_ENC_OPT_PFCP_MAX - 1)
#define TCA_FLOWER_KEY_MPLS_OPTS_MAX (__TCA_FLOWER_KEY_MPLS_OPTS_MAX - 1)
#define TCA_FLOWER_KEY_MPLS_OPT_LSE_MAX (__TCA_FLOWER_KEY_MPLS_OPT_LSE_MAX - 1)
#define TCA_FLOWER_KEY_FLAGS_MAX (__TCA_FLOWER_KEY_FLAGS_MAX - 1)
#define TCA_FLOWER_KEY_CFM_OPT_MAX (__TCA_FLOWER_KEY_CFM_OPT_MAX - 1)
#define TCA_FLOWER_KEY_CFM_MAX (__TCA_FLOWER_KEY_CFM_OPT_MAX - 1)
#define TCA_FLOWER_MASK_FLAGS_RANGE (1 << 0)
#define TCA_MATCHALL_MAX (__TCA_MATCHALL_MAX - 1)
#define TCA_EMATCH_TREE_MAX (__TCA_EMATCH_TREE_MAX - 1)
#define TCF_EM_REL_END 0
#define TCF_EM_REL_AND (1<<0)
#define TCF_EM_REL_OR (1<<1)
#define TCF_EM_INVERT (1<<2)
#define TCF_EM_SIMPLE (1<<3)
#define TCF_EM_REL_MASK 3
#define TCF_EM_REL_VALID(v) (((v) & TCF_EM_REL_MASK) != TCF_EM_REL_MASK)
#define TCF_LAYER_MAX (__TCF_LAYER_MAX - 1)
#define TCF_EM_CONTAINER 0
#define TCF_EM_CMP 1
#define TCF_EM_NBYTE 2
#define TCF_EM_U32 3
#define TCF_EM_META 4
#define TCF_EM_TEXT 5
#define TCF_EM_VLAN 6
#define TCF_EM_CANID 7
#define TCF_EM_IPSET 8
#define TCF_EM_IPT 9
#define TCF_EM_MAX 9
enum {
	TCA_ACT_UNSPEC = 0,
	TCA_ACT_KIND = 1,
	TCA_ACT_OPTIONS = 2,
	TCA_ACT_INDEX = 3,
	TCA_ACT_STATS = 4,
	TCA_ACT_PAD = 5,
	TCA_ACT_COOKIE = 6,
	TCA_ACT_FLAGS = 7,
	TCA_ACT_HW_STATS = 8,
	TCA_ACT_USED_HW_STATS = 9,
	TCA_ACT_IN_HW_COUNT = 10,
	__TCA_ACT_MAX = 11,
};
enum tca_id {
	TCA_ID_UNSPEC = 0,
	TCA_ID_POLICE = 1,
	TCA_ID_GACT = 5,
	TCA_ID_IPT = 6,
	TCA_ID_PEDIT = 7,
	TCA_ID_MIRRED = 8,
	TCA_ID_NAT = 9,
	TCA_ID_XT = 10,
	TCA_ID_SKBEDIT = 11,
	TCA_ID_VLAN = 12,
	TCA_ID_BPF = 13,
	TCA_ID_CONNMARK = 14,
	TCA_ID_SKBMOD = 15,
	TCA_ID_CSUM = 16,
	TCA_ID_TUNNEL_KEY = 17,
	TCA_ID_SIMP = 22,
	TCA_ID_IFE = 25,
	TCA_ID_SAMPLE = 26,
	TCA_ID_CTINFO = 27,
	TCA_ID_MPLS = 28,
	TCA_ID_CT = 29,
	TCA_ID_GATE = 30,
	__TCA_ID_MAX = 255,
};
enum {
	TCA_POLICE_UNSPEC = 0,
	TCA_POLICE_TBF = 1,
	TCA_POLICE_RATE = 2,
	TCA_POLICE_PEAKRATE = 3,
	TCA_POLICE_AVRATE = 4,
	TCA_POLICE_RESULT = 5,
	TCA_POLICE_TM = 6,
	TCA_POLICE_PAD = 7,
	TCA_POLICE_RATE64 = 8,
	TCA_POLICE_PEAKRATE64 = 9,
	TCA_POLICE_PKTRATE64 = 10,
	TCA_POLICE_PKTBURST64 = 11,
	__TCA_POLICE_MAX = 12,
};
enum {
	TCA_U32_UNSPEC = 0,
	TCA_U32_CLASSID = 1,
	TCA_U32_HASH = 2,
	TCA_U32_LINK = 3,
	TCA_U32_DIVISOR = 4,
	TCA_U32_SEL = 5,
	TCA_U32_POLICE = 6,
	TCA_U32_ACT = 7,
	TCA_U32_INDEV = 8,
	TCA_U32_PCNT = 9,
	TCA_U32_MARK = 10,
	TCA_U32_FLAGS = 11,
	TCA_U32_PAD = 12,
	__TCA_U32_MAX = 13,
};
enum {
	TCA_ROUTE4_UNSPEC = 0,
	TCA_ROUTE4_CLASSID = 1,
	TCA_ROUTE4_TO = 2,
	TCA_ROUTE4_FROM = 3,
	TCA_ROUTE4_IIF = 4,
	TCA_ROUTE4_POLICE = 5,
	TCA_ROUTE4_ACT = 6,
	__TCA_ROUTE4_MAX = 7,
};
enum {
	TCA_FW_UNSPEC = 0,
	TCA_FW_CLASSID = 1,
	TCA_FW_POLICE = 2,
	TCA_FW_INDEV = 3,
	TCA_FW_ACT = 4,
	TCA_FW_MASK = 5,
	__TCA_FW_MAX = 6,
};
enum {
	FLOW_KEY_SRC = 0,
	FLOW_KEY_DST = 1,
	FLOW_KEY_PROTO = 2,
	FLOW_KEY_PROTO_SRC = 3,
	FLOW_KEY_PROTO_DST = 4,
	FLOW_KEY_IIF = 5,
	FLOW_KEY_PRIORITY = 6,
	FLOW_KEY_MARK = 7,
	FLOW_KEY_NFCT = 8,
	FLOW_KEY_NFCT_SRC = 9,
	FLOW_KEY_NFCT_DST = 10,
	FLOW_KEY_NFCT_PROTO_SRC = 11,
	FLOW_KEY_NFCT_PROTO_DST = 12,
	FLOW_KEY_RTCLASSID = 13,
	FLOW_KEY_SKUID = 14,
	FLOW_KEY_SKGID = 15,
	FLOW_KEY_VLAN_TAG = 16,
	FLOW_KEY_RXHASH = 17,
	__FLOW_KEY_MAX = 18,
};
enum {
	FLOW_MODE_MAP = 0,
	FLOW_MODE_HASH = 1,
};
enum {
	TCA_FLOW_UNSPEC = 0,
	TCA_FLOW_KEYS = 1,
	TCA_FLOW_MODE = 2,
	TCA_FLOW_BASECLASS = 3,
	TCA_FLOW_RSHIFT = 4,
	TCA_FLOW_ADDEND = 5,
	TCA_FLOW_MASK = 6,
	TCA_FLOW_XOR = 7,
	TCA_FLOW_DIVISOR = 8,
	TCA_FLOW_ACT = 9,
	TCA_FLOW_POLICE = 10,
	TCA_FLOW_EMATCHES = 11,
	TCA_FLOW_PERTURB = 12,
	__TCA_FLOW_MAX = 13,
};
enum {
	TCA_BASIC_UNSPEC = 0,
	TCA_BASIC_CLASSID = 1,
	TCA_BASIC_EMATCHES = 2,
	TCA_BASIC_ACT = 3,
	TCA_BASIC_POLICE = 4,
	TCA_BASIC_PCNT = 5,
	TCA_BASIC_PAD = 6,
	__TCA_BASIC_MAX = 7,
};
enum {
	TCA_CGROUP_UNSPEC = 0,
	TCA_CGROUP_ACT = 1,
	TCA_CGROUP_POLICE = 2,
	TCA_CGROUP_EMATCHES = 3,
	__TCA_CGROUP_MAX = 4,
};
enum {
	TCA_BPF_UNSPEC = 0,
	TCA_BPF_ACT = 1,
	TCA_BPF_POLICE = 2,
	TCA_BPF_CLASSID = 3,
	TCA_BPF_OPS_LEN = 4,
	TCA_BPF_OPS = 5,
	TCA_BPF_FD = 6,
	TCA_BPF_NAME = 7,
	TCA_BPF_FLAGS = 8,
	TCA_BPF_FLAGS_GEN = 9,
	TCA_BPF_TAG = 10,
	TCA_BPF_ID = 11,
	__TCA_BPF_MAX = 12,
};
enum {
	TCA_FLOWER_UNSPEC = 0,
	TCA_FLOWER_CLASSID = 1,
	TCA_FLOWER_INDEV = 2,
	TCA_FLOWER_ACT = 3,
	TCA_FLOWER_KEY_ETH_DST = 4,
	TCA_FLOWER_KEY_ETH_DST_MASK = 5,
	TCA_FLOWER_KEY_ETH_SRC = 6,
	TCA_FLOWER_KEY_ETH_SRC_MASK = 7,
	TCA_FLOWER_KEY_ETH_TYPE = 8,
	TCA_FLOWER_KEY_IP_PROTO = 9,
	TCA_FLOWER_KEY_IPV4_SRC = 10,
	TCA_FLOWER_KEY_IPV4_SRC_MASK = 11,
	TCA_FLOWER_KEY_IPV4_DST = 12,
	TCA_FLOWER_KEY_IPV4_DST_MASK = 13,
	TCA_FLOWER_KEY_IPV6_SRC = 14,
	TCA_FLOWER_KEY_IPV6_SRC_MASK = 15,
	TCA_FLOWER_KEY_IPV6_DST = 16,
	TCA_FLOWER_KEY_IPV6_DST_MASK = 17,
	TCA_FLOWER_KEY_TCP_SRC = 18,
	TCA_FLOWER_KEY_TCP_DST = 19,
	TCA_FLOWER_KEY_UDP_SRC = 20,
	TCA_FLOWER_KEY_UDP_DST = 21,
	TCA_FLOWER_FLAGS = 22,
	TCA_FLOWER_KEY_VLAN_ID = 23,
	TCA_FLOWER_KEY_VLAN_PRIO = 24,
	TCA_FLOWER_KEY_VLAN_ETH_TYPE = 25,
	TCA_FLOWER_KEY_ENC_KEY_ID = 26,
	TCA_FLOWER_KEY_ENC_IPV4_SRC = 27,
	TCA_FLOWER_KEY_ENC_IPV4_SRC_MASK = 28,
	TCA_FLOWER_KEY_ENC_IPV4_DST = 29,
	TCA_FLOWER_KEY_ENC_IPV4_DST_MASK = 30,
	TCA_FLOWER_KEY_ENC_IPV6_SRC = 31,
	TCA_FLOWER_KEY_ENC_IPV6_SRC_MASK = 32,
	TCA_FLOWER_KEY_ENC_IPV6_DST = 33,
	TCA_FLOWER_KEY_ENC_IPV6_DST_MASK = 34,
	TCA_FLOWER_KEY_TCP_SRC_MASK = 35,
	TCA_FLOWER_KEY_TCP_DST_MASK = 36,
	TCA_FLOWER_KEY_UDP_SRC_MASK = 37,
	TCA_FLOWER_KEY_UDP_DST_MASK = 38,
	TCA_FLOWER_KEY_SCTP_SRC_MASK = 39,
	TCA_FLOWER_KEY_SCTP_DST_MASK = 40,
	TCA_FLOWER_KEY_SCTP_SRC = 41,
	TCA_FLOWER_KEY_SCTP_DST = 42,
	TCA_FLOWER_KEY_ENC_UDP_SRC_PORT = 43,
	TCA_FLOWER_KEY_ENC_UDP_SRC_PORT_MASK = 44,
	TCA_FLOWER_KEY_ENC_UDP_DST_PORT = 45,
	TCA_FLOWER_KEY_ENC_UDP_DST_PORT_MASK = 46,
	TCA_FLOWER_KEY_FLAGS = 47,
	TCA_FLOWER_KEY_FLAGS_MASK = 48,
	TCA_FLOWER_KEY_ICMPV4_CODE = 49,
	TCA_FLOWER_KEY_ICMPV4_CODE_MASK = 50,
	TCA_FLOWER_KEY_ICMPV4_TYPE = 51,
	TCA_FLOWER_KEY_ICMPV4_TYPE_MASK = 52,
	TCA_FLOWER_KEY_ICMPV6_CODE = 53,
	TCA_FLOWER_KEY_ICMPV6_CODE_MASK = 54,
	TCA_FLOWER_KEY_ICMPV6_TYPE = 55,
	TCA_FLOWER_KEY_ICMPV6_TYPE_MASK = 56,
	TCA_FLOWER_KEY_ARP_SIP = 57,
	TCA_FLOWER_KEY_ARP_SIP_MASK = 58,
	TCA_FLOWER_KEY_ARP_TIP = 59,
	TCA_FLOWER_KEY_ARP_TIP_MASK = 60,
	TCA_FLOWER_KEY_ARP_OP = 61,
	TCA_FLOWER_KEY_ARP_OP_MASK = 62,
	TCA_FLOWER_KEY_ARP_SHA = 63,
	TCA_FLOWER_KEY_ARP_SHA_MASK = 64,
	TCA_FLOWER_KEY_ARP_THA = 65,
	TCA_FLOWER_KEY_ARP_THA_MASK = 66,
	TCA_FLOWER_KEY_MPLS_TTL = 67,
	TCA_FLOWER_KEY_MPLS_BOS = 68,
	TCA_FLOWER_KEY_MPLS_TC = 69,
	TCA_FLOWER_KEY_MPLS_LABEL = 70,
	TCA_FLOWER_KEY_TCP_FLAGS = 71,
	TCA_FLOWER_KEY_TCP_FLAGS_MASK = 72,
	TCA_FLOWER_KEY_IP_TOS = 73,
	TCA_FLOWER_KEY_IP_TOS_MASK = 74,
	TCA_FLOWER_KEY_IP_TTL = 75,
	TCA_FLOWER_KEY_IP_TTL_MASK = 76,
	TCA_FLOWER_KEY_CVLAN_ID = 77,
	TCA_FLOWER_KEY_CVLAN_PRIO = 78,
	TCA_FLOWER_KEY_CVLAN_ETH_TYPE = 79,
	TCA_FLOWER_KEY_ENC_IP_TOS = 80,
	TCA_FLOWER_KEY_ENC_IP_TOS_MASK = 81,
	TCA_FLOWER_KEY_ENC_IP_TTL = 82,
	TCA_FLOWER_KEY_ENC_IP_TTL_MASK = 83,
	TCA_FLOWER_KEY_ENC_OPTS = 84,
	TCA_FLOWER_KEY_ENC_OPTS_MASK = 85,
	TCA_FLOWER_IN_HW_COUNT = 86,
	TCA_FLOWER_KEY_PORT_SRC_MIN = 87,
	TCA_FLOWER_KEY_PORT_SRC_MAX = 88,
	TCA_FLOWER_KEY_PORT_DST_MIN = 89,
	TCA_FLOWER_KEY_PORT_DST_MAX = 90,
	TCA_FLOWER_KEY_CT_STATE = 91,
	TCA_FLOWER_KEY_CT_STATE_MASK = 92,
	TCA_FLOWER_KEY_CT_ZONE = 93,
	TCA_FLOWER_KEY_CT_ZONE_MASK = 94,
	TCA_FLOWER_KEY_CT_MARK = 95,
	TCA_FLOWER_KEY_CT_MARK_MASK = 96,
	TCA_FLOWER_KEY_CT_LABELS = 97,
	TCA_FLOWER_KEY_CT_LABELS_MASK = 98,
	TCA_FLOWER_KEY_MPLS_OPTS = 99,
	TCA_FLOWER_KEY_HASH = 100,
	TCA_FLOWER_KEY_HASH_MASK = 101,
	TCA_FLOWER_KEY_NUM_OF_VLANS = 102,
	TCA_FLOWER_KEY_PPPOE_SID = 103,
	TCA_FLOWER_KEY_PPP_PROTO = 104,
	TCA_FLOWER_KEY_L2TPV3_SID = 105,
	TCA_FLOWER_L2_MISS = 106,
	TCA_FLOWER_KEY_CFM = 107,
	TCA_FLOWER_KEY_SPI = 108,
	TCA_FLOWER_KEY_SPI_MASK = 109,
	TCA_FLOWER_KEY_ENC_FLAGS = 110,
	TCA_FLOWER_KEY_ENC_FLAGS_MASK = 111,
	__TCA_FLOWER_MAX = 112,
};
enum {
	TCA_FLOWER_KEY_CT_FLAGS_NEW = 1,
	TCA_FLOWER_KEY_CT_FLAGS_ESTABLISHED = 2,
	TCA_FLOWER_KEY_CT_FLAGS_RELATED = 4,
	TCA_FLOWER_KEY_CT_FLAGS_TRACKED = 8,
	TCA_FLOWER_KEY_CT_FLAGS_INVALID = 16,
	TCA_FLOWER_KEY_CT_FLAGS_REPLY = 32,
	__TCA_FLOWER_KEY_CT_FLAGS_MAX = 33,
};
enum {
	TCA_FLOWER_KEY_ENC_OPTS_UNSPEC = 0,
	TCA_FLOWER_KEY_ENC_OPTS_GENEVE = 1,
	TCA_FLOWER_KEY_ENC_OPTS_VXLAN = 2,
	TCA_FLOWER_KEY_ENC_OPTS_ERSPAN = 3,
	TCA_FLOWER_KEY_ENC_OPTS_GTP = 4,
	TCA_FLOWER_KEY_ENC_OPTS_PFCP = 5,
	__TCA_FLOWER_KEY_ENC_OPTS_MAX = 6,
};
enum {
	TCA_FLOWER_KEY_ENC_OPT_GENEVE_UNSPEC = 0,
	TCA_FLOWER_KEY_ENC_OPT_GENEVE_CLASS = 1,
	TCA_FLOWER_KEY_ENC_OPT_GENEVE_TYPE = 2,
	TCA_FLOWER_KEY_ENC_OPT_GENEVE_DATA = 3,
	__TCA_FLOWER_KEY_ENC_OPT_GENEVE_MAX = 4,
};
enum {
	TCA_FLOWER_KEY_ENC_OPT_VXLAN_UNSPEC = 0,
	TCA_FLOWER_KEY_ENC_OPT_VXLAN_GBP = 1,
	__TCA_FLOWER_KEY_ENC_OPT_VXLAN_MAX = 2,
};
enum {
	TCA_FLOWER_KEY_ENC_OPT_ERSPAN_UNSPEC = 0,
	TCA_FLOWER_KEY_ENC_OPT_ERSPAN_VER = 1,
	TCA_FLOWER_KEY_ENC_OPT_ERSPAN_INDEX = 2,
	TCA_FLOWER_KEY_ENC_OPT_ERSPAN_DIR = 3,
	TCA_FLOWER_KEY_ENC_OPT_ERSPAN_HWID = 4,
	__TCA_FLOWER_KEY_ENC_OPT_ERSPAN_MAX = 5,
};
enum {
	TCA_FLOWER_KEY_ENC_OPT_GTP_UNSPEC = 0,
	TCA_FLOWER_KEY_ENC_OPT_GTP_PDU_TYPE = 1,
	TCA_FLOWER_KEY_ENC_OPT_GTP_QFI = 2,
	__TCA_FLOWER_KEY_ENC_OPT_GTP_MAX = 3,
};
enum {
	TCA_FLOWER_KEY_ENC_OPT_PFCP_UNSPEC = 0,
	TCA_FLOWER_KEY_ENC_OPT_PFCP_TYPE = 1,
	TCA_FLOWER_KEY_ENC_OPT_PFCP_SEID = 2,
	__TCA_FLOWER_KEY_ENC_OPT_PFCP_MAX = 3,
};
enum {
	TCA_FLOWER_KEY_MPLS_OPTS_UNSPEC = 0,
	TCA_FLOWER_KEY_MPLS_OPTS_LSE = 1,
	__TCA_FLOWER_KEY_MPLS_OPTS_MAX = 2,
};
enum {
	TCA_FLOWER_KEY_MPLS_OPT_LSE_UNSPEC = 0,
	TCA_FLOWER_KEY_MPLS_OPT_LSE_DEPTH = 1,
	TCA_FLOWER_KEY_MPLS_OPT_LSE_TTL = 2,
	TCA_FLOWER_KEY_MPLS_OPT_LSE_BOS = 3,
	TCA_FLOWER_KEY_MPLS_OPT_LSE_TC = 4,
	TCA_FLOWER_KEY_MPLS_OPT_LSE_LABEL = 5,
	__TCA_FLOWER_KEY_MPLS_OPT_LSE_MAX = 6,
};
enum {
	TCA_FLOWER_KEY_FLAGS_IS_FRAGMENT = 1,
	TCA_FLOWER_KEY_FLAGS_FRAG_IS_FIRST = 2,
	TCA_FLOWER_KEY_FLAGS_TUNNEL_CSUM = 4,
	TCA_FLOWER_KEY_FLAGS_TUNNEL_DONT_FRAGMENT = 8,
	TCA_FLOWER_KEY_FLAGS_TUNNEL_OAM = 16,
	TCA_FLOWER_KEY_FLAGS_TUNNEL_CRIT_OPT = 32,
	__TCA_FLOWER_KEY_FLAGS_MAX = 33,
};
enum {
	TCA_FLOWER_KEY_CFM_OPT_UNSPEC = 0,
	TCA_FLOWER_KEY_CFM_MD_LEVEL = 1,
	TCA_FLOWER_KEY_CFM_OPCODE = 2,
	__TCA_FLOWER_KEY_CFM_OPT_MAX = 3,
};
enum {
	TCA_MATCHALL_UNSPEC = 0,
	TCA_MATCHALL_CLASSID = 1,
	TCA_MATCHALL_ACT = 2,
	TCA_MATCHALL_FLAGS = 3,
	TCA_MATCHALL_PCNT = 4,
	TCA_MATCHALL_PAD = 5,
	__TCA_MATCHALL_MAX = 6,
};
enum {
	TCA_EMATCH_TREE_UNSPEC = 0,
	TCA_EMATCH_TREE_HDR = 1,
	TCA_EMATCH_TREE_LIST = 2,
	__TCA_EMATCH_TREE_MAX = 3,
};
enum {
	TCF_LAYER_LINK = 0,
	TCF_LAYER_NETWORK = 1,
	TCF_LAYER_TRANSPORT = 2,
	__TCF_LAYER_MAX = 3,
};
enum {
	TCF_EM_PROG_TC = 0,
};
enum {
	TCF_EM_OPND_EQ = 0,
	TCF_EM_OPND_GT = 1,
	TCF_EM_OPND_LT = 2,
};
struct tc_police {
	__u32 index;
	int action;
	__u32 limit;
	__u32 burst;
	__u32 mtu;
	struct tc_ratespec rate;
	struct tc_ratespec peakrate;
	int refcnt;
	int bindcnt;
	__u32 capab;
};
struct tcf_t {
	__u64 install;
	__u64 lastuse;
	__u64 expires;
	__u64 firstuse;
};
struct tc_cnt {
	int refcnt;
	int bindcnt;
};
struct tc_u32_key {
	__be32 mask;
	__be32 val;
	int off;
	int offmask;
};
struct tc_u32_sel_hdr {
	unsigned char flags;
	unsigned char offshift;
	unsigned char nkeys;
	__be16 offmask;
	__u16 off;
	short offoff;
	short hoff;
	__be32 hmask;
};
struct tc_u32_sel {
	union {
		struct {
			unsigned char flags;
			unsigned char offshift;
			unsigned char nkeys;
			__be16 offmask;
			__u16 off;
			short offoff;
			short hoff;
			__be32 hmask;
		};
		struct tc_u32_sel_hdr hdr;
	};
	struct tc_u32_key keys[0];
};
struct tc_u32_mark {
	__u32 val;
	__u32 mask;
	__u32 success;
};
struct tc_u32_pcnt {
	__u64 rcnt;
	__u64 rhit;
	__u64 kcnts[0];
};
struct tc_basic_pcnt {
	__u64 rcnt;
	__u64 rhit;
};
struct tc_matchall_pcnt {
	__u64 rhit;
};
struct tcf_ematch_tree_hdr {
	__u16 nmatches;
	__u16 progid;
};
struct tcf_ematch_hdr {
	__u16 matchid;
	__u16 kind;
	__u16 flags;
	__u16 pad;
};
`,
  "linux/pkt_sched.h": `#pragma once
#include <linux/const.h>
#include <linux/types.h>
#define TC_PRIO_BESTEFFORT 0
#define TC_PRIO_FILLER 1
#define TC_PRIO_BULK 2
#define TC_PRIO_INTERACTIVE_BULK 4
#define TC_PRIO_INTERACTIVE 6
#define TC_PRIO_CONTROL 7
#define TC_PRIO_MAX 15
#define TC_H_MAJ_MASK (0xFFFF0000U)
#define TC_H_MIN_MASK (0x0000FFFFU)
#define TC_H_MAJ(h) ((h)&TC_H_MAJ_MASK)
#define TC_H_MIN(h) ((h)&TC_H_MIN_MASK)
#define TC_H_MAKE(maj,min) (((maj)&TC_H_MAJ_MASK)|((min)&TC_H_MIN_MASK))
#define TC_H_UNSPEC (0U)
#define TC_H_ROOT (0xFFFFFFFFU)
#define TC_H_INGRESS (0xFFFFFFF1U)
#define TC_H_CLSACT TC_H_INGRESS
#define TC_H_MIN_PRIORITY 0xFFE0U
#define TC_H_MIN_INGRESS 0xFFF2U
#define TC_H_MIN_EGRESS 0xFFF3U
#define TC_LINKLAYER_MASK 0x0F
#define TC_RTAB_SIZE 1024
#define TCA_STAB_MAX (__TCA_STAB_MAX - 1)
#define SKBPRIO_MAX_PRIORITY 64
#define TCQ_PRIO_BANDS 16
#define TCQ_MIN_PRIO_BANDS 2
#define TCQ_PLUG_BUFFER 0
#define TCQ_PLUG_RELEASE_ONE 1
#define TCQ_PLUG_RELEASE_INDEFINITE 2
#define TCQ_PLUG_LIMIT 3
#define TCA_TBF_MAX (__TCA_TBF_MAX - 1)
#define TCA_RED_MAX (__TCA_RED_MAX - 1)
#define TC_RED_ECN 1
#define TC_RED_HARDDROP 2
#define TC_RED_ADAPTATIVE 4
#define TC_RED_NODROP 8
#define TC_RED_HISTORIC_FLAGS (TC_RED_ECN | TC_RED_HARDDROP | TC_RED_ADAPTATIVE)
#define MAX_DPs 16
#define TCA_GRED_MAX (__TCA_GRED_MAX - 1)
#define TCA_GRED_VQ_ENTRY_MAX (__TCA_GRED_VQ_ENTRY_MAX - 1)
#define TCA_GRED_VQ_MAX (__TCA_GRED_VQ_MAX - 1)
#define TCA_CHOKE_MAX (__TCA_CHOKE_MAX - 1)
#define TC_HTB_NUMPRIO 8
#define TC_HTB_MAXDEPTH 8
#define TC_HTB_PROTOVER 3
#define TCA_HTB_MAX (__TCA_HTB_MAX - 1)
#define TCA_HFSC_MAX (__TCA_HFSC_MAX - 1)
#define TCA_NETEM_MAX (__TCA_NETEM_MAX - 1)
#define NETEM_LOSS_MAX (__NETEM_LOSS_MAX - 1)
#define NETEM_DIST_SCALE 8192
#define NETEM_DIST_MAX 16384
#define TCA_DRR_MAX (__TCA_DRR_MAX - 1)
#define TC_QOPT_BITMASK 15
#define TC_QOPT_MAX_QUEUE 16
#define TC_MQPRIO_HW_OFFLOAD_MAX (__TC_MQPRIO_HW_OFFLOAD_MAX - 1)
#define TC_MQPRIO_F_MODE 0x1
#define TC_MQPRIO_F_SHAPER 0x2
#define TC_MQPRIO_F_MIN_RATE 0x4
#define TC_MQPRIO_F_MAX_RATE 0x8
#define TCA_MQPRIO_MAX (__TCA_MQPRIO_MAX - 1)
#define TCA_SFB_MAX (__TCA_SFB_MAX - 1)
#define SFB_MAX_PROB 0xFFFF
#define TCA_QFQ_MAX (__TCA_QFQ_MAX - 1)
#define TCA_CODEL_MAX (__TCA_CODEL_MAX - 1)
#define FQ_CODEL_QUANTUM_MAX (1 << 20)
#define TCA_FQ_CODEL_MAX (__TCA_FQ_CODEL_MAX - 1)
#define TCA_FQ_MAX (__TCA_FQ_MAX - 1)
#define FQ_BANDS 3
#define FQ_MIN_WEIGHT 16384
#define TCA_HHF_MAX (__TCA_HHF_MAX - 1)
#define TCA_PIE_MAX (__TCA_PIE_MAX - 1)
#define TCA_FQ_PIE_MAX (__TCA_FQ_PIE_MAX - 1)
#define TCA_CBS_MAX (__TCA_CBS_MAX - 1)
#define TC_ETF_DEADLINE_MODE_ON _BITUL(0)
#define TC_ETF_OFFLOAD_ON _BITUL(1)
#define TC_ETF_SKIP_SOCK_CHECK _BITUL(2)
#define TCA_ETF_MAX (__TCA_ETF_MAX - 1)
#define TCA_CAKE_MAX (__TCA_CAKE_MAX - 1)
#define TCA_CAKE_STATS_MAX (__TCA_CAKE_STATS_MAX - 1)
#define TCA_CAKE_TIN_STATS_MAX (__TCA_CAKE_TIN_STATS_MAX - 1)
#define TC_CAKE_MAX_TINS (8)
#define TCA_TAPRIO_SCHED_ENTRY_MAX (__TCA_TAPRIO_SCHED_ENTRY_MAX - 1)
#define TCA_TAPRIO_SCHED_MAX (__TCA_TAPRIO_SCHED_MAX - 1)
#define TCA_TAPRIO_ATTR_FLAG_TXTIME_ASSIST _BITUL(0)
#define TCA_TAPRIO_ATTR_FLAG_FULL_OFFLOAD _BITUL(1)
#define TCA_TAPRIO_ATTR_MAX (__TCA_TAPRIO_ATTR_MAX - 1)
#define TCQ_ETS_MAX_BANDS 16
#define TCA_ETS_MAX (__TCA_ETS_MAX - 1)
#define TCA_DUALPI2_DROP_OVERLOAD_MAX (__TCA_DUALPI2_DROP_OVERLOAD_MAX - 1)
#define TCA_DUALPI2_DROP_EARLY_MAX (__TCA_DUALPI2_DROP_EARLY_MAX - 1)
#define TCA_DUALPI2_ECN_MASK_MAX (__TCA_DUALPI2_ECN_MASK_MAX - 1)
#define TCA_DUALPI2_SPLIT_GSO_MAX (__TCA_DUALPI2_SPLIT_GSO_MAX - 1)
#define TCA_DUALPI2_MAX (__TCA_DUALPI2_MAX - 1)
enum tc_link_layer {
	TC_LINKLAYER_UNAWARE = 0,
	TC_LINKLAYER_ETHERNET = 1,
	TC_LINKLAYER_ATM = 2,
};
enum {
	TCA_STAB_UNSPEC = 0,
	TCA_STAB_BASE = 1,
	TCA_STAB_DATA = 2,
	__TCA_STAB_MAX = 3,
};
enum {
	TCA_TBF_UNSPEC = 0,
	TCA_TBF_PARMS = 1,
	TCA_TBF_RTAB = 2,
	TCA_TBF_PTAB = 3,
	TCA_TBF_RATE64 = 4,
	TCA_TBF_PRATE64 = 5,
	TCA_TBF_BURST = 6,
	TCA_TBF_PBURST = 7,
	TCA_TBF_PAD = 8,
	__TCA_TBF_MAX = 9,
};
enum {
	TCA_RED_UNSPEC = 0,
	TCA_RED_PARMS = 1,
	TCA_RED_STAB = 2,
	TCA_RED_MAX_P = 3,
	TCA_RED_FLAGS = 4,
	TCA_RED_EARLY_DROP_BLOCK = 5,
	TCA_RED_MARK_BLOCK = 6,
	__TCA_RED_MAX = 7,
};
enum {
	TCA_GRED_UNSPEC = 0,
	TCA_GRED_PARMS = 1,
	TCA_GRED_STAB = 2,
	TCA_GRED_DPS = 3,
	TCA_GRED_MAX_P = 4,
	TCA_GRED_LIMIT = 5,
	TCA_GRED_VQ_LIST = 6,
	__TCA_GRED_MAX = 7,
};
enum {
	TCA_GRED_VQ_ENTRY_UNSPEC = 0,
	TCA_GRED_VQ_ENTRY = 1,
	__TCA_GRED_VQ_ENTRY_MAX = 2,
};
enum {
	TCA_GRED_VQ_UNSPEC = 0,
	TCA_GRED_VQ_PAD = 1,
	TCA_GRED_VQ_DP = 2,
	TCA_GRED_VQ_STAT_BYTES = 3,
	TCA_GRED_VQ_STAT_PACKETS = 4,
	TCA_GRED_VQ_STAT_BACKLOG = 5,
	TCA_GRED_VQ_STAT_PROB_DROP = 6,
	TCA_GRED_VQ_STAT_PROB_MARK = 7,
	TCA_GRED_VQ_STAT_FORCED_DROP = 8,
	TCA_GRED_VQ_STAT_FORCED_MARK = 9,
	TCA_GRED_VQ_STAT_PDROP = 10,
	TCA_GRED_VQ_STAT_OTHER = 11,
	TCA_GRED_VQ_FLAGS = 12,
	__TCA_GRED_VQ_MAX = 13,
};
enum {
	TCA_CHOKE_UNSPEC = 0,
	TCA_CHOKE_PARMS = 1,
	TCA_CHOKE_STAB = 2,
	TCA_CHOKE_MAX_P = 3,
	__TCA_CHOKE_MAX = 4,
};
enum {
	TCA_HTB_UNSPEC = 0,
	TCA_HTB_PARMS = 1,
	TCA_HTB_INIT = 2,
	TCA_HTB_CTAB = 3,
	TCA_HTB_RTAB = 4,
	TCA_HTB_DIRECT_QLEN = 5,
	TCA_HTB_RATE64 = 6,
	TCA_HTB_CEIL64 = 7,
	TCA_HTB_PAD = 8,
	TCA_HTB_OFFLOAD = 9,
	__TCA_HTB_MAX = 10,
};
enum {
	TCA_HFSC_UNSPEC = 0,
	TCA_HFSC_RSC = 1,
	TCA_HFSC_FSC = 2,
	TCA_HFSC_USC = 3,
	__TCA_HFSC_MAX = 4,
};
enum {
	TCA_NETEM_UNSPEC = 0,
	TCA_NETEM_CORR = 1,
	TCA_NETEM_DELAY_DIST = 2,
	TCA_NETEM_REORDER = 3,
	TCA_NETEM_CORRUPT = 4,
	TCA_NETEM_LOSS = 5,
	TCA_NETEM_RATE = 6,
	TCA_NETEM_ECN = 7,
	TCA_NETEM_RATE64 = 8,
	TCA_NETEM_PAD = 9,
	TCA_NETEM_LATENCY64 = 10,
	TCA_NETEM_JITTER64 = 11,
	TCA_NETEM_SLOT = 12,
	TCA_NETEM_SLOT_DIST = 13,
	TCA_NETEM_PRNG_SEED = 14,
	__TCA_NETEM_MAX = 15,
};
enum {
	NETEM_LOSS_UNSPEC = 0,
	NETEM_LOSS_GI = 1,
	NETEM_LOSS_GE = 2,
	__NETEM_LOSS_MAX = 3,
};
enum {
	TCA_DRR_UNSPEC = 0,
	TCA_DRR_QUANTUM = 1,
	__TCA_DRR_MAX = 2,
};
enum {
	TC_MQPRIO_HW_OFFLOAD_NONE = 0,
	TC_MQPRIO_HW_OFFLOAD_TCS = 1,
	__TC_MQPRIO_HW_OFFLOAD_MAX = 2,
};
enum {
	TC_MQPRIO_MODE_DCB = 0,
	TC_MQPRIO_MODE_CHANNEL = 1,
	__TC_MQPRIO_MODE_MAX = 1,
};
enum {
	TC_MQPRIO_SHAPER_DCB = 0,
	TC_MQPRIO_SHAPER_BW_RATE = 1,
	__TC_MQPRIO_SHAPER_MAX = 1,
};
enum {
	TC_FP_EXPRESS = 1,
	TC_FP_PREEMPTIBLE = 2,
};
enum {
	TCA_MQPRIO_TC_ENTRY_UNSPEC = 0,
	TCA_MQPRIO_TC_ENTRY_INDEX = 1,
	TCA_MQPRIO_TC_ENTRY_FP = 2,
	__TCA_MQPRIO_TC_ENTRY_CNT = 3,
	TCA_MQPRIO_TC_ENTRY_MAX = 2,
};
enum {
	TCA_MQPRIO_UNSPEC = 0,
	TCA_MQPRIO_MODE = 1,
	TCA_MQPRIO_SHAPER = 2,
	TCA_MQPRIO_MIN_RATE64 = 3,
	TCA_MQPRIO_MAX_RATE64 = 4,
	TCA_MQPRIO_TC_ENTRY = 5,
	__TCA_MQPRIO_MAX = 6,
};
enum {
	TCA_SFB_UNSPEC = 0,
	TCA_SFB_PARMS = 1,
	__TCA_SFB_MAX = 2,
};
enum {
	TCA_QFQ_UNSPEC = 0,
	TCA_QFQ_WEIGHT = 1,
	TCA_QFQ_LMAX = 2,
	__TCA_QFQ_MAX = 3,
};
enum {
	TCA_CODEL_UNSPEC = 0,
	TCA_CODEL_TARGET = 1,
	TCA_CODEL_LIMIT = 2,
	TCA_CODEL_INTERVAL = 3,
	TCA_CODEL_ECN = 4,
	TCA_CODEL_CE_THRESHOLD = 5,
	__TCA_CODEL_MAX = 6,
};
enum {
	TCA_FQ_CODEL_UNSPEC = 0,
	TCA_FQ_CODEL_TARGET = 1,
	TCA_FQ_CODEL_LIMIT = 2,
	TCA_FQ_CODEL_INTERVAL = 3,
	TCA_FQ_CODEL_ECN = 4,
	TCA_FQ_CODEL_FLOWS = 5,
	TCA_FQ_CODEL_QUANTUM = 6,
	TCA_FQ_CODEL_CE_THRESHOLD = 7,
	TCA_FQ_CODEL_DROP_BATCH_SIZE = 8,
	TCA_FQ_CODEL_MEMORY_LIMIT = 9,
	TCA_FQ_CODEL_CE_THRESHOLD_SELECTOR = 10,
	TCA_FQ_CODEL_CE_THRESHOLD_MASK = 11,
	__TCA_FQ_CODEL_MAX = 12,
};
enum {
	TCA_FQ_CODEL_XSTATS_QDISC = 0,
	TCA_FQ_CODEL_XSTATS_CLASS = 1,
};
enum {
	TCA_FQ_UNSPEC = 0,
	TCA_FQ_PLIMIT = 1,
	TCA_FQ_FLOW_PLIMIT = 2,
	TCA_FQ_QUANTUM = 3,
	TCA_FQ_INITIAL_QUANTUM = 4,
	TCA_FQ_RATE_ENABLE = 5,
	TCA_FQ_FLOW_DEFAULT_RATE = 6,
	TCA_FQ_FLOW_MAX_RATE = 7,
	TCA_FQ_BUCKETS_LOG = 8,
	TCA_FQ_FLOW_REFILL_DELAY = 9,
	TCA_FQ_ORPHAN_MASK = 10,
	TCA_FQ_LOW_RATE_THRESHOLD = 11,
	TCA_FQ_CE_THRESHOLD = 12,
	TCA_FQ_TIMER_SLACK = 13,
	TCA_FQ_HORIZON = 14,
	TCA_FQ_HORIZON_DROP = 15,
	TCA_FQ_PRIOMAP = 16,
	TCA_FQ_WEIGHTS = 17,
	TCA_FQ_OFFLOAD_HORIZON = 18,
	__TCA_FQ_MAX = 19,
};
enum {
	TCA_HHF_UNSPEC = 0,
	TCA_HHF_BACKLOG_LIMIT = 1,
	TCA_HHF_QUANTUM = 2,
	TCA_HHF_HH_FLOWS_LIMIT = 3,
	TCA_HHF_RESET_TIMEOUT = 4,
	TCA_HHF_ADMIT_BYTES = 5,
	TCA_HHF_EVICT_TIMEOUT = 6,
	TCA_HHF_NON_HH_WEIGHT = 7,
	__TCA_HHF_MAX = 8,
};
enum {
	TCA_PIE_UNSPEC = 0,
	TCA_PIE_TARGET = 1,
	TCA_PIE_LIMIT = 2,
	TCA_PIE_TUPDATE = 3,
	TCA_PIE_ALPHA = 4,
	TCA_PIE_BETA = 5,
	TCA_PIE_ECN = 6,
	TCA_PIE_BYTEMODE = 7,
	TCA_PIE_DQ_RATE_ESTIMATOR = 8,
	__TCA_PIE_MAX = 9,
};
enum {
	TCA_FQ_PIE_UNSPEC = 0,
	TCA_FQ_PIE_LIMIT = 1,
	TCA_FQ_PIE_FLOWS = 2,
	TCA_FQ_PIE_TARGET = 3,
	TCA_FQ_PIE_TUPDATE = 4,
	TCA_FQ_PIE_ALPHA = 5,
	TCA_FQ_PIE_BETA = 6,
	TCA_FQ_PIE_QUANTUM = 7,
	TCA_FQ_PIE_MEMORY_LIMIT = 8,
	TCA_FQ_PIE_ECN_PROB = 9,
	TCA_FQ_PIE_ECN = 10,
	TCA_FQ_PIE_BYTEMODE = 11,
	TCA_FQ_PIE_DQ_RATE_ESTIMATOR = 12,
	__TCA_FQ_PIE_MAX = 13,
};
enum {
	TCA_CBS_UNSPEC = 0,
	TCA_CBS_PARMS = 1,
	__TCA_CBS_MAX = 2,
};
enum {
	TCA_ETF_UNSPEC = 0,
	TCA_ETF_PARMS = 1,
	__TCA_ETF_MAX = 2,
};
enum {
	TCA_CAKE_UNSPEC = 0,
	TCA_CAKE_PAD = 1,
	TCA_CAKE_BASE_RATE64 = 2,
	TCA_CAKE_DIFFSERV_MODE = 3,
	TCA_CAKE_ATM = 4,
	TCA_CAKE_FLOW_MODE = 5,
	TCA_CAKE_OVERHEAD = 6,
	TCA_CAKE_RTT = 7,
	TCA_CAKE_TARGET = 8,
	TCA_CAKE_AUTORATE = 9,
	TCA_CAKE_MEMORY = 10,
	TCA_CAKE_NAT = 11,
	TCA_CAKE_RAW = 12,
	TCA_CAKE_WASH = 13,
	TCA_CAKE_MPU = 14,
	TCA_CAKE_INGRESS = 15,
	TCA_CAKE_ACK_FILTER = 16,
	TCA_CAKE_SPLIT_GSO = 17,
	TCA_CAKE_FWMARK = 18,
	__TCA_CAKE_MAX = 19,
};
enum {
	__TCA_CAKE_STATS_INVALID = 0,
	TCA_CAKE_STATS_PAD = 1,
	TCA_CAKE_STATS_CAPACITY_ESTIMATE64 = 2,
	TCA_CAKE_STATS_MEMORY_LIMIT = 3,
	TCA_CAKE_STATS_MEMORY_USED = 4,
	TCA_CAKE_STATS_AVG_NETOFF = 5,
	TCA_CAKE_STATS_MIN_NETLEN = 6,
	TCA_CAKE_STATS_MAX_NETLEN = 7,
	TCA_CAKE_STATS_MIN_ADJLEN = 8,
	TCA_CAKE_STATS_MAX_ADJLEN = 9,
	TCA_CAKE_STATS_TIN_STATS = 10,
	TCA_CAKE_STATS_DEFICIT = 11,
	TCA_CAKE_STATS_COBALT_COUNT = 12,
	TCA_CAKE_STATS_DROPPING = 13,
	TCA_CAKE_STATS_DROP_NEXT_US = 14,
	TCA_CAKE_STATS_P_DROP = 15,
	TCA_CAKE_STATS_BLUE_TIMER_US = 16,
	__TCA_CAKE_STATS_MAX = 17,
};
enum {
	__TCA_CAKE_TIN_STATS_INVALID = 0,
	TCA_CAKE_TIN_STATS_PAD = 1,
	TCA_CAKE_TIN_STATS_SENT_PACKETS = 2,
	TCA_CAKE_TIN_STATS_SENT_BYTES64 = 3,
	TCA_CAKE_TIN_STATS_DROPPED_PACKETS = 4,
	TCA_CAKE_TIN_STATS_DROPPED_BYTES64 = 5,
	TCA_CAKE_TIN_STATS_ACKS_DROPPED_PACKETS = 6,
	TCA_CAKE_TIN_STATS_ACKS_DROPPED_BYTES64 = 7,
	TCA_CAKE_TIN_STATS_ECN_MARKED_PACKETS = 8,
	TCA_CAKE_TIN_STATS_ECN_MARKED_BYTES64 = 9,
	TCA_CAKE_TIN_STATS_BACKLOG_PACKETS = 10,
	TCA_CAKE_TIN_STATS_BACKLOG_BYTES = 11,
	TCA_CAKE_TIN_STATS_THRESHOLD_RATE64 = 12,
	TCA_CAKE_TIN_STATS_TARGET_US = 13,
	TCA_CAKE_TIN_STATS_INTERVAL_US = 14,
	TCA_CAKE_TIN_STATS_WAY_INDIRECT_HITS = 15,
	TCA_CAKE_TIN_STATS_WAY_MISSES = 16,
	TCA_CAKE_TIN_STATS_WAY_COLLISIONS = 17,
	TCA_CAKE_TIN_STATS_PEAK_DELAY_US = 18,
	TCA_CAKE_TIN_STATS_AVG_DELAY_US = 19,
	TCA_CAKE_TIN_STATS_BASE_DELAY_US = 20,
	TCA_CAKE_TIN_STATS_SPARSE_FLOWS = 21,
	TCA_CAKE_TIN_STATS_BULK_FLOWS = 22,
	TCA_CAKE_TIN_STATS_UNRESPONSIVE_FLOWS = 23,
	TCA_CAKE_TIN_STATS_MAX_SKBLEN = 24,
	TCA_CAKE_TIN_STATS_FLOW_QUANTUM = 25,
	__TCA_CAKE_TIN_STATS_MAX = 26,
};
enum {
	CAKE_FLOW_NONE = 0,
	CAKE_FLOW_SRC_IP = 1,
	CAKE_FLOW_DST_IP = 2,
	CAKE_FLOW_HOSTS = 3,
	CAKE_FLOW_FLOWS = 4,
	CAKE_FLOW_DUAL_SRC = 5,
	CAKE_FLOW_DUAL_DST = 6,
	CAKE_FLOW_TRIPLE = 7,
	CAKE_FLOW_MAX = 8,
};
enum {
	CAKE_DIFFSERV_DIFFSERV3 = 0,
	CAKE_DIFFSERV_DIFFSERV4 = 1,
	CAKE_DIFFSERV_DIFFSERV8 = 2,
	CAKE_DIFFSERV_BESTEFFORT = 3,
	CAKE_DIFFSERV_PRECEDENCE = 4,
	CAKE_DIFFSERV_MAX = 5,
};
enum {
	CAKE_ACK_NONE = 0,
	CAKE_ACK_FILTER = 1,
	CAKE_ACK_AGGRESSIVE = 2,
	CAKE_ACK_MAX = 3,
};
enum {
	CAKE_ATM_NONE = 0,
	CAKE_ATM_ATM = 1,
	CAKE_ATM_PTM = 2,
	CAKE_ATM_MAX = 3,
};
enum {
	TC_TAPRIO_CMD_SET_GATES = 0,
	TC_TAPRIO_CMD_SET_AND_HOLD = 1,
	TC_TAPRIO_CMD_SET_AND_RELEASE = 2,
};
enum {
	TCA_TAPRIO_SCHED_ENTRY_UNSPEC = 0,
	TCA_TAPRIO_SCHED_ENTRY_INDEX = 1,
	TCA_TAPRIO_SCHED_ENTRY_CMD = 2,
	TCA_TAPRIO_SCHED_ENTRY_GATE_MASK = 3,
	TCA_TAPRIO_SCHED_ENTRY_INTERVAL = 4,
	__TCA_TAPRIO_SCHED_ENTRY_MAX = 5,
};
enum {
	TCA_TAPRIO_SCHED_UNSPEC = 0,
	TCA_TAPRIO_SCHED_ENTRY = 1,
	__TCA_TAPRIO_SCHED_MAX = 2,
};
enum {
	TCA_TAPRIO_TC_ENTRY_UNSPEC = 0,
	TCA_TAPRIO_TC_ENTRY_INDEX = 1,
	TCA_TAPRIO_TC_ENTRY_MAX_SDU = 2,
	TCA_TAPRIO_TC_ENTRY_FP = 3,
	__TCA_TAPRIO_TC_ENTRY_CNT = 4,
	TCA_TAPRIO_TC_ENTRY_MAX = 3,
};
enum {
	TCA_TAPRIO_OFFLOAD_STATS_PAD = 1,
	TCA_TAPRIO_OFFLOAD_STATS_WINDOW_DROPS = 2,
	TCA_TAPRIO_OFFLOAD_STATS_TX_OVERRUNS = 3,
	__TCA_TAPRIO_OFFLOAD_STATS_CNT = 4,
	TCA_TAPRIO_OFFLOAD_STATS_MAX = 3,
};
enum {
	TCA_TAPRIO_ATTR_UNSPEC = 0,
	TCA_TAPRIO_ATTR_PRIOMAP = 1,
	TCA_TAPRIO_ATTR_SCHED_ENTRY_LIST = 2,
	TCA_TAPRIO_ATTR_SCHED_BASE_TIME = 3,
	TCA_TAPRIO_ATTR_SCHED_SINGLE_ENTRY = 4,
	TCA_TAPRIO_ATTR_SCHED_CLOCKID = 5,
	TCA_TAPRIO_PAD = 6,
	TCA_TAPRIO_ATTR_PAD = 6,
	TCA_TAPRIO_ATTR_ADMIN_SCHED = 7,
	TCA_TAPRIO_ATTR_SCHED_CYCLE_TIME = 8,
	TCA_TAPRIO_ATTR_SCHED_CYCLE_TIME_EXTENSION = 9,
	TCA_TAPRIO_ATTR_FLAGS = 10,
	TCA_TAPRIO_ATTR_TXTIME_DELAY = 11,
	TCA_TAPRIO_ATTR_TC_ENTRY = 12,
	__TCA_TAPRIO_ATTR_MAX = 13,
};
enum {
	TCA_ETS_UNSPEC = 0,
	TCA_ETS_NBANDS = 1,
	TCA_ETS_NSTRICT = 2,
	TCA_ETS_QUANTA = 3,
	TCA_ETS_QUANTA_BAND = 4,
	TCA_ETS_PRIOMAP = 5,
	TCA_ETS_PRIOMAP_BAND = 6,
	__TCA_ETS_MAX = 7,
};
enum tc_dualpi2_drop_overload {
	TC_DUALPI2_DROP_OVERLOAD_OVERFLOW = 0,
	TC_DUALPI2_DROP_OVERLOAD_DROP = 1,
	__TCA_DUALPI2_DROP_OVERLOAD_MAX = 2,
};
enum tc_dualpi2_drop_early {
	TC_DUALPI2_DROP_EARLY_DROP_DEQUEUE = 0,
	TC_DUALPI2_DROP_EARLY_DROP_ENQUEUE = 1,
	__TCA_DUALPI2_DROP_EARLY_MAX = 2,
};
enum tc_dualpi2_ecn_mask {
	TC_DUALPI2_ECN_MASK_L4S_ECT = 1,
	TC_DUALPI2_ECN_MASK_CLA_ECT = 2,
	TC_DUALPI2_ECN_MASK_ANY_ECT = 3,
	__TCA_DUALPI2_ECN_MASK_MAX = 4,
};
enum tc_dualpi2_split_gso {
	TC_DUALPI2_SPLIT_GSO_NO_SPLIT_GSO = 0,
	TC_DUALPI2_SPLIT_GSO_SPLIT_GSO = 1,
	__TCA_DUALPI2_SPLIT_GSO_MAX = 2,
};
enum {
	TCA_DUALPI2_UNSPEC = 0,
	TCA_DUALPI2_LIMIT = 1,
	TCA_DUALPI2_MEMORY_LIMIT = 2,
	TCA_DUALPI2_TARGET = 3,
	TCA_DUALPI2_TUPDATE = 4,
	TCA_DUALPI2_ALPHA = 5,
	TCA_DUALPI2_BETA = 6,
	TCA_DUALPI2_STEP_THRESH_PKTS = 7,
	TCA_DUALPI2_STEP_THRESH_US = 8,
	TCA_DUALPI2_MIN_QLEN_STEP = 9,
	TCA_DUALPI2_COUPLING = 10,
	TCA_DUALPI2_DROP_OVERLOAD = 11,
	TCA_DUALPI2_DROP_EARLY = 12,
	TCA_DUALPI2_C_PROTECTION = 13,
	TCA_DUALPI2_ECN_MASK = 14,
	TCA_DUALPI2_SPLIT_GSO = 15,
	TCA_DUALPI2_PAD = 16,
	__TCA_DUALPI2_MAX = 17,
};
struct tc_stats {
	__u64 bytes;
	__u32 packets;
	__u32 drops;
	__u32 overlimits;
	__u32 bps;
	__u32 pps;
	__u32 qlen;
	__u32 backlog;
};
struct tc_estimator {
	signed char interval;
	unsigned char ewma_log;
};
struct tc_ratespec {
	unsigned char cell_log;
	__u8 linklayer;
	unsigned short overhead;
	short cell_align;
	unsigned short mpu;
	__u32 rate;
};
struct tc_sizespec {
	unsigned char cell_log;
	unsigned char size_log;
	short cell_align;
	int overhead;
	unsigned int linklayer;
	unsigned int mpu;
	unsigned int mtu;
	unsigned int tsize;
};
struct tc_fifo_qopt {
	__u32 limit;
};
struct tc_skbprio_qopt {
	__u32 limit;
};
struct tc_prio_qopt {
	int bands;
	__u8 priomap[16];
};
struct tc_multiq_qopt {
	__u16 bands;
	__u16 max_bands;
};
struct tc_plug_qopt {
	int action;
	__u32 limit;
};
struct tc_tbf_qopt {
	struct tc_ratespec rate;
	struct tc_ratespec peakrate;
	__u32 limit;
	__u32 buffer;
	__u32 mtu;
};
struct tc_sfq_qopt {
	unsigned int quantum;
	int perturb_period;
	__u32 limit;
	unsigned int divisor;
	unsigned int flows;
};
struct tc_sfqred_stats {
	__u32 prob_drop;
	__u32 forced_drop;
	__u32 prob_mark;
	__u32 forced_mark;
	__u32 prob_mark_head;
	__u32 forced_mark_head;
};
struct tc_sfq_qopt_v1 {
	struct tc_sfq_qopt v0;
	unsigned int depth;
	unsigned int headdrop;
	__u32 limit;
	__u32 qth_min;
	__u32 qth_max;
	unsigned char Wlog;
	unsigned char Plog;
	unsigned char Scell_log;
	unsigned char flags;
	__u32 max_P;
	struct tc_sfqred_stats stats;
};
struct tc_sfq_xstats {
	__s32 allot;
};
struct tc_red_qopt {
	__u32 limit;
	__u32 qth_min;
	__u32 qth_max;
	unsigned char Wlog;
	unsigned char Plog;
	unsigned char Scell_log;
	unsigned char flags;
};
struct tc_red_xstats {
	__u32 early;
	__u32 pdrop;
	__u32 other;
	__u32 marked;
};
struct tc_gred_qopt {
	__u32 limit;
	__u32 qth_min;
	__u32 qth_max;
	__u32 DP;
	__u32 backlog;
	__u32 qave;
	__u32 forced;
	__u32 early;
	__u32 other;
	__u32 pdrop;
	__u8 Wlog;
	__u8 Plog;
	__u8 Scell_log;
	__u8 prio;
	__u32 packets;
	__u32 bytesin;
};
struct tc_gred_sopt {
	__u32 DPs;
	__u32 def_DP;
	__u8 grio;
	__u8 flags;
	__u16 pad1;
};
struct tc_choke_qopt {
	__u32 limit;
	__u32 qth_min;
	__u32 qth_max;
	unsigned char Wlog;
	unsigned char Plog;
	unsigned char Scell_log;
	unsigned char flags;
};
struct tc_choke_xstats {
	__u32 early;
	__u32 pdrop;
	__u32 other;
	__u32 marked;
	__u32 matched;
};
struct tc_htb_opt {
	struct tc_ratespec rate;
	struct tc_ratespec ceil;
	__u32 buffer;
	__u32 cbuffer;
	__u32 quantum;
	__u32 level;
	__u32 prio;
};
struct tc_htb_glob {
	__u32 version;
	__u32 rate2quantum;
	__u32 defcls;
	__u32 debug;
	__u32 direct_pkts;
};
struct tc_htb_xstats {
	__u32 lends;
	__u32 borrows;
	__u32 giants;
	__s32 tokens;
	__s32 ctokens;
};
struct tc_hfsc_qopt {
	__u16 defcls;
};
struct tc_service_curve {
	__u32 m1;
	__u32 d;
	__u32 m2;
};
struct tc_hfsc_stats {
	__u64 work;
	__u64 rtwork;
	__u32 period;
	__u32 level;
};
struct tc_netem_qopt {
	__u32 latency;
	__u32 limit;
	__u32 loss;
	__u32 gap;
	__u32 duplicate;
	__u32 jitter;
};
struct tc_netem_corr {
	__u32 delay_corr;
	__u32 loss_corr;
	__u32 dup_corr;
};
struct tc_netem_reorder {
	__u32 probability;
	__u32 correlation;
};
struct tc_netem_corrupt {
	__u32 probability;
	__u32 correlation;
};
struct tc_netem_rate {
	__u32 rate;
	__s32 packet_overhead;
	__u32 cell_size;
	__s32 cell_overhead;
};
struct tc_netem_slot {
	__s64 min_delay;
	__s64 max_delay;
	__s32 max_packets;
	__s32 max_bytes;
	__s64 dist_delay;
	__s64 dist_jitter;
};
struct tc_netem_gimodel {
	__u32 p13;
	__u32 p31;
	__u32 p32;
	__u32 p14;
	__u32 p23;
};
struct tc_netem_gemodel {
	__u32 p;
	__u32 r;
	__u32 h;
	__u32 k1;
};
struct tc_drr_stats {
	__u32 deficit;
};
struct tc_mqprio_qopt {
	__u8 num_tc;
	__u8 prio_tc_map[16];
	__u8 hw;
	__u16 count[16];
	__u16 offset[16];
};
struct tc_sfb_qopt {
	__u32 rehash_interval;
	__u32 warmup_time;
	__u32 max;
	__u32 bin_size;
	__u32 increment;
	__u32 decrement;
	__u32 limit;
	__u32 penalty_rate;
	__u32 penalty_burst;
};
struct tc_sfb_xstats {
	__u32 earlydrop;
	__u32 penaltydrop;
	__u32 bucketdrop;
	__u32 queuedrop;
	__u32 childdrop;
	__u32 marked;
	__u32 maxqlen;
	__u32 maxprob;
	__u32 avgprob;
};
struct tc_qfq_stats {
	__u32 weight;
	__u32 lmax;
};
struct tc_codel_xstats {
	__u32 maxpacket;
	__u32 count;
	__u32 lastcount;
	__u32 ldelay;
	__s32 drop_next;
	__u32 drop_overlimit;
	__u32 ecn_mark;
	__u32 dropping;
	__u32 ce_mark;
};
struct tc_fq_codel_qd_stats {
	__u32 maxpacket;
	__u32 drop_overlimit;
	__u32 ecn_mark;
	__u32 new_flow_count;
	__u32 new_flows_len;
	__u32 old_flows_len;
	__u32 ce_mark;
	__u32 memory_usage;
	__u32 drop_overmemory;
};
struct tc_fq_codel_cl_stats {
	__s32 deficit;
	__u32 ldelay;
	__u32 count;
	__u32 lastcount;
	__u32 dropping;
	__s32 drop_next;
};
struct tc_fq_codel_xstats {
	__u32 type;
	union {
		struct tc_fq_codel_qd_stats qdisc_stats;
		struct tc_fq_codel_cl_stats class_stats;
	};
};
struct tc_fq_qd_stats {
	__u64 gc_flows;
	__u64 highprio_packets;
	__u64 tcp_retrans;
	__u64 throttled;
	__u64 flows_plimit;
	__u64 pkts_too_long;
	__u64 allocation_errors;
	__s64 time_next_delayed_flow;
	__u32 flows;
	__u32 inactive_flows;
	__u32 throttled_flows;
	__u32 unthrottle_latency_ns;
	__u64 ce_mark;
	__u64 horizon_drops;
	__u64 horizon_caps;
	__u64 fastpath_packets;
	__u64 band_drops[3];
	__u32 band_pkt_count[3];
	__u32 pad;
};
struct tc_hhf_xstats {
	__u32 drop_overlimit;
	__u32 hh_overlimit;
	__u32 hh_tot_count;
	__u32 hh_cur_count;
};
struct tc_pie_xstats {
	__u64 prob;
	__u32 delay;
	__u32 avg_dq_rate;
	__u32 dq_rate_estimating;
	__u32 packets_in;
	__u32 dropped;
	__u32 overlimit;
	__u32 maxq;
	__u32 ecn_mark;
};
struct tc_fq_pie_xstats {
	__u32 packets_in;
	__u32 dropped;
	__u32 overlimit;
	__u32 overmemory;
	__u32 ecn_mark;
	__u32 new_flow_count;
	__u32 new_flows_len;
	__u32 old_flows_len;
	__u32 memory_usage;
};
struct tc_cbs_qopt {
	__u8 offload;
	__u8 _pad[3];
	__s32 hicredit;
	__s32 locredit;
	__s32 idleslope;
	__s32 sendslope;
};
struct tc_etf_qopt {
	__s32 delta;
	__s32 clockid;
	__u32 flags;
};
struct tc_dualpi2_xstats {
	__u32 prob;
	__u32 delay_c;
	__u32 delay_l;
	__u32 packets_in_c;
	__u32 packets_in_l;
	__u32 maxq;
	__u32 ecn_mark;
	__u32 step_marks;
	__s32 credit;
	__u32 memory_used;
	__u32 max_memory_used;
	__u32 memory_limit;
};
`,
  "linux/rtnetlink.h": `#pragma once
#include <linux/types.h>
#include <linux/netlink.h>
#include <linux/if_link.h>
#define RTNL_FAMILY_IPMR 128
#define RTNL_FAMILY_IP6MR 129
#define RTNL_FAMILY_MAX 129
#define RTM_MAX (((__RTM_MAX + 3) & ~3) - 1)
#define RTM_NR_MSGTYPES (RTM_MAX + 1 - RTM_BASE)
#define RTM_NR_FAMILIES (RTM_NR_MSGTYPES >> 2)
#define RTM_FAM(cmd) (((cmd) - RTM_BASE) >> 2)
#define RTA_ALIGNTO 4U
#define RTA_ALIGN(len) ( ((len)+RTA_ALIGNTO-1) & ~(RTA_ALIGNTO-1) )
#define RTA_OK(rta,len) ((len) >= (int)sizeof(struct rtattr) && (rta)->rta_len >= sizeof(struct rtattr) && (rta)->rta_len <= (len))
#define RTA_NEXT(rta,attrlen) ((attrlen) -= RTA_ALIGN((rta)->rta_len), (struct rtattr*)(((char*)(rta)) + RTA_ALIGN((rta)->rta_len)))
#define RTA_LENGTH(len) (RTA_ALIGN(sizeof(struct rtattr)) + (len))
#define RTA_SPACE(len) RTA_ALIGN(RTA_LENGTH(len))
#define RTA_DATA(rta) ((void*)(((char*)(rta)) + RTA_LENGTH(0)))
#define RTA_PAYLOAD(rta) ((int)((rta)->rta_len) - RTA_LENGTH(0))
#define RTN_MAX (__RTN_MAX - 1)
#define RTPROT_UNSPEC 0
#define RTPROT_REDIRECT 1
#define RTPROT_KERNEL 2
#define RTPROT_BOOT 3
#define RTPROT_STATIC 4
#define RTPROT_GATED 8
#define RTPROT_RA 9
#define RTPROT_MRT 10
#define RTPROT_ZEBRA 11
#define RTPROT_BIRD 12
#define RTPROT_DNROUTED 13
#define RTPROT_XORP 14
#define RTPROT_NTK 15
#define RTPROT_DHCP 16
#define RTPROT_MROUTED 17
#define RTPROT_KEEPALIVED 18
#define RTPROT_BABEL 42
#define RTPROT_OVN 84
#define RTPROT_OPENR 99
#define RTPROT_BGP 186
#define RTPROT_ISIS 187
#define RTPROT_OSPF 188
#define RTPROT_RIP 189
#define RTPROT_EIGRP 192
#define RTM_F_NOTIFY 0x100
#define RTM_F_CLONED 0x200
#define RTM_F_EQUALIZE 0x400
#define RTM_F_PREFIX 0x800
#define RTM_F_LOOKUP_TABLE 0x1000
#define RTM_F_FIB_MATCH 0x2000
#define RTM_F_OFFLOAD 0x4000
#define RTM_F_TRAP 0x8000
#define RTM_F_OFFLOAD_FAILED 0x20000000
#define RTA_MAX (__RTA_MAX - 1)
#define RTM_RTA(r) ((struct rtattr*)(((char*)(r)) + NLMSG_ALIGN(sizeof(struct rtmsg))))
#define RTM_PAYLOAD(n) NLMSG_PAYLOAD(n,sizeof(struct rtmsg))
#define RTNH_F_DEAD 1
#define RTNH_F_PERVASIVE 2
#define RTNH_F_ONLINK 4
#define RTNH_F_OFFLOAD 8
#define RTNH_F_LINKDOWN 16
#define RTNH_F_UNRESOLVED 32
#define RTNH_F_TRAP 64
#define RTNH_COMPARE_MASK (RTNH_F_DEAD | RTNH_F_LINKDOWN | RTNH_F_OFFLOAD | RTNH_F_TRAP)
#define RTNH_ALIGNTO 4
#define RTNH_ALIGN(len) ( ((len)+RTNH_ALIGNTO-1) & ~(RTNH_ALIGNTO-1) )
#define RTNH_OK(rtnh,len) ((rtnh)->rtnh_len >= sizeof(struct rtnexthop) && ((int)(rtnh)->rtnh_len) <= (len))
#define RTNH_NEXT(rtnh) ((struct rtnexthop*)(((char*)(rtnh)) + RTNH_ALIGN((rtnh)->rtnh_len)))
#define RTNH_LENGTH(len) (RTNH_ALIGN(sizeof(struct rtnexthop)) + (len))
#define RTNH_SPACE(len) RTNH_ALIGN(RTNH_LENGTH(len))
#define RTNH_DATA(rtnh) ((struct rtattr*)(((char*)(rtnh)) + RTNH_LENGTH(0)))
#define RTNETLINK_HAVE_PEERINFO 1
#define RTAX_MAX (__RTAX_MAX - 1)
#define RTAX_FEATURE_ECN (1 << 0)
#define RTAX_FEATURE_SACK (1 << 1)
#define RTAX_FEATURE_TIMESTAMP (1 << 2)
#define RTAX_FEATURE_ALLFRAG (1 << 3)
#define RTAX_FEATURE_TCP_USEC_TS (1 << 4)
#define RTAX_FEATURE_MASK (RTAX_FEATURE_ECN | RTAX_FEATURE_SACK | RTAX_FEATURE_TIMESTAMP | RTAX_FEATURE_ALLFRAG | RTAX_FEATURE_TCP_USEC_TS)
#define PREFIX_MAX (__PREFIX_MAX - 1)
#define tcm_block_index tcm_parent
#define TCM_IFINDEX_MAGIC_BLOCK (0xFFFFFFFFU)
#define TCA_MAX (__TCA_MAX - 1)
#define TCA_DUMP_FLAGS_TERSE (1 << 0)
#define TCA_RTA(r) ((struct rtattr*)(((char*)(r)) + NLMSG_ALIGN(sizeof(struct tcmsg))))
#define TCA_PAYLOAD(n) NLMSG_PAYLOAD(n,sizeof(struct tcmsg))
#define NDUSEROPT_MAX (__NDUSEROPT_MAX - 1)
#define RTMGRP_LINK 1
#define RTMGRP_NOTIFY 2
#define RTMGRP_NEIGH 4
#define RTMGRP_TC 8
#define RTMGRP_IPV4_IFADDR 0x10
#define RTMGRP_IPV4_MROUTE 0x20
#define RTMGRP_IPV4_ROUTE 0x40
#define RTMGRP_IPV4_RULE 0x80
#define RTMGRP_IPV6_IFADDR 0x100
#define RTMGRP_IPV6_MROUTE 0x200
#define RTMGRP_IPV6_ROUTE 0x400
#define RTMGRP_IPV6_IFINFO 0x800
#define RTMGRP_DECnet_IFADDR 0x1000
#define RTMGRP_DECnet_ROUTE 0x4000
#define RTMGRP_IPV6_PREFIX 0x20000
#define RTNLGRP_MAX (__RTNLGRP_MAX - 1)
#define TCA_ACT_TAB TCA_ROOT_TAB
#define TCAA_MAX TCA_ROOT_TAB
#define TCA_ROOT_MAX (__TCA_ROOT_MAX - 1)
#define TA_RTA(r) ((struct rtattr*)(((char*)(r)) + NLMSG_ALIGN(sizeof(struct tcamsg))))
#define TA_PAYLOAD(n) NLMSG_PAYLOAD(n,sizeof(struct tcamsg))
#define TCA_FLAG_LARGE_DUMP_ON (1 << 0)
#define TCA_ACT_FLAG_LARGE_DUMP_ON TCA_FLAG_LARGE_DUMP_ON
#define TCA_ACT_FLAG_TERSE_DUMP (1 << 1)
#define RTEXT_FILTER_VF (1 << 0)
#define RTEXT_FILTER_BRVLAN (1 << 1)
#define RTEXT_FILTER_BRVLAN_COMPRESSED (1 << 2)
#define RTEXT_FILTER_SKIP_STATS (1 << 3)
#define RTEXT_FILTER_MRP (1 << 4)
#define RTEXT_FILTER_CFM_CONFIG (1 << 5)
#define RTEXT_FILTER_CFM_STATUS (1 << 6)
#define RTEXT_FILTER_MST (1 << 7)
enum {
	RTM_BASE = 16,
	RTM_NEWLINK = 16,
	RTM_DELLINK = 17,
	RTM_GETLINK = 18,
	RTM_SETLINK = 19,
	RTM_NEWADDR = 20,
	RTM_DELADDR = 21,
	RTM_GETADDR = 22,
	RTM_NEWROUTE = 24,
	RTM_DELROUTE = 25,
	RTM_GETROUTE = 26,
	RTM_NEWNEIGH = 28,
	RTM_DELNEIGH = 29,
	RTM_GETNEIGH = 30,
	RTM_NEWRULE = 32,
	RTM_DELRULE = 33,
	RTM_GETRULE = 34,
	RTM_NEWQDISC = 36,
	RTM_DELQDISC = 37,
	RTM_GETQDISC = 38,
	RTM_NEWTCLASS = 40,
	RTM_DELTCLASS = 41,
	RTM_GETTCLASS = 42,
	RTM_NEWTFILTER = 44,
	RTM_DELTFILTER = 45,
	RTM_GETTFILTER = 46,
	RTM_NEWACTION = 48,
	RTM_DELACTION = 49,
	RTM_GETACTION = 50,
	RTM_NEWPREFIX = 52,
	RTM_NEWMULTICAST = 56,
	RTM_DELMULTICAST = 57,
	RTM_GETMULTICAST = 58,
	RTM_NEWANYCAST = 60,
	RTM_DELANYCAST = 61,
	RTM_GETANYCAST = 62,
	RTM_NEWNEIGHTBL = 64,
	RTM_GETNEIGHTBL = 66,
	RTM_SETNEIGHTBL = 67,
	RTM_NEWNDUSEROPT = 68,
	RTM_NEWADDRLABEL = 72,
	RTM_DELADDRLABEL = 73,
	RTM_GETADDRLABEL = 74,
	RTM_GETDCB = 78,
	RTM_SETDCB = 79,
	RTM_NEWNETCONF = 80,
	RTM_DELNETCONF = 81,
	RTM_GETNETCONF = 82,
	RTM_NEWMDB = 84,
	RTM_DELMDB = 85,
	RTM_GETMDB = 86,
	RTM_NEWNSID = 88,
	RTM_DELNSID = 89,
	RTM_GETNSID = 90,
	RTM_NEWSTATS = 92,
	RTM_GETSTATS = 94,
	RTM_SETSTATS = 95,
	RTM_NEWCACHEREPORT = 96,
	RTM_NEWCHAIN = 100,
	RTM_DELCHAIN = 101,
	RTM_GETCHAIN = 102,
	RTM_NEWNEXTHOP = 104,
	RTM_DELNEXTHOP = 105,
	RTM_GETNEXTHOP = 106,
	RTM_NEWLINKPROP = 108,
	RTM_DELLINKPROP = 109,
	RTM_GETLINKPROP = 110,
	RTM_NEWVLAN = 112,
	RTM_DELVLAN = 113,
	RTM_GETVLAN = 114,
	RTM_NEWNEXTHOPBUCKET = 116,
	RTM_DELNEXTHOPBUCKET = 117,
	RTM_GETNEXTHOPBUCKET = 118,
	RTM_NEWTUNNEL = 120,
	RTM_DELTUNNEL = 121,
	RTM_GETTUNNEL = 122,
	__RTM_MAX = 123,
};
enum {
	RTN_UNSPEC = 0,
	RTN_UNICAST = 1,
	RTN_LOCAL = 2,
	RTN_BROADCAST = 3,
	RTN_ANYCAST = 4,
	RTN_MULTICAST = 5,
	RTN_BLACKHOLE = 6,
	RTN_UNREACHABLE = 7,
	RTN_PROHIBIT = 8,
	RTN_THROW = 9,
	RTN_NAT = 10,
	RTN_XRESOLVE = 11,
	__RTN_MAX = 12,
};
enum rt_scope_t {
	RT_SCOPE_UNIVERSE = 0,
	RT_SCOPE_SITE = 200,
	RT_SCOPE_LINK = 253,
	RT_SCOPE_HOST = 254,
	RT_SCOPE_NOWHERE = 255,
};
enum rt_class_t {
	RT_TABLE_UNSPEC = 0,
	RT_TABLE_COMPAT = 252,
	RT_TABLE_DEFAULT = 253,
	RT_TABLE_MAIN = 254,
	RT_TABLE_LOCAL = 255,
	RT_TABLE_MAX = 0xffffffff,
};
enum rtattr_type_t {
	RTA_UNSPEC = 0,
	RTA_DST = 1,
	RTA_SRC = 2,
	RTA_IIF = 3,
	RTA_OIF = 4,
	RTA_GATEWAY = 5,
	RTA_PRIORITY = 6,
	RTA_PREFSRC = 7,
	RTA_METRICS = 8,
	RTA_MULTIPATH = 9,
	RTA_PROTOINFO = 10,
	RTA_FLOW = 11,
	RTA_CACHEINFO = 12,
	RTA_SESSION = 13,
	RTA_MP_ALGO = 14,
	RTA_TABLE = 15,
	RTA_MARK = 16,
	RTA_MFC_STATS = 17,
	RTA_VIA = 18,
	RTA_NEWDST = 19,
	RTA_PREF = 20,
	RTA_ENCAP_TYPE = 21,
	RTA_ENCAP = 22,
	RTA_EXPIRES = 23,
	RTA_PAD = 24,
	RTA_UID = 25,
	RTA_TTL_PROPAGATE = 26,
	RTA_IP_PROTO = 27,
	RTA_SPORT = 28,
	RTA_DPORT = 29,
	RTA_NH_ID = 30,
	RTA_FLOWLABEL = 31,
	__RTA_MAX = 32,
};
enum {
	RTAX_UNSPEC = 0,
	RTAX_LOCK = 1,
	RTAX_MTU = 2,
	RTAX_WINDOW = 3,
	RTAX_RTT = 4,
	RTAX_RTTVAR = 5,
	RTAX_SSTHRESH = 6,
	RTAX_CWND = 7,
	RTAX_ADVMSS = 8,
	RTAX_REORDERING = 9,
	RTAX_HOPLIMIT = 10,
	RTAX_INITCWND = 11,
	RTAX_FEATURES = 12,
	RTAX_RTO_MIN = 13,
	RTAX_INITRWND = 14,
	RTAX_QUICKACK = 15,
	RTAX_CC_ALGO = 16,
	RTAX_FASTOPEN_NO_COOKIE = 17,
	__RTAX_MAX = 18,
};
enum {
	PREFIX_UNSPEC = 0,
	PREFIX_ADDRESS = 1,
	PREFIX_CACHEINFO = 2,
	__PREFIX_MAX = 3,
};
enum {
	TCA_UNSPEC = 0,
	TCA_KIND = 1,
	TCA_OPTIONS = 2,
	TCA_STATS = 3,
	TCA_XSTATS = 4,
	TCA_RATE = 5,
	TCA_FCNT = 6,
	TCA_STATS2 = 7,
	TCA_STAB = 8,
	TCA_PAD = 9,
	TCA_DUMP_INVISIBLE = 10,
	TCA_CHAIN = 11,
	TCA_HW_OFFLOAD = 12,
	TCA_INGRESS_BLOCK = 13,
	TCA_EGRESS_BLOCK = 14,
	TCA_DUMP_FLAGS = 15,
	TCA_EXT_WARN_MSG = 16,
	__TCA_MAX = 17,
};
enum {
	NDUSEROPT_UNSPEC = 0,
	NDUSEROPT_SRCADDR = 1,
	__NDUSEROPT_MAX = 2,
};
enum rtnetlink_groups {
	RTNLGRP_NONE = 0,
	RTNLGRP_LINK = 1,
	RTNLGRP_NOTIFY = 2,
	RTNLGRP_NEIGH = 3,
	RTNLGRP_TC = 4,
	RTNLGRP_IPV4_IFADDR = 5,
	RTNLGRP_IPV4_MROUTE = 6,
	RTNLGRP_IPV4_ROUTE = 7,
	RTNLGRP_IPV4_RULE = 8,
	RTNLGRP_IPV6_IFADDR = 9,
	RTNLGRP_IPV6_MROUTE = 10,
	RTNLGRP_IPV6_ROUTE = 11,
	RTNLGRP_IPV6_IFINFO = 12,
	RTNLGRP_DECnet_IFADDR = 13,
	RTNLGRP_NOP2 = 14,
	RTNLGRP_DECnet_ROUTE = 15,
	RTNLGRP_DECnet_RULE = 16,
	RTNLGRP_NOP4 = 17,
	RTNLGRP_IPV6_PREFIX = 18,
	RTNLGRP_IPV6_RULE = 19,
	RTNLGRP_ND_USEROPT = 20,
	RTNLGRP_PHONET_IFADDR = 21,
	RTNLGRP_PHONET_ROUTE = 22,
	RTNLGRP_DCB = 23,
	RTNLGRP_IPV4_NETCONF = 24,
	RTNLGRP_IPV6_NETCONF = 25,
	RTNLGRP_MDB = 26,
	RTNLGRP_MPLS_ROUTE = 27,
	RTNLGRP_NSID = 28,
	RTNLGRP_MPLS_NETCONF = 29,
	RTNLGRP_IPV4_MROUTE_R = 30,
	RTNLGRP_IPV6_MROUTE_R = 31,
	RTNLGRP_NEXTHOP = 32,
	RTNLGRP_BRVLAN = 33,
	RTNLGRP_MCTP_IFADDR = 34,
	RTNLGRP_TUNNEL = 35,
	RTNLGRP_STATS = 36,
	RTNLGRP_IPV4_MCADDR = 37,
	RTNLGRP_IPV6_MCADDR = 38,
	RTNLGRP_IPV6_ACADDR = 39,
	__RTNLGRP_MAX = 40,
};
enum {
	TCA_ROOT_UNSPEC = 0,
	TCA_ROOT_TAB = 1,
	TCA_ROOT_FLAGS = 2,
	TCA_ROOT_COUNT = 3,
	TCA_ROOT_TIME_DELTA = 4,
	TCA_ROOT_EXT_WARN_MSG = 5,
	__TCA_ROOT_MAX = 6,
};
struct rtattr {
	unsigned short rta_len;
	unsigned short rta_type;
};
struct rtmsg {
	unsigned char rtm_family;
	unsigned char rtm_dst_len;
	unsigned char rtm_src_len;
	unsigned char rtm_tos;
	unsigned char rtm_table;
	unsigned char rtm_protocol;
	unsigned char rtm_scope;
	unsigned char rtm_type;
	unsigned int rtm_flags;
};
struct rtnexthop {
	unsigned short rtnh_len;
	unsigned char rtnh_flags;
	unsigned char rtnh_hops;
	int rtnh_ifindex;
};
struct rtvia {
	__kernel_sa_family_t rtvia_family;
	__u8 rtvia_addr[0];
};
struct rta_cacheinfo {
	__u32 rta_clntref;
	__u32 rta_lastuse;
	__s32 rta_expires;
	__u32 rta_error;
	__u32 rta_used;
	__u32 rta_id;
	__u32 rta_ts;
	__u32 rta_tsage;
};
struct rta_session {
	__u8 proto;
	__u8 pad1;
	__u16 pad2;
	union {
		struct {
			__u16 sport;
			__u16 dport;
		} ports;
		struct {
			__u8 type;
			__u8 code;
			__u16 ident;
		} icmpt;
		__u32 spi;
	} u;
};
struct rta_mfc_stats {
	__u64 mfcs_packets;
	__u64 mfcs_bytes;
	__u64 mfcs_wrong_if;
};
struct rtgenmsg {
	unsigned char rtgen_family;
};
struct ifinfomsg {
	unsigned char ifi_family;
	unsigned char __ifi_pad;
	unsigned short ifi_type;
	int ifi_index;
	unsigned int ifi_flags;
	unsigned int ifi_change;
};
struct prefixmsg {
	unsigned char prefix_family;
	unsigned char prefix_pad1;
	unsigned short prefix_pad2;
	int prefix_ifindex;
	unsigned char prefix_type;
	unsigned char prefix_len;
	unsigned char prefix_flags;
	unsigned char prefix_pad3;
};
struct prefix_cacheinfo {
	__u32 preferred_time;
	__u32 valid_time;
};
struct tcmsg {
	unsigned char tcm_family;
	unsigned char tcm__pad1;
	unsigned short tcm__pad2;
	int tcm_ifindex;
	__u32 tcm_handle;
	__u32 tcm_parent;
	__u32 tcm_info;
};
struct nduseroptmsg {
	unsigned char nduseropt_family;
	unsigned char nduseropt_pad1;
	unsigned short nduseropt_opts_len;
	int nduseropt_ifindex;
	__u8 nduseropt_icmp_type;
	__u8 nduseropt_icmp_code;
	unsigned short nduseropt_pad2;
	unsigned int nduseropt_pad3;
};
struct tcamsg {
	unsigned char tca_family;
	unsigned char tca__pad1;
	unsigned short tca__pad2;
};
`,
  "linux/netlink.h": `#pragma once
#include <linux/const.h>
#include <linux/socket.h>
#include <linux/types.h>
#define NETLINK_ROUTE 0
#define NETLINK_UNUSED 1
#define NETLINK_USERSOCK 2
#define NETLINK_FIREWALL 3
#define NETLINK_SOCK_DIAG 4
#define NETLINK_NFLOG 5
#define NETLINK_XFRM 6
#define NETLINK_SELINUX 7
#define NETLINK_ISCSI 8
#define NETLINK_AUDIT 9
#define NETLINK_FIB_LOOKUP 10
#define NETLINK_CONNECTOR 11
#define NETLINK_NETFILTER 12
#define NETLINK_IP6_FW 13
#define NETLINK_DNRTMSG 14
#define NETLINK_KOBJECT_UEVENT 15
#define NETLINK_GENERIC 16
#define NETLINK_SCSITRANSPORT 18
#define NETLINK_ECRYPTFS 19
#define NETLINK_RDMA 20
#define NETLINK_CRYPTO 21
#define NETLINK_SMC 22
#define NETLINK_INET_DIAG NETLINK_SOCK_DIAG
#define MAX_LINKS 32
#define NLM_F_REQUEST 0x01
#define NLM_F_MULTI 0x02
#define NLM_F_ACK 0x04
#define NLM_F_ECHO 0x08
#define NLM_F_DUMP_INTR 0x10
#define NLM_F_DUMP_FILTERED 0x20
#define NLM_F_ROOT 0x100
#define NLM_F_MATCH 0x200
#define NLM_F_ATOMIC 0x400
#define NLM_F_DUMP (NLM_F_ROOT|NLM_F_MATCH)
#define NLM_F_REPLACE 0x100
#define NLM_F_EXCL 0x200
#define NLM_F_CREATE 0x400
#define NLM_F_APPEND 0x800
#define NLM_F_NONREC 0x100
#define NLM_F_BULK 0x200
#define NLM_F_CAPPED 0x100
#define NLM_F_ACK_TLVS 0x200
#define NLMSG_ALIGNTO 4U
#define NLMSG_ALIGN(len) ( ((len)+NLMSG_ALIGNTO-1) & ~(NLMSG_ALIGNTO-1) )
#define NLMSG_HDRLEN ((int) NLMSG_ALIGN(sizeof(struct nlmsghdr)))
#define NLMSG_LENGTH(len) ((len) + NLMSG_HDRLEN)
#define NLMSG_SPACE(len) NLMSG_ALIGN(NLMSG_LENGTH(len))
#define NLMSG_DATA(nlh) ((void *)(((char *)nlh) + NLMSG_HDRLEN))
#define NLMSG_NEXT(nlh,len) ((len) -= NLMSG_ALIGN((nlh)->nlmsg_len), (struct nlmsghdr *)(((char *)(nlh)) + NLMSG_ALIGN((nlh)->nlmsg_len)))
#define NLMSG_OK(nlh,len) ((len) >= (int)sizeof(struct nlmsghdr) && (nlh)->nlmsg_len >= sizeof(struct nlmsghdr) && (nlh)->nlmsg_len <= (len))
#define NLMSG_PAYLOAD(nlh,len) ((nlh)->nlmsg_len - NLMSG_SPACE((len)))
#define NLMSG_NOOP 0x1
#define NLMSG_ERROR 0x2
#define NLMSG_DONE 0x3
#define NLMSG_OVERRUN 0x4
#define NLMSG_MIN_TYPE 0x10
#define NETLINK_ADD_MEMBERSHIP 1
#define NETLINK_DROP_MEMBERSHIP 2
#define NETLINK_PKTINFO 3
#define NETLINK_BROADCAST_ERROR 4
#define NETLINK_NO_ENOBUFS 5
#define NETLINK_RX_RING 6
#define NETLINK_TX_RING 7
#define NETLINK_LISTEN_ALL_NSID 8
#define NETLINK_LIST_MEMBERSHIPS 9
#define NETLINK_CAP_ACK 10
#define NETLINK_EXT_ACK 11
#define NETLINK_GET_STRICT_CHK 12
#define NL_MMAP_MSG_ALIGNMENT NLMSG_ALIGNTO
#define NL_MMAP_MSG_ALIGN(sz) __ALIGN_KERNEL(sz, NL_MMAP_MSG_ALIGNMENT)
#define NL_MMAP_HDRLEN NL_MMAP_MSG_ALIGN(sizeof(struct nl_mmap_hdr))
#define NET_MAJOR 36
#define NLA_F_NESTED (1 << 15)
#define NLA_F_NET_BYTEORDER (1 << 14)
#define NLA_TYPE_MASK ~(NLA_F_NESTED | NLA_F_NET_BYTEORDER)
#define NLA_ALIGNTO 4
#define NLA_ALIGN(len) (((len) + NLA_ALIGNTO - 1) & ~(NLA_ALIGNTO - 1))
#define NLA_HDRLEN ((int) NLA_ALIGN(sizeof(struct nlattr)))
enum nlmsgerr_attrs {
	NLMSGERR_ATTR_UNUSED = 0,
	NLMSGERR_ATTR_MSG = 1,
	NLMSGERR_ATTR_OFFS = 2,
	NLMSGERR_ATTR_COOKIE = 3,
	NLMSGERR_ATTR_POLICY = 4,
	NLMSGERR_ATTR_MISS_TYPE = 5,
	NLMSGERR_ATTR_MISS_NEST = 6,
	__NLMSGERR_ATTR_MAX = 7,
	NLMSGERR_ATTR_MAX = 6,
};
enum nl_mmap_status {
	NL_MMAP_STATUS_UNUSED = 0,
	NL_MMAP_STATUS_RESERVED = 1,
	NL_MMAP_STATUS_VALID = 2,
	NL_MMAP_STATUS_COPY = 3,
	NL_MMAP_STATUS_SKIP = 4,
};
enum {
	NETLINK_UNCONNECTED = 0,
	NETLINK_CONNECTED = 1,
};
enum netlink_attribute_type {
	NL_ATTR_TYPE_INVALID = 0,
	NL_ATTR_TYPE_FLAG = 1,
	NL_ATTR_TYPE_U8 = 2,
	NL_ATTR_TYPE_U16 = 3,
	NL_ATTR_TYPE_U32 = 4,
	NL_ATTR_TYPE_U64 = 5,
	NL_ATTR_TYPE_S8 = 6,
	NL_ATTR_TYPE_S16 = 7,
	NL_ATTR_TYPE_S32 = 8,
	NL_ATTR_TYPE_S64 = 9,
	NL_ATTR_TYPE_BINARY = 10,
	NL_ATTR_TYPE_STRING = 11,
	NL_ATTR_TYPE_NUL_STRING = 12,
	NL_ATTR_TYPE_NESTED = 13,
	NL_ATTR_TYPE_NESTED_ARRAY = 14,
	NL_ATTR_TYPE_BITFIELD32 = 15,
	NL_ATTR_TYPE_SINT = 16,
	NL_ATTR_TYPE_UINT = 17,
};
enum netlink_policy_type_attr {
	NL_POLICY_TYPE_ATTR_UNSPEC = 0,
	NL_POLICY_TYPE_ATTR_TYPE = 1,
	NL_POLICY_TYPE_ATTR_MIN_VALUE_S = 2,
	NL_POLICY_TYPE_ATTR_MAX_VALUE_S = 3,
	NL_POLICY_TYPE_ATTR_MIN_VALUE_U = 4,
	NL_POLICY_TYPE_ATTR_MAX_VALUE_U = 5,
	NL_POLICY_TYPE_ATTR_MIN_LENGTH = 6,
	NL_POLICY_TYPE_ATTR_MAX_LENGTH = 7,
	NL_POLICY_TYPE_ATTR_POLICY_IDX = 8,
	NL_POLICY_TYPE_ATTR_POLICY_MAXTYPE = 9,
	NL_POLICY_TYPE_ATTR_BITFIELD32_MASK = 10,
	NL_POLICY_TYPE_ATTR_PAD = 11,
	NL_POLICY_TYPE_ATTR_MASK = 12,
	__NL_POLICY_TYPE_ATTR_MAX = 13,
	NL_POLICY_TYPE_ATTR_MAX = 12,
};
struct sockaddr_nl {
	__kernel_sa_family_t nl_family;
	unsigned short nl_pad;
	__u32 nl_pid;
	__u32 nl_groups;
};
struct nlmsghdr {
	__u32 nlmsg_len;
	__u16 nlmsg_type;
	__u16 nlmsg_flags;
	__u32 nlmsg_seq;
	__u32 nlmsg_pid;
};
struct nlmsgerr {
	int error;
	struct nlmsghdr msg;
};
struct nl_pktinfo {
	__u32 group;
};
struct nl_mmap_req {
	unsigned int nm_block_size;
	unsigned int nm_block_nr;
	unsigned int nm_frame_size;
	unsigned int nm_frame_nr;
};
struct nl_mmap_hdr {
	unsigned int nm_status;
	unsigned int nm_len;
	__u32 nm_group;
	__u32 nm_pid;
	__u32 nm_uid;
	__u32 nm_gid;
};
struct nlattr {
	__u16 nla_len;
	__u16 nla_type;
};
struct nla_bitfield32 {
	__u32 value;
	__u32 selector;
};
`,
  "linux/if_link.h": `#pragma once
#include <linux/types.h>
#include <linux/netlink.h>
#define IFLA_MAX (__IFLA_MAX - 1)
#define IFLA_RTA(r) ((struct rtattr*)(((char*)(r)) + NLMSG_ALIGN(sizeof(struct ifinfomsg))))
#define IFLA_PAYLOAD(n) NLMSG_PAYLOAD(n,sizeof(struct ifinfomsg))
#define IFLA_INET_MAX (__IFLA_INET_MAX - 1)
#define IFLA_INET6_MAX (__IFLA_INET6_MAX - 1)
#define IFLA_BR_MAX (__IFLA_BR_MAX - 1)
#define IFLA_BRPORT_MAX (__IFLA_BRPORT_MAX - 1)
#define IFLA_INFO_MAX (__IFLA_INFO_MAX - 1)
#define IFLA_VLAN_MAX (__IFLA_VLAN_MAX - 1)
#define IFLA_VLAN_QOS_MAX (__IFLA_VLAN_QOS_MAX - 1)
#define IFLA_MACVLAN_MAX (__IFLA_MACVLAN_MAX - 1)
#define MACVLAN_FLAG_NOPROMISC 1
#define MACVLAN_FLAG_NODST 2
#define IFLA_VRF_MAX (__IFLA_VRF_MAX - 1)
#define IFLA_VRF_PORT_MAX (__IFLA_VRF_PORT_MAX - 1)
#define IFLA_MACSEC_MAX (__IFLA_MACSEC_MAX - 1)
#define IFLA_XFRM_MAX (__IFLA_XFRM_MAX - 1)
#define IFLA_IPVLAN_MAX (__IFLA_IPVLAN_MAX - 1)
#define IPVLAN_F_PRIVATE 0x01
#define IPVLAN_F_VEPA 0x02
#define IFLA_NETKIT_MAX (__IFLA_NETKIT_MAX - 1)
#define TUNNEL_MSG_FLAG_STATS 0x01
#define TUNNEL_MSG_VALID_USER_FLAGS TUNNEL_MSG_FLAG_STATS
#define VNIFILTER_ENTRY_STATS_MAX (__VNIFILTER_ENTRY_STATS_MAX - 1)
#define VXLAN_VNIFILTER_ENTRY_MAX (__VXLAN_VNIFILTER_ENTRY_MAX - 1)
#define VXLAN_VNIFILTER_MAX (__VXLAN_VNIFILTER_MAX - 1)
#define IFLA_VXLAN_MAX (__IFLA_VXLAN_MAX - 1)
#define IFLA_GENEVE_MAX (__IFLA_GENEVE_MAX - 1)
#define IFLA_BAREUDP_MAX (__IFLA_BAREUDP_MAX - 1)
#define IFLA_PPP_MAX (__IFLA_PPP_MAX - 1)
#define IFLA_GTP_MAX (__IFLA_GTP_MAX - 1)
#define IFLA_BOND_MAX (__IFLA_BOND_MAX - 1)
#define IFLA_BOND_AD_INFO_MAX (__IFLA_BOND_AD_INFO_MAX - 1)
#define IFLA_BOND_SLAVE_MAX (__IFLA_BOND_SLAVE_MAX - 1)
#define IFLA_VF_INFO_MAX (__IFLA_VF_INFO_MAX - 1)
#define IFLA_VF_MAX (__IFLA_VF_MAX - 1)
#define IFLA_VF_VLAN_INFO_MAX (__IFLA_VF_VLAN_INFO_MAX - 1)
#define MAX_VLAN_LIST_LEN 1
#define IFLA_VF_STATS_MAX (__IFLA_VF_STATS_MAX - 1)
#define IFLA_VF_PORT_MAX (__IFLA_VF_PORT_MAX - 1)
#define IFLA_PORT_MAX (__IFLA_PORT_MAX - 1)
#define PORT_PROFILE_MAX 40
#define PORT_UUID_MAX 16
#define PORT_SELF_VF -1
#define IFLA_IPOIB_MAX (__IFLA_IPOIB_MAX - 1)
#define IFLA_HSR_MAX (__IFLA_HSR_MAX - 1)
#define IFLA_STATS_MAX (__IFLA_STATS_MAX - 1)
#define IFLA_STATS_FILTER_BIT(ATTR) (1 << (ATTR - 1))
#define IFLA_STATS_GETSET_MAX (__IFLA_STATS_GETSET_MAX - 1)
#define LINK_XSTATS_TYPE_MAX (__LINK_XSTATS_TYPE_MAX - 1)
#define IFLA_OFFLOAD_XSTATS_MAX (__IFLA_OFFLOAD_XSTATS_MAX - 1)
#define IFLA_OFFLOAD_XSTATS_HW_S_INFO_MAX (__IFLA_OFFLOAD_XSTATS_HW_S_INFO_MAX - 1)
#define XDP_FLAGS_UPDATE_IF_NOEXIST (1U << 0)
#define XDP_FLAGS_SKB_MODE (1U << 1)
#define XDP_FLAGS_DRV_MODE (1U << 2)
#define XDP_FLAGS_HW_MODE (1U << 3)
#define XDP_FLAGS_REPLACE (1U << 4)
#define XDP_FLAGS_MODES (XDP_FLAGS_SKB_MODE | XDP_FLAGS_DRV_MODE | XDP_FLAGS_HW_MODE)
#define XDP_FLAGS_MASK (XDP_FLAGS_UPDATE_IF_NOEXIST | XDP_FLAGS_MODES | XDP_FLAGS_REPLACE)
#define IFLA_XDP_MAX (__IFLA_XDP_MAX - 1)
#define IFLA_TUN_MAX (__IFLA_TUN_MAX - 1)
#define RMNET_FLAGS_INGRESS_DEAGGREGATION (1U << 0)
#define RMNET_FLAGS_INGRESS_MAP_COMMANDS (1U << 1)
#define RMNET_FLAGS_INGRESS_MAP_CKSUMV4 (1U << 2)
#define RMNET_FLAGS_EGRESS_MAP_CKSUMV4 (1U << 3)
#define RMNET_FLAGS_INGRESS_MAP_CKSUMV5 (1U << 4)
#define RMNET_FLAGS_EGRESS_MAP_CKSUMV5 (1U << 5)
#define IFLA_RMNET_MAX (__IFLA_RMNET_MAX - 1)
#define IFLA_MCTP_MAX (__IFLA_MCTP_MAX - 1)
#define IFLA_DSA_MAX (__IFLA_DSA_MAX - 1)
#define IFLA_OVPN_MAX (__IFLA_OVPN_MAX - 1)
enum {
	IFLA_UNSPEC = 0,
	IFLA_ADDRESS = 1,
	IFLA_BROADCAST = 2,
	IFLA_IFNAME = 3,
	IFLA_MTU = 4,
	IFLA_LINK = 5,
	IFLA_QDISC = 6,
	IFLA_STATS = 7,
	IFLA_COST = 8,
	IFLA_PRIORITY = 9,
	IFLA_MASTER = 10,
	IFLA_WIRELESS = 11,
	IFLA_PROTINFO = 12,
	IFLA_TXQLEN = 13,
	IFLA_MAP = 14,
	IFLA_WEIGHT = 15,
	IFLA_OPERSTATE = 16,
	IFLA_LINKMODE = 17,
	IFLA_LINKINFO = 18,
	IFLA_NET_NS_PID = 19,
	IFLA_IFALIAS = 20,
	IFLA_NUM_VF = 21,
	IFLA_VFINFO_LIST = 22,
	IFLA_STATS64 = 23,
	IFLA_VF_PORTS = 24,
	IFLA_PORT_SELF = 25,
	IFLA_AF_SPEC = 26,
	IFLA_GROUP = 27,
	IFLA_NET_NS_FD = 28,
	IFLA_EXT_MASK = 29,
	IFLA_PROMISCUITY = 30,
	IFLA_NUM_TX_QUEUES = 31,
	IFLA_NUM_RX_QUEUES = 32,
	IFLA_CARRIER = 33,
	IFLA_PHYS_PORT_ID = 34,
	IFLA_CARRIER_CHANGES = 35,
	IFLA_PHYS_SWITCH_ID = 36,
	IFLA_LINK_NETNSID = 37,
	IFLA_PHYS_PORT_NAME = 38,
	IFLA_PROTO_DOWN = 39,
	IFLA_GSO_MAX_SEGS = 40,
	IFLA_GSO_MAX_SIZE = 41,
	IFLA_PAD = 42,
	IFLA_XDP = 43,
	IFLA_EVENT = 44,
	IFLA_NEW_NETNSID = 45,
	IFLA_IF_NETNSID = 46,
	IFLA_TARGET_NETNSID = 46,
	IFLA_CARRIER_UP_COUNT = 47,
	IFLA_CARRIER_DOWN_COUNT = 48,
	IFLA_NEW_IFINDEX = 49,
	IFLA_MIN_MTU = 50,
	IFLA_MAX_MTU = 51,
	IFLA_PROP_LIST = 52,
	IFLA_ALT_IFNAME = 53,
	IFLA_PERM_ADDRESS = 54,
	IFLA_PROTO_DOWN_REASON = 55,
	IFLA_PARENT_DEV_NAME = 56,
	IFLA_PARENT_DEV_BUS_NAME = 57,
	IFLA_GRO_MAX_SIZE = 58,
	IFLA_TSO_MAX_SIZE = 59,
	IFLA_TSO_MAX_SEGS = 60,
	IFLA_ALLMULTI = 61,
	IFLA_DEVLINK_PORT = 62,
	IFLA_GSO_IPV4_MAX_SIZE = 63,
	IFLA_GRO_IPV4_MAX_SIZE = 64,
	IFLA_DPLL_PIN = 65,
	IFLA_MAX_PACING_OFFLOAD_HORIZON = 66,
	IFLA_NETNS_IMMUTABLE = 67,
	IFLA_HEADROOM = 68,
	IFLA_TAILROOM = 69,
	__IFLA_MAX = 70,
};
enum {
	IFLA_PROTO_DOWN_REASON_UNSPEC = 0,
	IFLA_PROTO_DOWN_REASON_MASK = 1,
	IFLA_PROTO_DOWN_REASON_VALUE = 2,
	__IFLA_PROTO_DOWN_REASON_CNT = 3,
	IFLA_PROTO_DOWN_REASON_MAX = 2,
};
enum {
	IFLA_INET_UNSPEC = 0,
	IFLA_INET_CONF = 1,
	__IFLA_INET_MAX = 2,
};
enum {
	IFLA_INET6_UNSPEC = 0,
	IFLA_INET6_FLAGS = 1,
	IFLA_INET6_CONF = 2,
	IFLA_INET6_STATS = 3,
	IFLA_INET6_MCAST = 4,
	IFLA_INET6_CACHEINFO = 5,
	IFLA_INET6_ICMP6STATS = 6,
	IFLA_INET6_TOKEN = 7,
	IFLA_INET6_ADDR_GEN_MODE = 8,
	IFLA_INET6_RA_MTU = 9,
	__IFLA_INET6_MAX = 10,
};
enum in6_addr_gen_mode {
	IN6_ADDR_GEN_MODE_EUI64 = 0,
	IN6_ADDR_GEN_MODE_NONE = 1,
	IN6_ADDR_GEN_MODE_STABLE_PRIVACY = 2,
	IN6_ADDR_GEN_MODE_RANDOM = 3,
};
enum {
	IFLA_BR_UNSPEC = 0,
	IFLA_BR_FORWARD_DELAY = 1,
	IFLA_BR_HELLO_TIME = 2,
	IFLA_BR_MAX_AGE = 3,
	IFLA_BR_AGEING_TIME = 4,
	IFLA_BR_STP_STATE = 5,
	IFLA_BR_PRIORITY = 6,
	IFLA_BR_VLAN_FILTERING = 7,
	IFLA_BR_VLAN_PROTOCOL = 8,
	IFLA_BR_GROUP_FWD_MASK = 9,
	IFLA_BR_ROOT_ID = 10,
	IFLA_BR_BRIDGE_ID = 11,
	IFLA_BR_ROOT_PORT = 12,
	IFLA_BR_ROOT_PATH_COST = 13,
	IFLA_BR_TOPOLOGY_CHANGE = 14,
	IFLA_BR_TOPOLOGY_CHANGE_DETECTED = 15,
	IFLA_BR_HELLO_TIMER = 16,
	IFLA_BR_TCN_TIMER = 17,
	IFLA_BR_TOPOLOGY_CHANGE_TIMER = 18,
	IFLA_BR_GC_TIMER = 19,
	IFLA_BR_GROUP_ADDR = 20,
	IFLA_BR_FDB_FLUSH = 21,
	IFLA_BR_MCAST_ROUTER = 22,
	IFLA_BR_MCAST_SNOOPING = 23,
	IFLA_BR_MCAST_QUERY_USE_IFADDR = 24,
	IFLA_BR_MCAST_QUERIER = 25,
	IFLA_BR_MCAST_HASH_ELASTICITY = 26,
	IFLA_BR_MCAST_HASH_MAX = 27,
	IFLA_BR_MCAST_LAST_MEMBER_CNT = 28,
	IFLA_BR_MCAST_STARTUP_QUERY_CNT = 29,
	IFLA_BR_MCAST_LAST_MEMBER_INTVL = 30,
	IFLA_BR_MCAST_MEMBERSHIP_INTVL = 31,
	IFLA_BR_MCAST_QUERIER_INTVL = 32,
	IFLA_BR_MCAST_QUERY_INTVL = 33,
	IFLA_BR_MCAST_QUERY_RESPONSE_INTVL = 34,
	IFLA_BR_MCAST_STARTUP_QUERY_INTVL = 35,
	IFLA_BR_NF_CALL_IPTABLES = 36,
	IFLA_BR_NF_CALL_IP6TABLES = 37,
	IFLA_BR_NF_CALL_ARPTABLES = 38,
	IFLA_BR_VLAN_DEFAULT_PVID = 39,
	IFLA_BR_PAD = 40,
	IFLA_BR_VLAN_STATS_ENABLED = 41,
	IFLA_BR_MCAST_STATS_ENABLED = 42,
	IFLA_BR_MCAST_IGMP_VERSION = 43,
	IFLA_BR_MCAST_MLD_VERSION = 44,
	IFLA_BR_VLAN_STATS_PER_PORT = 45,
	IFLA_BR_MULTI_BOOLOPT = 46,
	IFLA_BR_MCAST_QUERIER_STATE = 47,
	IFLA_BR_FDB_N_LEARNED = 48,
	IFLA_BR_FDB_MAX_LEARNED = 49,
	__IFLA_BR_MAX = 50,
};
enum {
	BRIDGE_MODE_UNSPEC = 0,
	BRIDGE_MODE_HAIRPIN = 1,
};
enum {
	IFLA_BRPORT_UNSPEC = 0,
	IFLA_BRPORT_STATE = 1,
	IFLA_BRPORT_PRIORITY = 2,
	IFLA_BRPORT_COST = 3,
	IFLA_BRPORT_MODE = 4,
	IFLA_BRPORT_GUARD = 5,
	IFLA_BRPORT_PROTECT = 6,
	IFLA_BRPORT_FAST_LEAVE = 7,
	IFLA_BRPORT_LEARNING = 8,
	IFLA_BRPORT_UNICAST_FLOOD = 9,
	IFLA_BRPORT_PROXYARP = 10,
	IFLA_BRPORT_LEARNING_SYNC = 11,
	IFLA_BRPORT_PROXYARP_WIFI = 12,
	IFLA_BRPORT_ROOT_ID = 13,
	IFLA_BRPORT_BRIDGE_ID = 14,
	IFLA_BRPORT_DESIGNATED_PORT = 15,
	IFLA_BRPORT_DESIGNATED_COST = 16,
	IFLA_BRPORT_ID = 17,
	IFLA_BRPORT_NO = 18,
	IFLA_BRPORT_TOPOLOGY_CHANGE_ACK = 19,
	IFLA_BRPORT_CONFIG_PENDING = 20,
	IFLA_BRPORT_MESSAGE_AGE_TIMER = 21,
	IFLA_BRPORT_FORWARD_DELAY_TIMER = 22,
	IFLA_BRPORT_HOLD_TIMER = 23,
	IFLA_BRPORT_FLUSH = 24,
	IFLA_BRPORT_MULTICAST_ROUTER = 25,
	IFLA_BRPORT_PAD = 26,
	IFLA_BRPORT_MCAST_FLOOD = 27,
	IFLA_BRPORT_MCAST_TO_UCAST = 28,
	IFLA_BRPORT_VLAN_TUNNEL = 29,
	IFLA_BRPORT_BCAST_FLOOD = 30,
	IFLA_BRPORT_GROUP_FWD_MASK = 31,
	IFLA_BRPORT_NEIGH_SUPPRESS = 32,
	IFLA_BRPORT_ISOLATED = 33,
	IFLA_BRPORT_BACKUP_PORT = 34,
	IFLA_BRPORT_MRP_RING_OPEN = 35,
	IFLA_BRPORT_MRP_IN_OPEN = 36,
	IFLA_BRPORT_MCAST_EHT_HOSTS_LIMIT = 37,
	IFLA_BRPORT_MCAST_EHT_HOSTS_CNT = 38,
	IFLA_BRPORT_LOCKED = 39,
	IFLA_BRPORT_MAB = 40,
	IFLA_BRPORT_MCAST_N_GROUPS = 41,
	IFLA_BRPORT_MCAST_MAX_GROUPS = 42,
	IFLA_BRPORT_NEIGH_VLAN_SUPPRESS = 43,
	IFLA_BRPORT_BACKUP_NHID = 44,
	__IFLA_BRPORT_MAX = 45,
};
enum {
	IFLA_INFO_UNSPEC = 0,
	IFLA_INFO_KIND = 1,
	IFLA_INFO_DATA = 2,
	IFLA_INFO_XSTATS = 3,
	IFLA_INFO_SLAVE_KIND = 4,
	IFLA_INFO_SLAVE_DATA = 5,
	__IFLA_INFO_MAX = 6,
};
enum {
	IFLA_VLAN_UNSPEC = 0,
	IFLA_VLAN_ID = 1,
	IFLA_VLAN_FLAGS = 2,
	IFLA_VLAN_EGRESS_QOS = 3,
	IFLA_VLAN_INGRESS_QOS = 4,
	IFLA_VLAN_PROTOCOL = 5,
	__IFLA_VLAN_MAX = 6,
};
enum {
	IFLA_VLAN_QOS_UNSPEC = 0,
	IFLA_VLAN_QOS_MAPPING = 1,
	__IFLA_VLAN_QOS_MAX = 2,
};
enum {
	IFLA_MACVLAN_UNSPEC = 0,
	IFLA_MACVLAN_MODE = 1,
	IFLA_MACVLAN_FLAGS = 2,
	IFLA_MACVLAN_MACADDR_MODE = 3,
	IFLA_MACVLAN_MACADDR = 4,
	IFLA_MACVLAN_MACADDR_DATA = 5,
	IFLA_MACVLAN_MACADDR_COUNT = 6,
	IFLA_MACVLAN_BC_QUEUE_LEN = 7,
	IFLA_MACVLAN_BC_QUEUE_LEN_USED = 8,
	IFLA_MACVLAN_BC_CUTOFF = 9,
	__IFLA_MACVLAN_MAX = 10,
};
enum macvlan_mode {
	MACVLAN_MODE_PRIVATE = 1,
	MACVLAN_MODE_VEPA = 2,
	MACVLAN_MODE_BRIDGE = 4,
	MACVLAN_MODE_PASSTHRU = 8,
	MACVLAN_MODE_SOURCE = 16,
};
enum macvlan_macaddr_mode {
	MACVLAN_MACADDR_ADD = 0,
	MACVLAN_MACADDR_DEL = 1,
	MACVLAN_MACADDR_FLUSH = 2,
	MACVLAN_MACADDR_SET = 3,
};
enum {
	IFLA_VRF_UNSPEC = 0,
	IFLA_VRF_TABLE = 1,
	__IFLA_VRF_MAX = 2,
};
enum {
	IFLA_VRF_PORT_UNSPEC = 0,
	IFLA_VRF_PORT_TABLE = 1,
	__IFLA_VRF_PORT_MAX = 2,
};
enum {
	IFLA_MACSEC_UNSPEC = 0,
	IFLA_MACSEC_SCI = 1,
	IFLA_MACSEC_PORT = 2,
	IFLA_MACSEC_ICV_LEN = 3,
	IFLA_MACSEC_CIPHER_SUITE = 4,
	IFLA_MACSEC_WINDOW = 5,
	IFLA_MACSEC_ENCODING_SA = 6,
	IFLA_MACSEC_ENCRYPT = 7,
	IFLA_MACSEC_PROTECT = 8,
	IFLA_MACSEC_INC_SCI = 9,
	IFLA_MACSEC_ES = 10,
	IFLA_MACSEC_SCB = 11,
	IFLA_MACSEC_REPLAY_PROTECT = 12,
	IFLA_MACSEC_VALIDATION = 13,
	IFLA_MACSEC_PAD = 14,
	IFLA_MACSEC_OFFLOAD = 15,
	__IFLA_MACSEC_MAX = 16,
};
enum {
	IFLA_XFRM_UNSPEC = 0,
	IFLA_XFRM_LINK = 1,
	IFLA_XFRM_IF_ID = 2,
	IFLA_XFRM_COLLECT_METADATA = 3,
	__IFLA_XFRM_MAX = 4,
};
enum macsec_validation_type {
	MACSEC_VALIDATE_DISABLED = 0,
	MACSEC_VALIDATE_CHECK = 1,
	MACSEC_VALIDATE_STRICT = 2,
	__MACSEC_VALIDATE_END = 3,
	MACSEC_VALIDATE_MAX = 2,
};
enum macsec_offload {
	MACSEC_OFFLOAD_OFF = 0,
	MACSEC_OFFLOAD_PHY = 1,
	MACSEC_OFFLOAD_MAC = 2,
	__MACSEC_OFFLOAD_END = 3,
	MACSEC_OFFLOAD_MAX = 2,
};
enum {
	IFLA_IPVLAN_UNSPEC = 0,
	IFLA_IPVLAN_MODE = 1,
	IFLA_IPVLAN_FLAGS = 2,
	__IFLA_IPVLAN_MAX = 3,
};
enum ipvlan_mode {
	IPVLAN_MODE_L2 = 0,
	IPVLAN_MODE_L3 = 1,
	IPVLAN_MODE_L3S = 2,
	IPVLAN_MODE_MAX = 3,
};
enum netkit_action {
	NETKIT_NEXT = -1,
	NETKIT_PASS = 0,
	NETKIT_DROP = 2,
	NETKIT_REDIRECT = 7,
};
enum netkit_mode {
	NETKIT_L2 = 0,
	NETKIT_L3 = 1,
};
enum netkit_scrub {
	NETKIT_SCRUB_NONE = 0,
	NETKIT_SCRUB_DEFAULT = 1,
};
enum {
	IFLA_NETKIT_UNSPEC = 0,
	IFLA_NETKIT_PEER_INFO = 1,
	IFLA_NETKIT_PRIMARY = 2,
	IFLA_NETKIT_POLICY = 3,
	IFLA_NETKIT_PEER_POLICY = 4,
	IFLA_NETKIT_MODE = 5,
	IFLA_NETKIT_SCRUB = 6,
	IFLA_NETKIT_PEER_SCRUB = 7,
	IFLA_NETKIT_HEADROOM = 8,
	IFLA_NETKIT_TAILROOM = 9,
	__IFLA_NETKIT_MAX = 10,
};
enum {
	VNIFILTER_ENTRY_STATS_UNSPEC = 0,
	VNIFILTER_ENTRY_STATS_RX_BYTES = 1,
	VNIFILTER_ENTRY_STATS_RX_PKTS = 2,
	VNIFILTER_ENTRY_STATS_RX_DROPS = 3,
	VNIFILTER_ENTRY_STATS_RX_ERRORS = 4,
	VNIFILTER_ENTRY_STATS_TX_BYTES = 5,
	VNIFILTER_ENTRY_STATS_TX_PKTS = 6,
	VNIFILTER_ENTRY_STATS_TX_DROPS = 7,
	VNIFILTER_ENTRY_STATS_TX_ERRORS = 8,
	VNIFILTER_ENTRY_STATS_PAD = 9,
	__VNIFILTER_ENTRY_STATS_MAX = 10,
};
enum {
	VXLAN_VNIFILTER_ENTRY_UNSPEC = 0,
	VXLAN_VNIFILTER_ENTRY_START = 1,
	VXLAN_VNIFILTER_ENTRY_END = 2,
	VXLAN_VNIFILTER_ENTRY_GROUP = 3,
	VXLAN_VNIFILTER_ENTRY_GROUP6 = 4,
	VXLAN_VNIFILTER_ENTRY_STATS = 5,
	__VXLAN_VNIFILTER_ENTRY_MAX = 6,
};
enum {
	VXLAN_VNIFILTER_UNSPEC = 0,
	VXLAN_VNIFILTER_ENTRY = 1,
	__VXLAN_VNIFILTER_MAX = 2,
};
enum {
	IFLA_VXLAN_UNSPEC = 0,
	IFLA_VXLAN_ID = 1,
	IFLA_VXLAN_GROUP = 2,
	IFLA_VXLAN_LINK = 3,
	IFLA_VXLAN_LOCAL = 4,
	IFLA_VXLAN_TTL = 5,
	IFLA_VXLAN_TOS = 6,
	IFLA_VXLAN_LEARNING = 7,
	IFLA_VXLAN_AGEING = 8,
	IFLA_VXLAN_LIMIT = 9,
	IFLA_VXLAN_PORT_RANGE = 10,
	IFLA_VXLAN_PROXY = 11,
	IFLA_VXLAN_RSC = 12,
	IFLA_VXLAN_L2MISS = 13,
	IFLA_VXLAN_L3MISS = 14,
	IFLA_VXLAN_PORT = 15,
	IFLA_VXLAN_GROUP6 = 16,
	IFLA_VXLAN_LOCAL6 = 17,
	IFLA_VXLAN_UDP_CSUM = 18,
	IFLA_VXLAN_UDP_ZERO_CSUM6_TX = 19,
	IFLA_VXLAN_UDP_ZERO_CSUM6_RX = 20,
	IFLA_VXLAN_REMCSUM_TX = 21,
	IFLA_VXLAN_REMCSUM_RX = 22,
	IFLA_VXLAN_GBP = 23,
	IFLA_VXLAN_REMCSUM_NOPARTIAL = 24,
	IFLA_VXLAN_COLLECT_METADATA = 25,
	IFLA_VXLAN_LABEL = 26,
	IFLA_VXLAN_GPE = 27,
	IFLA_VXLAN_TTL_INHERIT = 28,
	IFLA_VXLAN_DF = 29,
	IFLA_VXLAN_VNIFILTER = 30,
	IFLA_VXLAN_LOCALBYPASS = 31,
	IFLA_VXLAN_LABEL_POLICY = 32,
	IFLA_VXLAN_RESERVED_BITS = 33,
	IFLA_VXLAN_MC_ROUTE = 34,
	__IFLA_VXLAN_MAX = 35,
};
enum ifla_vxlan_df {
	VXLAN_DF_UNSET = 0,
	VXLAN_DF_SET = 1,
	VXLAN_DF_INHERIT = 2,
	__VXLAN_DF_END = 3,
	VXLAN_DF_MAX = 2,
};
enum ifla_vxlan_label_policy {
	VXLAN_LABEL_FIXED = 0,
	VXLAN_LABEL_INHERIT = 1,
	__VXLAN_LABEL_END = 2,
	VXLAN_LABEL_MAX = 1,
};
enum {
	IFLA_GENEVE_UNSPEC = 0,
	IFLA_GENEVE_ID = 1,
	IFLA_GENEVE_REMOTE = 2,
	IFLA_GENEVE_TTL = 3,
	IFLA_GENEVE_TOS = 4,
	IFLA_GENEVE_PORT = 5,
	IFLA_GENEVE_COLLECT_METADATA = 6,
	IFLA_GENEVE_REMOTE6 = 7,
	IFLA_GENEVE_UDP_CSUM = 8,
	IFLA_GENEVE_UDP_ZERO_CSUM6_TX = 9,
	IFLA_GENEVE_UDP_ZERO_CSUM6_RX = 10,
	IFLA_GENEVE_LABEL = 11,
	IFLA_GENEVE_TTL_INHERIT = 12,
	IFLA_GENEVE_DF = 13,
	IFLA_GENEVE_INNER_PROTO_INHERIT = 14,
	IFLA_GENEVE_PORT_RANGE = 15,
	__IFLA_GENEVE_MAX = 16,
};
enum ifla_geneve_df {
	GENEVE_DF_UNSET = 0,
	GENEVE_DF_SET = 1,
	GENEVE_DF_INHERIT = 2,
	__GENEVE_DF_END = 3,
	GENEVE_DF_MAX = 2,
};
enum {
	IFLA_BAREUDP_UNSPEC = 0,
	IFLA_BAREUDP_PORT = 1,
	IFLA_BAREUDP_ETHERTYPE = 2,
	IFLA_BAREUDP_SRCPORT_MIN = 3,
	IFLA_BAREUDP_MULTIPROTO_MODE = 4,
	__IFLA_BAREUDP_MAX = 5,
};
enum {
	IFLA_PPP_UNSPEC = 0,
	IFLA_PPP_DEV_FD = 1,
	__IFLA_PPP_MAX = 2,
};
enum ifla_gtp_role {
	GTP_ROLE_GGSN = 0,
	GTP_ROLE_SGSN = 1,
};
enum {
	IFLA_GTP_UNSPEC = 0,
	IFLA_GTP_FD0 = 1,
	IFLA_GTP_FD1 = 2,
	IFLA_GTP_PDP_HASHSIZE = 3,
	IFLA_GTP_ROLE = 4,
	IFLA_GTP_CREATE_SOCKETS = 5,
	IFLA_GTP_RESTART_COUNT = 6,
	IFLA_GTP_LOCAL = 7,
	IFLA_GTP_LOCAL6 = 8,
	__IFLA_GTP_MAX = 9,
};
enum {
	IFLA_BOND_UNSPEC = 0,
	IFLA_BOND_MODE = 1,
	IFLA_BOND_ACTIVE_SLAVE = 2,
	IFLA_BOND_MIIMON = 3,
	IFLA_BOND_UPDELAY = 4,
	IFLA_BOND_DOWNDELAY = 5,
	IFLA_BOND_USE_CARRIER = 6,
	IFLA_BOND_ARP_INTERVAL = 7,
	IFLA_BOND_ARP_IP_TARGET = 8,
	IFLA_BOND_ARP_VALIDATE = 9,
	IFLA_BOND_ARP_ALL_TARGETS = 10,
	IFLA_BOND_PRIMARY = 11,
	IFLA_BOND_PRIMARY_RESELECT = 12,
	IFLA_BOND_FAIL_OVER_MAC = 13,
	IFLA_BOND_XMIT_HASH_POLICY = 14,
	IFLA_BOND_RESEND_IGMP = 15,
	IFLA_BOND_NUM_PEER_NOTIF = 16,
	IFLA_BOND_ALL_SLAVES_ACTIVE = 17,
	IFLA_BOND_MIN_LINKS = 18,
	IFLA_BOND_LP_INTERVAL = 19,
	IFLA_BOND_PACKETS_PER_SLAVE = 20,
	IFLA_BOND_AD_LACP_RATE = 21,
	IFLA_BOND_AD_SELECT = 22,
	IFLA_BOND_AD_INFO = 23,
	IFLA_BOND_AD_ACTOR_SYS_PRIO = 24,
	IFLA_BOND_AD_USER_PORT_KEY = 25,
	IFLA_BOND_AD_ACTOR_SYSTEM = 26,
	IFLA_BOND_TLB_DYNAMIC_LB = 27,
	IFLA_BOND_PEER_NOTIF_DELAY = 28,
	IFLA_BOND_AD_LACP_ACTIVE = 29,
	IFLA_BOND_MISSED_MAX = 30,
	IFLA_BOND_NS_IP6_TARGET = 31,
	IFLA_BOND_COUPLED_CONTROL = 32,
	IFLA_BOND_BROADCAST_NEIGH = 33,
	__IFLA_BOND_MAX = 34,
};
enum {
	IFLA_BOND_AD_INFO_UNSPEC = 0,
	IFLA_BOND_AD_INFO_AGGREGATOR = 1,
	IFLA_BOND_AD_INFO_NUM_PORTS = 2,
	IFLA_BOND_AD_INFO_ACTOR_KEY = 3,
	IFLA_BOND_AD_INFO_PARTNER_KEY = 4,
	IFLA_BOND_AD_INFO_PARTNER_MAC = 5,
	__IFLA_BOND_AD_INFO_MAX = 6,
};
enum {
	IFLA_BOND_SLAVE_UNSPEC = 0,
	IFLA_BOND_SLAVE_STATE = 1,
	IFLA_BOND_SLAVE_MII_STATUS = 2,
	IFLA_BOND_SLAVE_LINK_FAILURE_COUNT = 3,
	IFLA_BOND_SLAVE_PERM_HWADDR = 4,
	IFLA_BOND_SLAVE_QUEUE_ID = 5,
	IFLA_BOND_SLAVE_AD_AGGREGATOR_ID = 6,
	IFLA_BOND_SLAVE_AD_ACTOR_OPER_PORT_STATE = 7,
	IFLA_BOND_SLAVE_AD_PARTNER_OPER_PORT_STATE = 8,
	IFLA_BOND_SLAVE_PRIO = 9,
	IFLA_BOND_SLAVE_ACTOR_PORT_PRIO = 10,
	__IFLA_BOND_SLAVE_MAX = 11,
};
enum {
	IFLA_VF_INFO_UNSPEC = 0,
	IFLA_VF_INFO = 1,
	__IFLA_VF_INFO_MAX = 2,
};
enum {
	IFLA_VF_UNSPEC = 0,
	IFLA_VF_MAC = 1,
	IFLA_VF_VLAN = 2,
	IFLA_VF_TX_RATE = 3,
	IFLA_VF_SPOOFCHK = 4,
	IFLA_VF_LINK_STATE = 5,
	IFLA_VF_RATE = 6,
	IFLA_VF_RSS_QUERY_EN = 7,
	IFLA_VF_STATS = 8,
	IFLA_VF_TRUST = 9,
	IFLA_VF_IB_NODE_GUID = 10,
	IFLA_VF_IB_PORT_GUID = 11,
	IFLA_VF_VLAN_LIST = 12,
	IFLA_VF_BROADCAST = 13,
	__IFLA_VF_MAX = 14,
};
enum {
	IFLA_VF_VLAN_INFO_UNSPEC = 0,
	IFLA_VF_VLAN_INFO = 1,
	__IFLA_VF_VLAN_INFO_MAX = 2,
};
enum {
	IFLA_VF_LINK_STATE_AUTO = 0,
	IFLA_VF_LINK_STATE_ENABLE = 1,
	IFLA_VF_LINK_STATE_DISABLE = 2,
	__IFLA_VF_LINK_STATE_MAX = 3,
};
enum {
	IFLA_VF_STATS_RX_PACKETS = 0,
	IFLA_VF_STATS_TX_PACKETS = 1,
	IFLA_VF_STATS_RX_BYTES = 2,
	IFLA_VF_STATS_TX_BYTES = 3,
	IFLA_VF_STATS_BROADCAST = 4,
	IFLA_VF_STATS_MULTICAST = 5,
	IFLA_VF_STATS_PAD = 6,
	IFLA_VF_STATS_RX_DROPPED = 7,
	IFLA_VF_STATS_TX_DROPPED = 8,
	__IFLA_VF_STATS_MAX = 9,
};
enum {
	IFLA_VF_PORT_UNSPEC = 0,
	IFLA_VF_PORT = 1,
	__IFLA_VF_PORT_MAX = 2,
};
enum {
	IFLA_PORT_UNSPEC = 0,
	IFLA_PORT_VF = 1,
	IFLA_PORT_PROFILE = 2,
	IFLA_PORT_VSI_TYPE = 3,
	IFLA_PORT_INSTANCE_UUID = 4,
	IFLA_PORT_HOST_UUID = 5,
	IFLA_PORT_REQUEST = 6,
	IFLA_PORT_RESPONSE = 7,
	__IFLA_PORT_MAX = 8,
};
enum {
	PORT_REQUEST_PREASSOCIATE = 0,
	PORT_REQUEST_PREASSOCIATE_RR = 1,
	PORT_REQUEST_ASSOCIATE = 2,
	PORT_REQUEST_DISASSOCIATE = 3,
};
enum {
	PORT_VDP_RESPONSE_SUCCESS = 0,
	PORT_VDP_RESPONSE_INVALID_FORMAT = 1,
	PORT_VDP_RESPONSE_INSUFFICIENT_RESOURCES = 2,
	PORT_VDP_RESPONSE_UNUSED_VTID = 3,
	PORT_VDP_RESPONSE_VTID_VIOLATION = 4,
	PORT_VDP_RESPONSE_VTID_VERSION_VIOALTION = 5,
	PORT_VDP_RESPONSE_OUT_OF_SYNC = 6,
	PORT_PROFILE_RESPONSE_SUCCESS = 256,
	PORT_PROFILE_RESPONSE_INPROGRESS = 257,
	PORT_PROFILE_RESPONSE_INVALID = 258,
	PORT_PROFILE_RESPONSE_BADSTATE = 259,
	PORT_PROFILE_RESPONSE_INSUFFICIENT_RESOURCES = 260,
	PORT_PROFILE_RESPONSE_ERROR = 261,
};
enum {
	IFLA_IPOIB_UNSPEC = 0,
	IFLA_IPOIB_PKEY = 1,
	IFLA_IPOIB_MODE = 2,
	IFLA_IPOIB_UMCAST = 3,
	__IFLA_IPOIB_MAX = 4,
};
enum {
	IPOIB_MODE_DATAGRAM = 0,
	IPOIB_MODE_CONNECTED = 1,
};
enum {
	HSR_PROTOCOL_HSR = 0,
	HSR_PROTOCOL_PRP = 1,
	HSR_PROTOCOL_MAX = 2,
};
enum {
	IFLA_HSR_UNSPEC = 0,
	IFLA_HSR_SLAVE1 = 1,
	IFLA_HSR_SLAVE2 = 2,
	IFLA_HSR_MULTICAST_SPEC = 3,
	IFLA_HSR_SUPERVISION_ADDR = 4,
	IFLA_HSR_SEQ_NR = 5,
	IFLA_HSR_VERSION = 6,
	IFLA_HSR_PROTOCOL = 7,
	IFLA_HSR_INTERLINK = 8,
	__IFLA_HSR_MAX = 9,
};
enum {
	IFLA_STATS_UNSPEC = 0,
	IFLA_STATS_LINK_64 = 1,
	IFLA_STATS_LINK_XSTATS = 2,
	IFLA_STATS_LINK_XSTATS_SLAVE = 3,
	IFLA_STATS_LINK_OFFLOAD_XSTATS = 4,
	IFLA_STATS_AF_SPEC = 5,
	__IFLA_STATS_MAX = 6,
};
enum {
	IFLA_STATS_GETSET_UNSPEC = 0,
	IFLA_STATS_GET_FILTERS = 1,
	IFLA_STATS_SET_OFFLOAD_XSTATS_L3_STATS = 2,
	__IFLA_STATS_GETSET_MAX = 3,
};
enum {
	LINK_XSTATS_TYPE_UNSPEC = 0,
	LINK_XSTATS_TYPE_BRIDGE = 1,
	LINK_XSTATS_TYPE_BOND = 2,
	__LINK_XSTATS_TYPE_MAX = 3,
};
enum {
	IFLA_OFFLOAD_XSTATS_UNSPEC = 0,
	IFLA_OFFLOAD_XSTATS_CPU_HIT = 1,
	IFLA_OFFLOAD_XSTATS_HW_S_INFO = 2,
	IFLA_OFFLOAD_XSTATS_L3_STATS = 3,
	__IFLA_OFFLOAD_XSTATS_MAX = 4,
};
enum {
	IFLA_OFFLOAD_XSTATS_HW_S_INFO_UNSPEC = 0,
	IFLA_OFFLOAD_XSTATS_HW_S_INFO_REQUEST = 1,
	IFLA_OFFLOAD_XSTATS_HW_S_INFO_USED = 2,
	__IFLA_OFFLOAD_XSTATS_HW_S_INFO_MAX = 3,
};
enum {
	XDP_ATTACHED_NONE = 0,
	XDP_ATTACHED_DRV = 1,
	XDP_ATTACHED_SKB = 2,
	XDP_ATTACHED_HW = 3,
	XDP_ATTACHED_MULTI = 4,
};
enum {
	IFLA_XDP_UNSPEC = 0,
	IFLA_XDP_FD = 1,
	IFLA_XDP_ATTACHED = 2,
	IFLA_XDP_FLAGS = 3,
	IFLA_XDP_PROG_ID = 4,
	IFLA_XDP_DRV_PROG_ID = 5,
	IFLA_XDP_SKB_PROG_ID = 6,
	IFLA_XDP_HW_PROG_ID = 7,
	IFLA_XDP_EXPECTED_FD = 8,
	__IFLA_XDP_MAX = 9,
};
enum {
	IFLA_EVENT_NONE = 0,
	IFLA_EVENT_REBOOT = 1,
	IFLA_EVENT_FEATURES = 2,
	IFLA_EVENT_BONDING_FAILOVER = 3,
	IFLA_EVENT_NOTIFY_PEERS = 4,
	IFLA_EVENT_IGMP_RESEND = 5,
	IFLA_EVENT_BONDING_OPTIONS = 6,
};
enum {
	IFLA_TUN_UNSPEC = 0,
	IFLA_TUN_OWNER = 1,
	IFLA_TUN_GROUP = 2,
	IFLA_TUN_TYPE = 3,
	IFLA_TUN_PI = 4,
	IFLA_TUN_VNET_HDR = 5,
	IFLA_TUN_PERSIST = 6,
	IFLA_TUN_MULTI_QUEUE = 7,
	IFLA_TUN_NUM_QUEUES = 8,
	IFLA_TUN_NUM_DISABLED_QUEUES = 9,
	__IFLA_TUN_MAX = 10,
};
enum {
	IFLA_RMNET_UNSPEC = 0,
	IFLA_RMNET_MUX_ID = 1,
	IFLA_RMNET_FLAGS = 2,
	__IFLA_RMNET_MAX = 3,
};
enum {
	IFLA_MCTP_UNSPEC = 0,
	IFLA_MCTP_NET = 1,
	IFLA_MCTP_PHYS_BINDING = 2,
	__IFLA_MCTP_MAX = 3,
};
enum {
	IFLA_DSA_UNSPEC = 0,
	IFLA_DSA_CONDUIT = 1,
	IFLA_DSA_MASTER = 1,
	__IFLA_DSA_MAX = 2,
};
enum ovpn_mode {
	OVPN_MODE_P2P = 0,
	OVPN_MODE_MP = 1,
};
enum {
	IFLA_OVPN_UNSPEC = 0,
	IFLA_OVPN_MODE = 1,
	__IFLA_OVPN_MAX = 2,
};
struct rtnl_link_stats {
	__u32 rx_packets;
	__u32 tx_packets;
	__u32 rx_bytes;
	__u32 tx_bytes;
	__u32 rx_errors;
	__u32 tx_errors;
	__u32 rx_dropped;
	__u32 tx_dropped;
	__u32 multicast;
	__u32 collisions;
	__u32 rx_length_errors;
	__u32 rx_over_errors;
	__u32 rx_crc_errors;
	__u32 rx_frame_errors;
	__u32 rx_fifo_errors;
	__u32 rx_missed_errors;
	__u32 tx_aborted_errors;
	__u32 tx_carrier_errors;
	__u32 tx_fifo_errors;
	__u32 tx_heartbeat_errors;
	__u32 tx_window_errors;
	__u32 rx_compressed;
	__u32 tx_compressed;
	__u32 rx_nohandler;
};
struct rtnl_link_stats64 {
	__u64 rx_packets;
	__u64 tx_packets;
	__u64 rx_bytes;
	__u64 tx_bytes;
	__u64 rx_errors;
	__u64 tx_errors;
	__u64 rx_dropped;
	__u64 tx_dropped;
	__u64 multicast;
	__u64 collisions;
	__u64 rx_length_errors;
	__u64 rx_over_errors;
	__u64 rx_crc_errors;
	__u64 rx_frame_errors;
	__u64 rx_fifo_errors;
	__u64 rx_missed_errors;
	__u64 tx_aborted_errors;
	__u64 tx_carrier_errors;
	__u64 tx_fifo_errors;
	__u64 tx_heartbeat_errors;
	__u64 tx_window_errors;
	__u64 rx_compressed;
	__u64 tx_compressed;
	__u64 rx_nohandler;
	__u64 rx_otherhost_dropped;
};
struct rtnl_hw_stats64 {
	__u64 rx_packets;
	__u64 tx_packets;
	__u64 rx_bytes;
	__u64 tx_bytes;
	__u64 rx_errors;
	__u64 tx_errors;
	__u64 rx_dropped;
	__u64 tx_dropped;
	__u64 multicast;
};
struct rtnl_link_ifmap {
	__u64 mem_start;
	__u64 mem_end;
	__u64 base_addr;
	__u16 irq;
	__u8 dma;
	__u8 port;
};
struct ifla_bridge_id {
	__u8 prio[2];
	__u8 addr[6];
};
struct ifla_cacheinfo {
	__u32 max_reasm_len;
	__u32 tstamp;
	__u32 reachable_time;
	__u32 retrans_time;
};
struct ifla_vlan_flags {
	__u32 flags;
	__u32 mask;
};
struct ifla_vlan_qos_mapping {
	__u32 from;
	__u32 to;
};
struct tunnel_msg {
	__u8 family;
	__u8 flags;
	__u16 reserved2;
	__u32 ifindex;
};
struct ifla_vxlan_port_range {
	__be16 low;
	__be16 high;
};
struct ifla_geneve_port_range {
	__be16 low;
	__be16 high;
};
struct ifla_vf_mac {
	__u32 vf;
	__u8 mac[32];
};
struct ifla_vf_broadcast {
	__u8 broadcast[32];
};
struct ifla_vf_vlan {
	__u32 vf;
	__u32 vlan;
	__u32 qos;
};
struct ifla_vf_vlan_info {
	__u32 vf;
	__u32 vlan;
	__u32 qos;
	__be16 vlan_proto;
};
struct ifla_vf_tx_rate {
	__u32 vf;
	__u32 rate;
};
struct ifla_vf_rate {
	__u32 vf;
	__u32 min_tx_rate;
	__u32 max_tx_rate;
};
struct ifla_vf_spoofchk {
	__u32 vf;
	__u32 setting;
};
struct ifla_vf_guid {
	__u32 vf;
	__u64 guid;
};
struct ifla_vf_link_state {
	__u32 vf;
	__u32 link_state;
};
struct ifla_vf_rss_query_en {
	__u32 vf;
	__u32 setting;
};
struct ifla_vf_trust {
	__u32 vf;
	__u32 setting;
};
struct ifla_port_vsi {
	__u8 vsi_mgr_id;
	__u8 vsi_type_id[3];
	__u8 vsi_type_version;
	__u8 pad[3];
};
struct if_stats_msg {
	__u8 family;
	__u8 pad1;
	__u16 pad2;
	__u32 ifindex;
	__u32 filter_mask;
};
struct ifla_rmnet_flags {
	__u32 flags;
	__u32 mask;
};
`,
};

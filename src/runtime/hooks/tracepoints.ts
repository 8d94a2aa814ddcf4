/**
 * Formats of common tracepoints, so that recordings replay without a kernel at hand. Fields as 6.18 on x86-64 lays them out;
 * for others give the text of the format file. Source: /sys/kernel/tracing/events of that kernel.
 */
import { type FormatField, formatOf, type TracepointFormat } from "./format.ts";

/** Name -> C declarations of its fields. */
const TRACEPOINTS: Readonly<Record<string, string>> = {
  "sched/sched_switch":
    "char prev_comm[16]; pid_t prev_pid; int prev_prio; long prev_state; char next_comm[16]; pid_t next_pid; int next_prio",
  "sched/sched_wakeup": "char comm[16]; pid_t pid; int prio; int target_cpu",
  "sched/sched_wakeup_new": "char comm[16]; pid_t pid; int prio; int target_cpu",
  "sched/sched_waking": "char comm[16]; pid_t pid; int prio; int target_cpu",
  "sched/sched_process_exec": "__data_loc char[] filename; pid_t pid; pid_t old_pid",
  "sched/sched_process_exit": "char comm[16]; pid_t pid; int prio; bool group_dead",
  "sched/sched_process_fork":
    "__data_loc char[] parent_comm; pid_t parent_pid; __data_loc char[] child_comm; pid_t child_pid",
  "sched/sched_process_free": "__data_loc char[] comm; pid_t pid; int prio",
  "sched/sched_stat_runtime": "__data_loc char[] comm; pid_t pid; u64 runtime",
  "raw_syscalls/sys_enter": "long id; unsigned long args[6]",
  "raw_syscalls/sys_exit": "long id; long ret",
  "signal/signal_generate": "int sig; int errno; int code; char comm[16]; pid_t pid; int group; int result",
  "sock/inet_sock_set_state":
    "const void * skaddr; int oldstate; int newstate; __u16 sport; __u16 dport; __u16 family; __u16 protocol; __u8 saddr[4]; __u8 daddr[4]; __u8 saddr_v6[16]; __u8 daddr_v6[16]",
  "tcp/tcp_retransmit_skb":
    "const void * skbaddr; const void * skaddr; int state; __u16 sport; __u16 dport; __u16 family; __u8 saddr[4]; __u8 daddr[4]; __u8 saddr_v6[16]; __u8 daddr_v6[16]; int err",
  "net/netif_receive_skb": "void * skbaddr; unsigned int len; __data_loc char[] name",
  "net/net_dev_queue": "void * skbaddr; unsigned int len; __data_loc char[] name",
  "skb/kfree_skb": "void * skbaddr; void * location; void * rx_sk; unsigned short protocol; unsigned int reason",
  "block/block_rq_issue":
    "unsigned int dev; u64 sector; unsigned int nr_sector; unsigned int bytes; unsigned short ioprio; char rwbs[10]; char comm[16]; __data_loc char[] cmd",
};

/**
 * Arguments of system calls, in order; "*" marks a pointer. sys_enter_X lays each out as 8 bytes from byte 16 on.
 * Source: include/linux/syscalls.h.
 */
const SYSCALLS: Readonly<Record<string, string>> = {
  accept4: "fd *upeer_sockaddr *upeer_addrlen flags",
  access: "*filename mode",
  bind: "fd *umyaddr addrlen",
  bpf: "cmd *uattr size",
  chdir: "*filename",
  chmod: "*filename mode",
  chown: "*filename user group",
  clone: "clone_flags newsp *parent_tidptr *child_tidptr tls",
  close: "fd",
  connect: "fd *uservaddr addrlen",
  dup2: "oldfd newfd",
  execve: "*filename *argv *envp",
  execveat: "fd *filename *argv *envp flags",
  exit_group: "error_code",
  faccessat: "dfd *filename mode",
  fchmodat: "dfd *filename mode",
  fchownat: "dfd *filename user group flag",
  fcntl: "fd cmd arg",
  fork: "",
  fsync: "fd",
  ftruncate: "fd length",
  futex: "*uaddr op val *utime *uaddr2 val3",
  getdents64: "fd *dirent count",
  getpid: "",
  getrandom: "*ubuf len flags",
  ioctl: "fd cmd arg",
  kill: "pid sig",
  linkat: "olddfd *oldname newdfd *newname flags",
  listen: "fd backlog",
  lseek: "fd offset whence",
  mkdir: "*pathname mode",
  mkdirat: "dfd *pathname mode",
  mmap: "addr len prot flags fd off",
  mount: "*dev_name *dir_name *type flags *data",
  mprotect: "start len prot",
  munmap: "addr len",
  nanosleep: "*rqtp *rmtp",
  newfstat: "fd *statbuf",
  newfstatat: "dfd *filename *statbuf flag",
  newlstat: "*filename *statbuf",
  newstat: "*filename *statbuf",
  open: "*filename flags mode",
  openat: "dfd *filename flags mode",
  openat2: "dfd *filename *how usize",
  pipe2: "*fildes flags",
  poll: "*ufds nfds timeout_msecs",
  pread64: "fd *buf count pos",
  pwrite64: "fd *buf count pos",
  ptrace: "request pid addr data",
  read: "fd *buf count",
  readlinkat: "dfd *pathname *buf bufsiz",
  recvfrom: "fd *ubuf size flags *addr *addr_len",
  recvmsg: "fd *msg flags",
  rename: "*oldname *newname",
  renameat2: "olddfd *oldname newdfd *newname flags",
  rmdir: "*pathname",
  sendmsg: "fd *msg flags",
  sendto: "fd *buff len flags *addr addr_len",
  setuid: "uid",
  socket: "family type protocol",
  statx: "dfd *filename flags mask *buffer",
  symlinkat: "*oldname newdfd *newname",
  tgkill: "tgid pid sig",
  truncate: "*path length",
  umount: "*name flags",
  unlink: "*pathname",
  unlinkat: "dfd *pathname flag",
  wait4: "upid *stat_addr options *ru",
  write: "fd *buf count",
  writev: "fd *vec vlen",
};

/** The format of "group/name", or undefined where none is known. */
export function bundledFormat(name: string): TracepointFormat | undefined {
  const known = made.get(name);
  if (known !== undefined) return known;
  const format = makeFormat(name);
  if (format !== undefined) made.set(name, format);
  return format;
}

export function bundledNames(): readonly string[] {
  const calls = Object.keys(SYSCALLS).flatMap((call) => [`syscalls/sys_enter_${call}`, `syscalls/sys_exit_${call}`]);
  return [...Object.keys(TRACEPOINTS), ...calls];
}

const made = new Map<string, TracepointFormat>();

function makeFormat(name: string): TracepointFormat | undefined {
  if (Object.hasOwn(TRACEPOINTS, name)) return formatOf(name, TRACEPOINTS[name]!);
  const call = /^syscalls\/sys_(enter|exit)_(\w+)$/.exec(name);
  if (call === null) return undefined;
  const [, side, syscall] = call as unknown as [string, string, string];
  // The exit of every call looks the same: its number and result.
  if (side === "exit") return formatOf(name, "long __syscall_nr; long ret");
  if (!Object.hasOwn(SYSCALLS, syscall)) return undefined;
  // As programs get it (struct syscall_tp_t): the number takes 8 bytes, too.
  const fields: FormatField[] = [word("__syscall_nr", 8, "int")];
  const args = SYSCALLS[syscall]!.split(" ").filter((arg) => arg !== "");
  args.forEach((arg, i) => {
    fields.push(word(arg.replace("*", ""), 16 + 8 * i, arg.startsWith("*") ? "pointer" : "int"));
  });
  // Programs may read all six arguments.
  return { name, id: 0, fields, sizeBytes: 64 };
}

function word(name: string, offBytes: number, kind: "int" | "pointer"): FormatField {
  return { name, kind, offBytes, sizeBytes: 8, elemBytes: 8, signed: true };
}

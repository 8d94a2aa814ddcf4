/**
 * The stable codes of refusals: one row a class, with the kernel's sentences that belong to it and what it means in the
 * programmer's words. `docs/explain/CODE.md` teaches each class. A code never changes its meaning; new ones go to the end.
 *
 *     { code, title, says: [[pattern, message?, help?], ...], message, help }     $1, $2: the groups of the pattern that matched
 *
 * A sentence may match several rows: the first one wins, so special rows stand before general ones where that matters.
 * Sentences: kernel/bpf/verifier.c, btf.c, check_attach_btf_id and others of Linux 6.18.
 *
 * Long because it is one table.
 */

/** A sentence, and the message and help of those that the row's do not fit. */
type Says = readonly [pattern: RegExp, message?: string, help?: string];

export interface CodeRow {
  readonly code: string;
  /** Of the class: headline of its page. */
  readonly title: string;
  /** Sentences with a free name in them, which other rows' patterns could match: looked at before all `says`. */
  readonly first?: readonly Says[];
  readonly says: readonly Says[];
  readonly message: string;
  /** Advice where the failing path gives no better one. */
  readonly help: string;
}

/** What no row knows. */
export const UNKNOWN_CODE = "V000";

export const CODES: readonly CodeRow[] = [
  {
    code: "V043",
    title: "an error of the verifier itself",
    says: [
      [
        /No program to jit at insn/,
        "the address of a callback is taken that no path calls: the kernel removes it as dead code, and then misses it",
        "take the address only where the callback is passed on, or leave the callback out",
      ],
      [
        /verifier (?:bug|internal error)|register invariants violated|mark_reg|failed to (?:push|mark)|callbacks are not allowed in non-JITed/,
      ],
    ],
    message: "the verifier came to a state that should not exist",
    help: "a small change often avoids it; please report it",
  },
  {
    code: "V032",
    title: "a function's arguments or result do not fit",
    says: [
      [
        /Caller passes invalid args into func#\d+ \('(.*)'\)/,
        "the arguments of this call of $1() are not what its declaration promises",
        "pass what the declaration says, or make the function static: it is then verified with each call",
      ],
      [/cannot return stack pointer to the caller/, "a pointer into this function's stack would outlive the function"],
      [/R0 not a scalar value/, "a callback returns a number"],
      [/At subprogram exit the register R(\d+)/, "a global function returns a number, not a pointer"],
      [/callback function not static/, "a callback must be a static function"],
      [/global function calls are not allowed/, "global functions may not be called while a lock is held"],
      [
        /Global function|Global functions|Invalid type of function|[Aa]rg#\d+ (?:type|reference type|has|untrusted|arena|type tag)/,
      ],
      [/arg#\d+ (?:invalid combination|cannot be|has pointer tag)/],
      [/Function \S+ has \d+ > \d+ args|exception cb only supports/],
      [/LD_ABS is|tail_call is (?:only|not)|func_info|callee|missing btf func_info|btf id for main subprog/],
      [/program with __ref argument cannot tail call/],
    ],
    message: "the function's declaration does not fit what the verifier can check",
    help: "check the declaration of the function against its calls: types, nullable pointers, size of what is pointed to",
  },
  {
    code: "V001",
    title: "a register is read before it was written",
    says: [
      [/R(\d+) !read_ok/],
      [/R\d+ is invalid/, "there is no such register"],
      [/__bpf_trap/, "the compiler put a trap here: a variable is used that has no value"],
    ],
    message: "r$1 is read, but nothing wrote it on this path",
    help: "give the variable a value where it is declared",
  },
  {
    code: "V003",
    title: "a pointer may be null",
    says: [
      [/R(\d+) invalid mem access '(?:\w*_or_null\w*)'/, "the pointer in r$1 may be null here"],
      [/R(\d+) pointer arithmetic on \S*or_null\S* prohibited/, "r$1 may be null here: no arithmetic before the check"],
      [/Possibly NULL pointer passed to helper arg(\d+)/, "argument $1 may be null here"],
      [/Possibly NULL pointer passed to trusted arg(\d+)/, "argument $1 (counted from 0) may be null here"],
      [/arg#(\d+) is expected to be non-NULL/, "argument $1 (counted from 0) may be null here"],
      [/R(\d+) type=\S*_or_null\S* expected=/, "argument r$1 may be null here"],
    ],
    message: "a pointer that may be null is used without a check",
    help: "compare the pointer with null before this",
  },
  {
    code: "V002",
    title: "a number is used as a pointer",
    says: [
      [/R(\d+) invalid mem access 'scalar'/, "r$1 is used as a pointer but holds a number here"],
      [/R(\d+) invalid mem access '(\w+)'/, "memory behind r$1 ($2) cannot be read or written directly"],
      [/R(\d+) is not a pointer to arena or scalar/, "argument r$1 is neither an arena pointer nor a number"],
    ],
    message: "this is not a pointer to memory",
    help: "only pointers from the context, maps, helpers and the stack can be read through",
  },
  {
    code: "V004",
    title: "an access leaves the map value or memory",
    says: [
      [
        /invalid access to map value, value_size=(\d+) off=(-?\d+) size=(\d+)/,
        "access of $3 bytes at offset $2 leaves the map value of $1 bytes",
      ],
      [/invalid access to map value pointer/, "the address lies outside of the map value"],
      [
        /invalid access to map key, key_size=(\d+) off=(-?\d+) size=(\d+)/,
        "access of $3 bytes at offset $2 leaves the key of $1 bytes",
      ],
      [
        /invalid access to memory, mem_size=(\d+) off=(-?\d+) size=(\d+)/,
        "access of $3 bytes at offset $2 leaves the memory of $1 bytes",
      ],
      [/(?:min|max) value is outside of the allowed memory range/],
      [/invalid (?:\w+) buffer access|invalid variable buffer offset/, "this buffer takes constant offsets from 0 on"],
      [/invalid access to flow keys/, "the access leaves struct bpf_flow_keys"],
      [/direct value offset of \d+ is not allowed/, "the address lies outside of the map value"],
      [/is \S+ invalid negative access/, "the offset into a kernel object may not be negative"],
      [/math.*map_value pointer be out of range/],
    ],
    message: "the access leaves the memory it points to",
    help: "check the offset against the size before this",
  },
  {
    code: "V005",
    title: "packet bytes are used that no check covers",
    says: [
      [
        /invalid access to packet, off=(-?\d+) size=(\d+), R(\d+)\(id=\d+,off=-?\d+,r=(\d+)\)/,
        "access of $2 bytes at packet offset $1, but only $4 bytes are proved to be there",
      ],
      [/offset is outside of the packet/],
    ],
    message: "packet bytes that were never compared with data_end",
    help: "compare with data_end before this",
  },
  {
    code: "V006",
    title: "an offset or size has no upper bound",
    says: [
      [/R(\d+) unbounded memory access, use/, "the size in r$1 has no upper bound"],
      [/R(\d+) unbounded memory access/, "the offset in r$1 has no upper bound"],
    ],
    message: "an offset has no upper bound",
    help: "compare it with a limit, or mask it, before this",
  },
  {
    code: "V007",
    title: "an offset or size may be negative",
    says: [
      [/R(\d+) min value is negative, either use unsigned or/, "the size in r$1 may be negative"],
      [/R(\d+) min value is negative/, "the offset in r$1 may be negative"],
    ],
    message: "an offset may be negative",
    help: "use an unsigned type, or check that it is not negative",
  },
  {
    code: "V009",
    title: "stack bytes do not hold what is read",
    says: [
      [/invalid read from stack (?:off |R\d+ (?:off|var_off) )/, "stack bytes are read that hold nothing to read"],
      [/invalid size of register (spill|fill)/, "a pointer on the stack is written and read as 8 whole bytes"],
      [
        /attempt to corrupt spilled pointer|spilled ptr in range of var-offset/,
        "a saved pointer on the stack would be damaged",
      ],
      [/uninit stack in range of var-offset write/, "the write may leave stack bytes without a value"],
      [
        /cannot spill pointers to stack into stack frame of the caller/,
        "a pointer into this frame may not be stored in the caller's",
      ],
      [/leaking pointer from stack/, "a saved pointer would be read as a number"],
    ],
    message: "these stack bytes do not hold what is read",
    help: "write the bytes first, whole and aligned:  = {}  for structures, 8 bytes for pointers",
  },
  {
    code: "V008",
    title: "an access leaves the stack",
    says: [
      [
        /invalid(?: variable-offset| unbounded variable-offset)?(?: read from| write to| indirect access to) stack R(\d+)/,
        "the access through r$1 leaves the stack",
      ],
      [
        /variable offset stack pointer cannot be passed into helper/,
        "a helper takes a stack address only where its offset is known",
      ],
      [
        /variable (?:offset )?stack access prohibited for !root/,
        "without privileges a stack offset must be a constant",
      ],
      [/allocated_stack too small/],
    ],
    message: "the access leaves the stack",
    help: "keep the access within the buffer; large buffers belong into a map",
  },
  {
    code: "V026",
    title: "a dynptr is not in the state that is needed",
    says: [[/dynptr/i], [/BTF_KIND_DYNPTR/]],
    message: "the dynptr is not in the state that is needed here",
    help: "the order is: make it, use it, submit or discard it, on every path",
  },
  {
    code: "V010",
    title: "an argument has the wrong type",
    says: [
      [/R(\d+) type=(\S+) expected=(.+)/, "argument r$1 is a $2, but $3 is expected"],
      [/R(\d+) is of type (.+) but (.+) is expected/, "argument r$1 points to $2, but the function takes $3"],
      [/Helper has invalid btf/, "the argument's type is not one that the helper knows"],
      [
        /helper access to the packet is not allowed/,
        "this helper may not be given packet memory",
        "copy the bytes to the stack first, and pass those",
      ],
      [/R(\d+) is not a scalar/, "argument r$1 must be a number"],
      [/arg#(\d+) expects pointer to ctx/, "argument $1 (counted from 0) must be the program's context"],
      [/invalid arg_type for sockmap/, "this helper takes sockets of a sockmap or sockhash"],
      [
        /timer pointer in R1 map_uid|map pointer in R\d+ map_uid|workqueue pointer/,
        "the timer lies in another map than the one that is named",
      ],
      [/Unsupported reg type|^expected=|pointer in R\d+ isn't map pointer|expected pointer to func/],
      [/get_local_storage\(\) doesn't support/, "the flags of bpf_get_local_storage must be 0", "pass 0"],
      [/more than one arg with ref_obj_id/, "two arguments carry a reference: the helper takes one"],
      [/may write into memory pointed by/, "the helper would write into read-only memory"],
    ],
    message: "an argument is not of the type that the function takes",
    help: "compare the arguments with the function's declaration",
  },
  {
    code: "V011",
    title: "this program may not call that helper",
    says: [
      [/program of this type cannot use helper (\S+?)#\d+/, "programs of this type may not call $1"],
      [
        /invalid func (\S+)#/,
        "there is no helper with this number",
        "is the kernel older than the helper? bpftool feature probe lists what it has",
      ],
      [
        /helper call is not allowed in probe/,
        "programs attached here may not call this helper",
        "attach to a function that allows it (error injection, for bpf_override_return)",
      ],
      [/func (\S+)#\d+ (?:not supported for program type|supported only)/, "$1 does not work in programs of this type"],
      [/unknown return type|invalid return type/, "this kernel cannot check what the helper returns"],
      [/BPF_LD_\[ABS\|IND\] instructions not allowed/, "programs of this type have no packet loads (LD_ABS, LD_IND)"],
      [/tail_calls are not allowed|mixing of tail_calls/, "tail calls and calls of functions do not go together here"],
      [/tail_call abusing map_ptr/],
    ],
    message: "programs of this type may not call this helper",
    help: "use what programs of this type have, or another type of program (the section name sets it)",
  },
  {
    code: "V012",
    title: "for GPL-compatible programs only",
    says: [[/GPL|license/]],
    message: "this is for GPL-compatible programs only",
    help: 'the license section decides:  char LICENSE[] SEC("license") = "GPL";  if that is what you want',
  },
  {
    code: "V013",
    title: "the context has no such field for this program",
    says: [
      [
        /invalid bpf_context access off=(-?\d+) size=(\d+)/,
        "this program may not access $2 bytes at offset $1 of its context",
      ],
      [/invalid bpf_context access/],
      [/at the time of BPF_LD_ABS\|IND R6 != pointer to skb/, "packet loads (LD_ABS, LD_IND) need the context in r6"],
    ],
    message: "this program may not access this part of its context",
    help: "use the fields of the context by name, whole, and those that this program type has",
  },
  {
    code: "V014",
    title: "something acquired is not released",
    says: [
      [
        /Unreleased reference id=\d+ alloc_insn=(\d+)/,
        "what was acquired at instruction $1 is not released on this path",
      ],
      [/would lead to reference leak/],
      [/cannot overwrite referenced/, "the only handle of something that must be released would be lost"],
    ],
    message: "what was acquired is not released on this path",
    help: "call the release function on this path, too",
  },
  {
    code: "V015",
    title: "a loop does not end",
    says: [
      [/infinite loop detected/],
      [/back-edge from insn/, "the program goes back to where it came from: loops need privileges"],
      [/too many iterations|iteration limit reached/, "the loop was still going on after the limit of rounds"],
    ],
    message: "the loop never ends: nothing changes between two rounds",
    help: "count the rounds against a constant limit, or use bpf_loop",
  },
  {
    code: "V016",
    title: "too much to verify",
    says: [
      [/BPF program is too large/, "more than a million instructions had to be walked"],
      [/sequence of \d+ jumps is too complex/, "too many branches wait to be walked: 8,192 is the limit"],
      [/instructions is too large/, "the program has too many instructions"],
      [/too many subprograms/, "a program has at most 256 functions"],
      [/number of maps per program|number of btfs per program/, "a program uses at most 64 maps"],
      [/too many different|fd_array_cnt is too big/],
    ],
    message: "there is more to verify than the limits allow",
    help: "fewer rounds, fewer branches, or parts in global functions, which are verified once",
  },
  {
    code: "V017",
    title: "calls need more stack than there is",
    says: [
      [
        /combined stack size of (\d+) calls is (\d+)/,
        "the stacks of $1 functions that call each other need $2 bytes: 512 is the limit",
      ],
      [/stack size of subprog \d+ is (\d+)/, "this function needs $1 bytes of stack: 512 is the limit"],
      [
        /call stack of (\d+) frames/,
        "functions call each other $1 levels deep: 8 is the limit",
        "inline some: static __always_inline",
      ],
      [
        /tail_calls are not allowed when call stack of previous frames is (\d+)/,
        "a tail call from functions with $1 bytes of stack: 256 is the limit",
      ],
      [/stack size \d+\(extra|Private stack not supported/],
    ],
    message: "the calls need more stack than there is",
    help: "move large buffers into a per-CPU array map, call less deeply",
  },
  {
    code: "V020",
    title: "a kernel address would get out",
    says: [
      [/R(\d+) leaks addr as return value/, "the result would be an address"],
      [/R(\d+) leaks addr into (.+)/, "r$1 is a pointer: stored into $2 it would be readable"],
      [/R(\d+) pointer comparison prohibited/, "comparing the pointer in r$1 would tell something of its address"],
      [
        /R(\d+) (?:partial copy|sign-extension part) of pointer/,
        "half of a pointer is a number that tells its address",
      ],

      [
        /R\d+ (?:could not be pushed|has pointer with unsupported|has unknown scalar with mixed|tried to \S+ (?:beyond|from different))/,
        "speculation could reach memory that the program may not read",
      ],
      [/R\d+ has non-overwritten BPF_PTR_POISON/],
      [
        /programs of type (\S+) are allowed only to CAP_BPF/,
        "$1 programs are loaded with CAP_BPF only",
        "load it as root or with CAP_BPF: without, there are socket filters and cgroup_skb",
      ],
      [
        /allowed only to CAP_/,
        "this is for programs that are loaded with more capabilities",
        "load it with CAP_PERFMON",
      ],
    ],
    message: "a kernel address would get out of the program",
    help: "keep pointers inside; give numbers out. Programs loaded with CAP_PERFMON may",
  },
  {
    code: "V018",
    title: "arithmetic that a pointer does not allow",
    says: [
      [
        /math between (\w+) pointer and register with unbounded min value/,
        "a number without a lower bound is added to the $1 pointer",
      ],
      [/math between (\w+) pointer and (-?\d+)/, "$2 added to the $1 pointer is out of every bound"],
      [/value (-?\d+) makes (\w+) pointer be out of bounds/, "the number added to the $2 pointer may be as low as $1"],
      [
        /R(\d+) 32-bit pointer arithmetic prohibited/,
        "32-bit arithmetic would cut the pointer in r$1",
        "use 64-bit types: long, void *",
      ],
      [/R(\d+) (?:bitwise operator|pointer arithmetic with) (\S+)/, "a pointer takes + and - of numbers, not $2"],
      [
        /R\d+ pointer (\S+) pointer prohibited/,
        "two pointers are combined by $1, which gives nothing that could be used",
        "add a number to a pointer; the difference of two pointers into the same object is a number",
      ],
      [/tried to subtract pointer from scalar/, "a pointer may not be taken away from a number"],
      [
        /subtraction from stack pointer/,
        "add a negative number to the stack pointer instead of subtracting",
        "r2 = r10;  r2 += -8",
      ],
      [/R(\d+) pointer arithmetic on (\S+) prohibited/, "the pointer in r$1 ($2) must be used as it was given"],
      [/pointer arithmetic|pointer offset/],
    ],
    message: "arithmetic that a pointer does not allow",
    help: "add or subtract a bounded number, in 64 bits, to a pointer that takes it",
  },
  {
    code: "V019",
    title: "the result is outside of what may be returned",
    says: [
      [/(?:At program exit|At callback return|At async callback return) the register/],
      [/BPF_LSM_CGROUP that attach to void/],
    ],
    message: "the result is outside of what this program type may return",
    help: "limit the result to the values that this type may return",
  },
  {
    code: "V021",
    title: "a pointer that must not be moved was moved",
    says: [
      [
        /dereference of modified (\w+) ptr R(\d+)/,
        "r$2 is a $1 pointer that was moved: it must be used as it was given",
      ],
      [/negative offset (\w+) ptr R(\d+)/, "r$2 is a $1 pointer that was moved back: it must be used as it was given"],
      [/variable (\w+) access var_off/, "the $1 pointer was moved by a number that is not a constant"],
      [
        /cannot pass in \S+ at an offset|must have zero offset when passed to/,
        "the pointer was moved: the function takes it as it was given",
      ],
    ],
    message: "the pointer was moved: it must be used as it was given",
    help: "keep the pointer as it was given; use constant offsets in the access itself",
  },
  {
    code: "V031",
    title: "special fields: locks, timers and kernel pointers in a map value",
    says: [
      [/(\S+) cannot be accessed (?:directly|indirectly)/, "the access touches a $1, which only its own functions may"],
      [
        /(\S+) access (?:cannot have variable offset|misaligned|size must be)/,
        "a $1 is accessed as a whole, at a constant offset",
      ],
      [/map '(.*)' has no valid (\S+)/, "the value of map $1 has no $2"],
      [/map '(.*)' has to have BTF/, "map $1 needs BTF types for its value"],
      [
        /doesn't have constant offset|has to be at the constant offset|has to be at a constant offset/,
        "the field's place in the value must be a constant",
      ],
      [/off (-?\d+) doesn't point to '(.+)' that is at (\d+)/, "offset $1 is not the $2, which is at $3"],
      [/kptr|uptr/],
      [/has no valid \S+|not found at offset/],
      [/bpf_timer cannot be used/],
    ],
    message: "a special field of a map value is not used as it must be",
    help: "use the field's own functions, at its own offset, and copy the value around it",
  },
  {
    code: "V022",
    title: "a misaligned access",
    says: [
      [/misaligned (\w+) ?access off (\S+) size (\d+)/, "$3 bytes are accessed at an offset that is no multiple of $3"],
      [/misaligned/],
    ],
    message: "the access is not aligned to its size",
    help: "align it: 8 bytes at a multiple of 8, 4 at a multiple of 4",
  },
  {
    code: "V023",
    title: "writing to read-only memory",
    says: [
      [
        /write into map forbidden/,
        "programs may not write into this map",
        "the map was made with BPF_F_RDONLY_PROG, or holds constants: write to another",
      ],
      [
        /read from map forbidden/,
        "programs may not read from this map",
        "the map was made with BPF_F_WRONLY_PROG: read another",
      ],
      [/write to change key/, "the key of a map entry may not be changed"],
      [
        /cannot write into packet|does not allow writes to packet/,
        "programs of this type may not change the packet",
        "use tc or XDP for that, or a helper that stores",
      ],
      [/cannot write into (\S+)/, "this memory ($1) is read-only"],
      [/only read (?:from \S+ )?is supported/, "this kernel object is read-only"],
    ],
    message: "this memory is read-only",
    help: "write to memory of your own: the stack, a map without BPF_F_RDONLY_PROG",
  },
  {
    code: "V033",
    title: "an atomic operation where it cannot be",
    says: [
      [/BPF_ATOMIC (stores|loads) (?:into|from) R\d+ (\S+) is not allowed/, "no atomic operations on this memory ($2)"],
      [/invalid atomic operand size/, "atomic operations take 4 or 8 bytes"],
      [/BPF_ATOMIC uses invalid/, "there is no such atomic operation"],
    ],
    message: "no atomic operation is possible here",
    help: "use a map value or the stack, with 4 or 8 bytes",
  },
  {
    code: "V037",
    title: "exceptions (bpf_throw)",
    says: [[/exception c|bpf_throw/]],
    message: "bpf_throw or its callback is not used as it must be",
    help: "call bpf_throw from the program or its functions, with nothing held",
  },
  {
    code: "V024",
    title: "not a well-formed program",
    says: [
      [/unreachable insn (\d+)/, "no path leads to instruction $1", "remove the dead code, or the jump around it"],
      [/jump out of range|invalid insn idx/, "a jump leaves the function"],
      [
        /last insn is not/,
        "the function does not end with exit or a jump",
        "end every function with exit: a return on every path in C",
      ],
      [/jump into the middle of ldimm64/, "a jump leads into the second half of an instruction"],
      [/unknown opcode (\S+)/, "there is no instruction 0x$1"],
      [/uses reserved fields/, "a field of the instruction that must be 0 is not"],
      [/div by zero/, "a division by the constant 0", "divide by something else than the constant 0"],
      [/invalid shift (-?\d+)/, "a shift by $1 is wider than the register"],
      [/call to invalid destination/, "a call leads nowhere"],
      [/program is empty/, "the program has no instructions"],
      [
        /is not pointing to valid bpf_map/,
        "the instruction names a map that is not there",
        "load the object with its relocations: is the map in section .maps?",
      ],
      [/no direct value access support for this map type/, "values of this map type have no fixed address"],
      [
        /unknown insn class|invalid BPF_|invalid bpf_ld_imm64|unrecognized bpf_ld_imm64|invalid may_goto|addr_space_cast/,
      ],
      [/Invalid (?:core_relo|line_info)|missing bpf_line_info|nonzero tailing|fd_idx without|func info/],
    ],
    message: "the instructions are not a well-formed program",
    help: "compilers give well-formed programs: look at what wrote or changed this one",
  },
  {
    code: "V034",
    title: "something that may sleep, where nothing may",
    says: [
      [/might sleep in a non-sleepable prog|must be sleepable to call/, "this call may sleep, the program must not"],
      [
        /sleepable (?:helper (\S+)#\d+ )?(?:in|within) (rcu_read_lock|non-preemptible|IRQ-disabled) region/,
        "this call may sleep, which nothing may in this region ($2)",
      ],
      [/is sleepable within (\S+)/, "this call may sleep, which nothing may in this region ($1)"],
      [
        /global functions that may sleep|a non-sleepable BPF program context/,
        "this function may sleep, which nothing may here",
      ],
      [/can (?:only )?be sleepable/, "programs of this type cannot be sleepable"],
    ],
    message: "this may sleep, which nothing may here",
    help: 'make the program sleepable (SEC("....s")), or use what reads without waiting',
  },
  {
    code: "V027",
    title: "an iterator is not in the state that is needed",
    says: [[/iter_|iter pointer|an iterator on stack|css_task_iter/]],
    message: "the iterator is not in the state that is needed here",
    help: "the order is: _new once, _next, _destroy on every path; bpf_for_each writes it",
  },
  {
    code: "V029",
    title: "a map of the wrong type",
    says: [
      [
        /expected prog array map for tail call/,
        "a tail call goes through a map of type prog_array",
        "make it a BPF_MAP_TYPE_PROG_ARRAY",
      ],
      [/cannot pass map_type (\d+) into func (\S+?)#/, "$2 does not work on a map of this type"],
      [
        /tracing progs cannot use (\S+)/,
        "tracing programs may not use maps whose values hold a $1",
        "keep what tracing programs use in a map of its own",
      ],
      [/socket filter progs cannot use (\S+)/, "socket filters may not use maps whose values hold a $1"],
      [/Sleepable programs can only use/, "sleepable programs may not use maps of this type"],
      [/callback function not allowed for map/, "this map cannot be walked with a callback"],
      [/cannot update sockmap in this context/, "programs of this type may not change a sockmap"],
      [/struct_ops map cannot be used/, "a struct_ops map is not for programs to use"],
      [
        /Only one arena|arena's user address|required to use arena|from arena are not supported/,
        "the arena cannot be used like this",
      ],
      [/only one cgroup storage|offload device mismatch|excl_prog_hash/],
      [/map_ptr access not supported/, "the fields of this map's struct cannot be read"],
    ],
    message: "this map cannot be used here",
    help: "use a map type that this works on",
  },
  {
    code: "V041",
    title: "lists and trees",
    says: [
      [/must be held for|same allocation|rbtree|bpf_rb_|bpf_list_|list_head|rb_root|non-owning|owning/],
      [/operation on \S+ expects|arg#1 offset=|bpf_refcount|arg#\d+ expected (?:for bpf_|pointer to)(?:.*)allocated/],
      [/doesn't point to map value or allocated|allocated object must be referenced|obj_new|obj_drop|local type ID/],
    ],
    message: "the list or tree is not used as it must be",
    help: "hold the lock that lies beside the head; give each object to one head",
  },
  {
    code: "V035",
    title: "a size that may be zero or is not known",
    says: [
      [/R(\d+) invalid zero-sized read/, "the size in r$1 may be 0, which this helper does not take"],
      [/invalid zero-sized read/, "the size is 0, which this helper does not take"],
      [/R(\d+) (?:is not a known constant|must be a known constant|is not a const$)/m, "r$1 must be a constant"],
      [/rdonly\/rdwr_buf_size/],
    ],
    message: "the size must be a known number",
    help: "check that it is at least 1, or pass a constant",
  },
  {
    code: "V036",
    title: "a constant string or format that is not one",
    says: [
      [/does not point to a readonly map|doesn't point to a const string/, "the string must lie in read-only data"],
      [/is not a constant address/, "the string's address must be a constant"],
      [/string is not zero-terminated/, "the string has no zero byte at its end"],
      [/Invalid format string/, "the format does not fit its arguments"],
      [/failed to retrieve map value address|direct value access on string failed/],
    ],
    message: "this must be a constant string",
    help: "use a string literal or a static const array: they lie in .rodata",
  },
  {
    code: "V028",
    title: "nothing was acquired that could be released",
    says: [
      [/R(\d+) must be referenced when passed to release/, "r$1 was not acquired: there is nothing to release"],
      [/reference has not been acquired|is an unacquired reference|Reference may already be released/],
      [/expects refcounted/],
    ],
    message: "nothing was acquired that could be released",
    help: "release what an acquiring function gave, once",
  },
  {
    code: "V040",
    title: "kernel objects: which pointers are trusted, which fields are there",
    says: [
      [/R(\d+) must be referenced or trusted/, "r$1 is not a trusted pointer: the object may be gone"],
      [/must be a rcu pointer/, "the pointer must be protected by RCU"],
      [/access beyond (?:struct|the end of member) (\S+)/, "the access leaves struct $1"],
      [/cannot access ptr member|Type '.*' is not a struct|access (?:beyond|past)|invalid (?:ptr_|\w*ptr_\w*) ?access/],
      [/R(\d+) is \S+ access|R(\d+) invalid (\S+) access off=(-?\d+)/, "the object has no such field for programs"],
      [
        /func '.*' arg\d+ (?:type|has)|func '.*' doesn't have \d+-th argument|func '.*' (?:offset|size)/,
        "the hook has no such argument",
      ],
      [/nesting depth/],
    ],
    message: "the kernel object may not be accessed like this",
    help: "acquire the object first, or read fields one by one through its type",
  },
  {
    code: "V038",
    title: "one instruction, different kinds of pointers",
    says: [[/same insn cannot be used with different pointers/]],
    message: "on different paths this instruction gets pointers of different kinds",
    help: "keep the two accesses apart, with a barrier between them in the source",
  },
  {
    code: "V030",
    title: "the frame pointer is read-only",
    says: [[/frame pointer is read only/]],
    message: "r10 may not be written",
    help: "copy it to another register and move that",
  },
  {
    code: "V025",
    title: "locks, RCU, preemption and interrupts",
    says: [
      [
        /function calls are not allowed while holding a lock/,
        "nothing but the unlock may be called while a lock is held",
      ],
      [/use static function instead/, "global functions may not be called while a lock is held"],
      [/AA deadlock|two bpf_spin_locks/, "a second lock while one is held would deadlock"],
      [/unlock without taking a lock/, "no lock is held that could be given back"],
      [/unlock of different lock|unlock cannot be out of order/, "another lock is given back than the one taken last"],
      [/(.+) cannot be used inside (\S+)-ed region/, "the program would go on while what $2 began is not ended"],
      [/spin_lock|spin_\{lock|res_lock|RCU|rcu|preempt|IRQ|irq|lock state|failed lock/],
    ],
    message: "not allowed with the locks that are held here",
    help: "end the region first: unlock, then call or return",
  },
  {
    code: "V042",
    title: "what the program attaches to",
    says: [
      [/Extension program changes packet data/, "it changes packets, and the function that it replaces does not"],
      [/Extension program may sleep/, "it may sleep, and the function that it replaces does not"],
      [/[Ee]xtension program|Program extension|replace static functions|Cannot extend/],
      [/[Aa]ttach|struct_ops|hook|noreturn|prog must|Tracing programs|btf_id|not a function|FUNC|iter target/],
      [/offload|BTF.*(?:fd|FD|Kconfig)|BTF is malformed/],
    ],
    message: "the program does not fit what it attaches to",
    help: "check the section's name against the kernel's BTF:  bpftool btf dump file /sys/kernel/btf/vmlinux",
  },
  {
    code: "V039",
    title: "a kernel function may not be called like this",
    first: [[/calling kernel function (\S+) is not allowed/, "programs of this type may not call $1"]],
    says: [
      [/memory, len pair leads to invalid memory access/, "memory and length of an argument do not belong together"],
      [
        /kernel func|kfunc|ksym|kernel symbol|arg#\d+|args#\d+|core kernel|CONFIG_|ldimm64|JIT|type ID|resolve the size|local storage|CAP_/,
      ],
    ],
    message: "this kernel function or symbol may not be used like this",
    help: "check which program types have it and what it takes in this kernel",
  },
];

export interface Classified {
  readonly code: string;
  readonly message: string;
  /** "" where there is no advice. */
  readonly help: string;
}

/** Class, message and advice for what the kernel would say. */
export function classify(kernel: string): Classified {
  for (const row of CODES) {
    const found = row.first === undefined ? null : match(row, row.first, kernel);
    if (found !== null) return found;
  }
  for (const row of CODES) {
    const found = match(row, row.says, kernel);
    if (found !== null) return found;
  }
  const last = kernel.slice(kernel.lastIndexOf("\n") + 1);
  const message = /^E[A-Z0-9]+$/.test(last) ? `refused with ${last}, without a word of why` : last;
  return { code: UNKNOWN_CODE, message, help: "" };
}

function match(row: CodeRow, says: readonly Says[], kernel: string): Classified | null {
  for (const [pattern, message, help] of says) {
    const groups = pattern.exec(kernel);
    if (groups === null) continue;
    const text = (message ?? row.message).replace(/\$(\d)/g, (_, n: string) => groups[Number(n)] ?? "");
    return { code: row.code, message: text, help: help ?? row.help };
  }
  return null;
}

/* Types that are hard to write back as C. Made with: clang-19 -g -O2 -target bpf -c shapes.c; shapes.h is what bpftool's rules (6.18) make of them. */
typedef unsigned char u8;
typedef unsigned short u16;
typedef unsigned int u32;
typedef unsigned long long u64;
typedef _Bool bool;

struct empty {};
struct packed { u8 a; u32 b; u16 c; } __attribute__((packed));
struct packed_inner { u8 before; struct packed inner; u64 after; };
struct aligned { u8 a; u8 b __attribute__((aligned(16))); } __attribute__((aligned(32)));
struct holes { u8 a; u64 b; u16 c; u32 d; u8 e; u64 f __attribute__((aligned(8))); };
struct bits { u32 a : 1, : 6, b : 9; u64 c : 40; u8 d : 3; u8 : 0; u8 e : 2; u32 f; u32 : 17; u32 g : 5; };
struct bits_tail { u64 a; u32 b : 3; };
struct bits_wide { u8 first; u64 x : 60; u32 : 0; u32 y : 1; };
struct bits_packed { u8 a : 3; u32 b : 30; u16 c; } __attribute__((packed));
struct flexible { u32 len; u8 data[]; };
struct flexible_zero { u64 len; u64 data[0]; };
union mixed { u8 bytes[7]; u32 word; struct { u16 a, b; }; };
enum plain { PLAIN_A, PLAIN_B = 5, PLAIN_C = -1 };
enum big { BIG_A = 1, BIG_B = 0x1ffffffffULL };
enum big_signed { BIG_SIGNED = -0x1ffffffffLL };
enum small { SMALL_A = 200 } __attribute__((mode(byte)));
enum word { WORD_A = 1 } __attribute__((mode(DI)));
enum { LOOSE_A = 3, LOOSE_B } loose;
enum undefined;

struct list { struct list *next, *prev; };
struct one { struct two *two; struct list list; };
struct two { struct one one; struct three { struct two *up; } *three; };
typedef struct node node_t;
struct node { node_t *left; node_t *right; };
typedef struct { int x; struct only_named *p; } anonymous_t;
typedef int (*handler_t)(struct one *, const char *restrict name, ...);
typedef handler_t handlers_t[3];
typedef int function_t(void);
typedef struct ring { void (*fn)(struct ring *, handler_t); } ring_t;

struct pointers {
  const volatile int *const *restrict p;
  int *array_of_pointers[4];
  int (*pointer_to_array)[4];
  char (*(*function_returning_function)(int))(void);
  const char *const names[2][3];
  void (*callbacks[2])(void *, struct opaque *);
  handlers_t *handlers;
  function_t *function;
  enum undefined *undefined;
  union hidden *hidden;
  int (*(*deep)(struct { int in_param; } *))[5];
  const u32 constant;
  volatile struct list *volatile_list;
  _Atomic(u32) *atomic;
};
struct user { int __attribute__((btf_type_tag("user"))) *p; u32 marked __attribute__((btf_decl_tag("mark"))); };
struct nested {
  int before;
  struct { u8 x; struct { u64 y; union { u8 z; u16 w; }; } inner; } named;
  struct { enum { IN_A, IN_B } kind; u32 : 4; u32 low : 4; };
  struct { int a; } many[3];
};
struct floats { float f; double d; bool b; __int128 wide; signed char c; long l; };

struct empty v_empty; struct packed v_packed; struct packed_inner v_packed_inner; struct aligned v_aligned; struct holes v_holes;
struct bits v_bits; struct bits_tail v_bits_tail; struct bits_wide v_bits_wide; struct bits_packed v_bits_packed;
struct flexible *v_flexible; struct flexible_zero *v_flexible_zero; union mixed v_mixed; enum plain v_plain; enum big v_big;
enum big_signed v_big_signed; enum small v_small; enum word v_word; struct one v_one; node_t *v_node; anonymous_t v_anonymous;
handlers_t v_handlers; ring_t v_ring; struct pointers v_pointers; struct user v_user; struct nested v_nested; struct floats v_floats;
int function(struct nested *n, handler_t h) { return n->before + h(0, 0); }

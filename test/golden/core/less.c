/* A target of access.bpf.c: fields and enumerators missing or of another kind. Made with: clang-19 -g -O2 -target bpf -c less.c */
#define __core
typedef unsigned char u8;
typedef unsigned short u16;
typedef unsigned int u32;
typedef unsigned long long u64;

enum color { RED = 100, GREEN = 107, BLUE = 0x90000000 };
enum wide { WIDE_BIG = -0x7000000000LL, WIDE_SMALL = 3 };

struct point { long pad; int y; };
union value { u8 bytes[8]; u32 word; };
typedef int (*callback_t)(struct point *);

struct item {
  void *owner;
  int name;
  struct { struct { const volatile u32 id; }; u64 pad; };
  int size;
  struct { int one; };
  union { struct { u32 before; u16 high, low; }; u32 u; };
  long two;
  struct point at;
  struct point corners[2];
  int table[1][3];
  u64 bit0 : 50;
  u64 narrow : 7;
  u8 sign : 2;
  u64 broad : 20;
  enum color color;
  struct point moved;
  short resized;
  union value value;
  u32 ident;
  struct point tail[0]; int end;
};

struct item *item;
callback_t callback;
enum wide wide;

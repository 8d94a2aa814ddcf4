/* A target of access.bpf.c: fields moved, grown and renamed. Made with: clang-19 -g -O2 -target bpf -c moved.c */
#define __core
typedef unsigned char u8;
typedef unsigned short u16;
typedef unsigned int u32;
typedef unsigned long long u64;

enum color { PURPLE = 41, RED = 100, GREEN = 107, BLUE = 0x90000000 };
enum wide { WIDE_BIG = -0x7000000000LL, WIDE_SMALL = 3 };

struct point { long pad; int y, x; };
union value { u8 bytes[8]; u32 word; };
typedef int (*callback_t)(struct point *, long);

struct item {
  void *owner;
  char name[32];
  struct { struct { const volatile u32 id; }; u64 pad; };
  u64 size;
  struct { struct { int two; } deep; int one; };
  union { struct { u32 before; u16 high, low; }; u32 u; };
  int two;
  struct point at;
  struct point corners[9];
  long table[2][3];
  u64 bit0 : 50;
  u64 narrow : 7;
  int sign;
  u64 broad : 20;
  enum color color;
  int moved;
  u64 resized;
  union value value;
  u32 ident;
  struct point tail[3];
};

struct item *item;
callback_t callback;
enum wide wide;

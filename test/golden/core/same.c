/* A target of access.bpf.c: the same types. Made with: clang-19 -g -O2 -target bpf -c same.c */
#define __core
typedef unsigned char u8;
typedef unsigned short u16;
typedef unsigned int u32;
typedef unsigned long long u64;

enum color { RED, GREEN = 7, BLUE = -3 };
enum wide { WIDE_SMALL = 1, WIDE_BIG = 0x123456789aULL };

struct point { int x, y; } __core;
union value { u32 word; u8 bytes[4]; } __core;
typedef int (*callback_t)(struct point *, long);

struct item {
  u32 id;
  u64 size;
  struct point at;
  struct { int one; struct { int two; }; };
  union { u32 u; struct { u16 low, high; }; };
  struct point corners[4];
  int table[2][3];
  void *owner;
  enum color color;
  u32 narrow : 3;
  int sign : 5;
  u64 broad : 33;
  char name[16];
  short moved;
  u16 resized;
  union value value;
  int gone;
  struct point tail[];
} __core;

struct item *item;
callback_t callback;
enum wide wide;

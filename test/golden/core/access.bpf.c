/* One program for each kind of CO-RE relocation. Made with: clang-19 -g -O2 -mcpu=v3 -target bpf -c access.bpf.c */
#define __core __attribute__((preserve_access_index))
#define SEC(name) __attribute__((section(name), used))
typedef unsigned char u8;
typedef unsigned short u16;
typedef unsigned int u32;
typedef unsigned long long u64;

enum color { RED, GREEN = 7, BLUE = -3 };
enum wide { WIDE_SMALL = 1, WIDE_BIG = 0x123456789aULL };
enum color___rare { PURPLE___rare = 40 };

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

struct item___renamed { u32 ident; } __core;
struct only_here { int a; } __core;

#define OFFSET 0
#define SIZE 1
#define EXISTS 2
#define SIGNED 3
#define LSHIFT 4
#define RSHIFT 5
#define field(expr, what) __builtin_preserve_field_info(expr, what)

static struct item *(*const get_item)(void) = (void *)1;
static u64 (*const sink)(u64) = (void *)2;

SEC("raw_tp/fields") int fields(void) {
  struct item *s = get_item();
  u64 n = s->id;
  n += s->size;
  n += s->at.y;
  n += s->two;
  n += s->high;
  n += s->corners[2].y;
  n += s->table[1][2];
  n += (u64)s->owner;
  n += s->color;
  n += s->name[3];
  n += s->moved;
  n += s->value.bytes[1];
  n += s->tail[1].x;
  n += ((struct item___renamed *)s)->ident;
  s->id = 5;
  s->size = n;
  return n;
}
SEC("raw_tp/resized") int resized(void) { return get_item()->resized; }
SEC("raw_tp/gone") int gone(void) { return get_item()->gone; }
SEC("raw_tp/infos") int infos(void) {
  struct item *s = get_item();
  u64 n = 0;
  n += sink(field(s->gone, EXISTS));
  n += sink(field(s->at.x, EXISTS));
  n += sink(field(s->at, SIZE));
  n += sink(field(s->name, SIZE));
  n += sink(field(s->moved, SIGNED));
  n += sink(field(s->resized, SIGNED));
  n += sink(field(s->color, SIGNED));
  n += sink(field(s->table, OFFSET));
  n += sink(field(s->corners[1].x, OFFSET));
  n += sink(field(s[2].id, OFFSET));
  return n;
}
SEC("raw_tp/bits") int bits(void) {
  struct item *s = get_item();
  u64 n = 0;
#define all(f) \
  n += sink(field(s->f, OFFSET)); n += sink(field(s->f, SIZE)); n += sink(field(s->f, SIGNED)); \
  n += sink(field(s->f, LSHIFT)); n += sink(field(s->f, RSHIFT))
  all(narrow);
  all(sign);
  all(broad);
  all(moved);
  return n;
}
SEC("raw_tp/types") int types(void) {
  u64 n = 0;
  n += sink(__builtin_preserve_type_info(*(struct item *)0, 0));
  n += sink(__builtin_preserve_type_info(*(struct only_here *)0, 0));
  n += sink(__builtin_preserve_type_info(*(struct item *)0, 1));
  n += sink(__builtin_preserve_type_info(*(struct only_here *)0, 1));
  n += sink(__builtin_preserve_type_info(*(callback_t *)0, 0));
  n += sink(__builtin_preserve_type_info(*(callback_t *)0, 2));
  n += sink(__builtin_preserve_type_info(*(struct point *)0, 2));
  n += sink(__builtin_preserve_type_info(*(union value *)0, 2));
  n += sink(__builtin_preserve_type_info(*(enum color *)0, 2));
  n += sink(__builtin_preserve_type_info(*(struct item *)0, 2));
  n += sink(__builtin_btf_type_id(*(struct item *)0, 0));
  n += sink(__builtin_btf_type_id(*(struct item *)0, 1));
  n += sink(__builtin_btf_type_id(*(struct only_here *)0, 1));
  return n;
}
SEC("raw_tp/enums") int enums(void) {
  u64 n = 0;
  n += sink(__builtin_preserve_enum_value(*(enum color *)GREEN, 0));
  n += sink(__builtin_preserve_enum_value(*(enum color *)GREEN, 1));
  n += sink(__builtin_preserve_enum_value(*(enum color *)BLUE, 1));
  n += sink(__builtin_preserve_enum_value(*(enum color___rare *)PURPLE___rare, 0));
  n += sink(__builtin_preserve_enum_value(*(enum wide *)WIDE_BIG, 0));
  n += sink(__builtin_preserve_enum_value(*(enum wide *)WIDE_BIG, 1));
  return n;
}
SEC("raw_tp/lost_enum") u64 lost_enum(void) {
  return sink(__builtin_preserve_enum_value(*(enum color___rare *)PURPLE___rare, 1));
}
SEC("license") char gpl[] = "GPL";

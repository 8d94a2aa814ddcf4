// Something of everything that clang emits, for comparing the disassembler with llvm-objdump.
typedef unsigned char u8;
typedef unsigned short u16;
typedef unsigned int u32;
typedef unsigned long long u64;
typedef int s32;
typedef long long s64;
#define SEC(name) __attribute__((section(name), used))
#define NOINLINE __attribute__((noinline))

static void *(*lookup)(void *map, const void *key) = (void *)1;
static long (*for_each)(void *map, void *fn, void *ctx, u64 flags) = (void *)164;
static long (*trace)(const char *fmt, u32 size, ...) = (void *)6;
extern int some_kfunc(int a) __attribute__((section(".ksyms")));

struct {
  int (*type)[1];
  int (*max_entries)[4];
  u32 *key;
  u64 *value;
} table SEC(".maps");

const volatile u32 limit = 3;
u64 total = 5;

struct packet {
  u8 a;
  u16 b;
  u32 c;
  u64 d;
};

static NOINLINE u32 mix(u32 *a, u32 b) {
  u32 x = *a;
  x = x / (b | 1) + x % 7;
  x = (x << 5) | (x >> 27);
  return x * b ^ 0xdeadbeef;
}

NOINLINE s64 signs(s64 a, s32 b) {
  if (a < -5 && b > 100) return a >> 3;
  if ((u64)a <= 0x123456789abULL || b <= -1) return -a;
  return (a & 0xff) != 0 ? (s64)b * a : a >> (b & 63);
}

static int each(void *map, u32 *key, u64 *value, void *ctx) { return *value > 3; }

SEC("xdp") int entry(struct packet *ctx) {
  char text[] = "seen %d";
  u32 key = ctx->c;
  u64 *value = lookup(&table, &key);
  u64 sum = 0;
  if (value) {
    __sync_fetch_and_add(value, 1);
    for (u32 i = 0; i < limit; i++) {
      if (*value > i * 7) total++;
      sum += (u64)__builtin_bswap32(i) + __builtin_bswap64(*value) + __builtin_bswap16(ctx->b);
    }
  }
  ctx->a = (u8)sum;
  ctx->b = 7;
  ctx->d = sum;
  for_each(&table, each, &sum, 0);
  trace(text, sizeof text, key);
  switch (key) {
  case 1: return 5;
  case 2: return mix(&key, ctx->c);
  case 9: return (int)signs(sum, key);
  }
  return mix(&key, ctx->c) + some_kfunc(3);
}

#ifdef V3
SEC("tc") int newer(struct packet *ctx) {
  u64 *d = &ctx->d;
  u32 *c = &ctx->c;
  u64 r = __sync_fetch_and_add(d, 3) + __sync_fetch_and_or(c, 5) + __sync_fetch_and_xor(d, ctx->a);
  __sync_fetch_and_and(c, 3);
  r += __sync_lock_test_and_set(d, r) + __sync_val_compare_and_swap(c, 3, 4) + __sync_val_compare_and_swap(d, 1, r);
  return (int)r;
}
#endif

#ifdef V4
SEC("socket") int newest(struct packet *ctx) {
  signed char a = (signed char)ctx->a;
  short b = (short)ctx->b;
  s32 c = (s32)ctx->c;
  s64 q = (s64)ctx->d / (a | 1) + c % (b | 1);
  q += (signed char)q + (short)(q >> 3);
  ctx->d = __builtin_bswap64(q) + (s64)(s32)q;
  ctx->a = 3;
  return q > 0 ? (int)q : (int)(short)c;
}
#endif
char LICENSE[] SEC("license") = "GPL";

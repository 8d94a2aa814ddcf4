/** Sources made worse: bytes and words put in, left out, doubled, moved; the same seed makes the same text. */

/** Words of the language, and bytes that are none. */
const SCRAPS =
  "( ) { } [ ] ; , . -> ++ * & ## # \\ \" ' /* */ // \n struct union enum typedef int void static extern sizeof typeof _Generic __attribute__ (( __builtin_offsetof __builtin_choose_expr __auto_type case default return goto asm ... 0x 1e 08 999999999999999999999 \u0000 \u00ff \n#if \n#else \n#endif \n#define \n#include __VA_OPT__ __COUNTER__ MAX( CAT( ({ }) (int) [0 ... 9] = .a".split(
    " ",
  );
/** What programs are changed by that stay parseable: types, constants, operators, statements. */
const WORDS =
  'u8 u16 u32 u64 s8 s32 s64 bool char void* struct const volatile signed unsigned __int128 float 0 1 -1 63 64 4096 1000000 0x80000000 0xffffffffffffffffULL p p[0] ctx &p *p (u8) (void*) (struct xdp_md*) + - * / % << >> == != < <= && || ! ~ ?: = += -= if(p[0]) while(1) for(;;) do break; continue; return goto out; switch(p[0]) case_1: default: static inline __noinline __weak SEC("xdp") sizeof asm("") __builtin_memcpy(p,p,8); __sync_fetch_and_add(p,1) bpf_map_lookup_elem bpf_loop({}) __uint(type,1)'.split(
    " ",
  );

const NUMBERS = ["0", "1", "2", "-1", "31", "63", "64", "255", "4095", "70000", "0x80000000", "0xffffffffffffffffULL"];

export type Pick = (below: number) => number;

export function random(seed: number): Pick {
  let state = seed >>> 0;
  return (below) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}

export function mutate(text: string, pick: Pick): string {
  let out = text;
  for (let n = 1 + pick(4); n > 0; n--) {
    const at = pick(out.length + 1);
    const length = pick(12);
    switch (pick(5)) {
      case 0:
        out = out.slice(0, at) + out.slice(at + length);
        break;
      case 1:
        out = out.slice(0, at) + SCRAPS[pick(SCRAPS.length)] + out.slice(at);
        break;
      case 2:
        out = out.slice(0, at) + SCRAPS[pick(SCRAPS.length)] + out.slice(at + length);
        break;
      case 3: {
        const from = pick(out.length + 1);
        out = out.slice(0, at) + out.slice(from, from + pick(60)) + out.slice(at);
        break;
      }
      default:
        out = out.slice(0, at);
    }
  }
  return out;
}

/** Changes whole words, so that more of it comes through the parser: what is wrong then is wrong in types, or nothing is. */
export function misspell(text: string, pick: Pick): string {
  const words = text.match(/[A-Za-z_]\w*|\d\w*|\s+|\/\*[\s\S]*?\*\/|"(?:[^"\\\n]|\\.)*"|[^\w\s]/g) ?? [];
  const code = words.flatMap((word, i) => (/^\s|^\/\*/.test(word) ? [] : [i]));
  if (code.length === 0) return text;
  const any = (): number => code[pick(code.length)]!;
  const like = (word: string): string => {
    const same = code.filter((i) => kindOf(words[i]!) === kindOf(word));
    return words[same[pick(same.length)]!]!;
  };
  for (let n = 1 + (pick(4) === 0 ? pick(4) : 0); n > 0; n--) {
    const at = any();
    switch (pick(8)) {
      case 0:
        words[at] = ` ${WORDS[pick(WORDS.length)]} `;
        break;
      case 1:
        words[at] = "";
        break;
      case 2:
        words[at] += ` ${words[any()]} `;
        break;
      case 3:
        words[at] = NUMBERS[pick(NUMBERS.length)]!;
        break;
      default:
        words[at] = like(words[at]!);
    }
  }
  return words.join("");
}

function kindOf(word: string): string {
  if (/^\d/.test(word)) return "number";
  if (/^(u8|u16|u32|u64|s8|s16|s32|s64|bool|char|int|long|void)$/.test(word)) return "type";
  if (/^\w/.test(word)) return "name";
  return /^[-+*/%&|^<>!=~]/.test(word) ? "operator" : word[0]!;
}

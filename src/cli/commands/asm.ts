/** `skep asm`: eBPF assembly text to instruction bytes. */
import type { Command } from "commander";
import { writeOut } from "../out-file.ts";
import { print, printJson, say } from "../output.ts";

interface AsmOptions {
  out?: string;
  hex?: boolean;
}

export function register(program: Command): void {
  program
    .command("asm")
    .description("assemble eBPF text: LLVM's notation, bpftool's listings, or mnemonics")
    .argument("<file>", "assembly text, - for stdin")
    .option("-o, --out <file>", "write to a file instead of stdout")
    .option("--hex", "hex digits, an instruction a line (what stdout gets anyway; with -o instead of raw bytes)")
    .addHelpText("after", HELP)
    .action(async (file: string, options: AsmOptions, command: Command) => {
      const [{ assemble }, { encodeInsns }, { toHex, utf8 }, { readInput }] = await Promise.all([
        import("../../asm/asm.ts"),
        import("../../isa/insn.ts"),
        import("../../base/bytes.ts"),
        import("../input.ts"),
      ]);
      const { insns, labels, relocs } = assemble(utf8(await readInput(file)), { file });
      const bytes = encodeInsns(insns);
      const rows: string[] = [];
      for (let at = 0; at < bytes.length; at += 8) rows.push(toHex(bytes.subarray(at, at + 8)));
      if (options.out !== undefined) {
        writeOut(options.out, options.hex === true ? `${rows.join("\n")}\n` : bytes);
        say(`wrote ${insns.length} instructions (${bytes.length} bytes) to ${options.out}`);
      }
      if (command.optsWithGlobals()["json"] === true) {
        printJson({ file, insns: insns.length, hex: toHex(bytes), labels: Object.fromEntries(labels), relocs });
      } else if (options.out === undefined) {
        print(rows.join("\n"));
      }
      for (const reloc of relocs) say(`note: insn ${reloc.insnIdx} names "${reloc.name}", which a loader must fill in`);
    });
}

const HELP = `
Examples:
  skep asm prog.s                               hex on stdout
  skep asm prog.s -o prog.bin                   raw bytes
  echo 'r0 = 1; exit' | skep asm - | skep disasm -

Notation (one instruction a line, or separated by ';'):
  r1 = 5        w1 += w2       r1 s/= 3        r1 = -r1        r1 = be16 r1       r1 = (s8)r2
  r1 = *(u32 *)(r2 + 4)        *(u8 *)(r10 - 1) = r2           r1 = 0x123456789 ll
  lock *(u64 *)(r1 + 0) += r2  r2 = atomic_fetch_add((u64 *)(r1 + 0), r2)
  if r1 s> -5 goto done        goto +3         call bpf_map_lookup_elem           done: exit
  r1 = map[name] ll            mov %r0, 1      ldxw %r1, [%r2+4]      jeq %r1, 0, done
`;

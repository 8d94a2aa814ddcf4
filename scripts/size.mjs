// What the compiler weighs in a browser: skep/c bundled and minified by vite, what it loads on demand apart: npm run size [-- --modules|--json]
import { brotliCompressSync, gzipSync } from "node:zlib";
import { build } from "vite";

const ROOT = new URL("..", import.meta.url).pathname;
const kB = (bytes) => `${(bytes / 1000).toFixed(1)} kB`;

/** Chunks and files of a published entry: name, whether it is loaded at once, bytes plain, gzipped, brotli. */
export async function sizesOf(entry) {
  const { output } = await build({
    root: ROOT,
    configFile: false,
    logLevel: "error",
    resolve: { alias: { "#host": `${ROOT}dist/host/browser.js` } },
    build: {
      write: false,
      target: "es2023",
      assetsInlineLimit: 0,
      rollupOptions: { input: `${ROOT}dist/${entry}.js`, preserveEntrySignatures: "strict" },
    },
  });
  return output.map((each) => {
    const code = Buffer.from(each.type === "chunk" ? each.code : each.source);
    return {
      name: each.fileName.replace(/^assets\//, "").replace(/-[\w-]{8}(?=\.)/, ""),
      atOnce: each.isEntry === true,
      bytes: code.length,
      gzip: each.type === "chunk" ? gzipSync(code, { level: 9 }).length : code.length,
      brotli: each.type === "chunk" ? brotliCompressSync(code).length : code.length,
      modules: Object.entries(each.modules ?? {}).map(([id, { code: text }]) => [
        id.replace(ROOT, ""),
        text?.length ?? 0,
      ]),
    };
  });
}

if (process.argv[1] === new URL(import.meta.url).pathname) {
  const all = await sizesOf("c");
  if (process.argv.includes("--json")) console.log(JSON.stringify(all));
  else all.forEach(show);
}

function show({ name, atOnce, bytes, gzip, brotli, modules }) {
  console.log(`${name.padEnd(24)} ${kB(bytes)}, gzip ${kB(gzip)}, brotli ${kB(brotli)}${atOnce ? "" : "; on demand"}`);
  if (!process.argv.includes("--modules")) return;
  for (const [id, length] of modules.sort((a, b) => b[1] - a[1])) console.log(`  ${String(length).padStart(7)} ${id}`);
}

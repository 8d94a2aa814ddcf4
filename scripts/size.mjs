// Bytes of a published entry as a browser gets it, bundled and minified, without what it loads on demand: node scripts/size.mjs [ENTRY] [--modules]
import { brotliCompressSync, gzipSync } from "node:zlib";
import { build } from "vite";

const [entry = "c"] = process.argv.slice(2).filter((word) => !word.startsWith("--"));
const root = new URL("..", import.meta.url).pathname;
const { output } = await build({
  root,
  configFile: false,
  logLevel: "error",
  resolve: { alias: { "#host": `${root}dist/host/browser.js` } },
  build: {
    write: false,
    minify: true,
    target: "es2023",
    assetsInlineLimit: 0,
    rollupOptions: { input: `${root}dist/${entry}.js`, preserveEntrySignatures: "strict" },
  },
});
for (const chunk of output) {
  if (chunk.type !== "chunk") {
    console.log(`asset ${chunk.fileName}: ${chunk.source.length}`);
    continue;
  }
  const kb = (n) => `${(n / 1000).toFixed(1)} kB`;
  console.log(
    `${chunk.isEntry ? "entry" : "chunk"} ${chunk.fileName}: ${kb(chunk.code.length)}, gzip ${kb(gzipSync(chunk.code, { level: 9 }).length)}, brotli ${kb(brotliCompressSync(chunk.code).length)}`,
  );
  if (process.argv.includes("--modules"))
    for (const [id, m] of Object.entries(chunk.modules)
      .map(([a, b]) => [a, b.code?.length ?? b.renderedLength])
      .sort((a, b) => b[1] - a[1])
      .slice(0, 60))
      console.log("   ", m, id.replace(root, ""));
}

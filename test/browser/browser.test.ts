/** The published core in a real browser: the demo program, compiled there or not, over the demo capture, with the verdicts that Node gives. */
import { existsSync, readFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { extname, normalize } from "node:path";
import { type Browser, chromium } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { compile } from "../../src/c.ts";
import { load } from "../../src/index.ts";
import * as pcap from "../../src/pcap.ts";
import { ROOT } from "../tidy/source.ts";

const CHROMIUM = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"].find((path) =>
  existsSync(path),
);
const reason =
  CHROMIUM === undefined
    ? "no Chromium is installed"
    : existsSync(`${ROOT}/dist/index.js`)
      ? null
      : "dist/ is not built";
if (reason !== null) console.log(`browser tests skipped: ${reason}`);

const OBJECT = "examples/syn_guard.bpf.o";
const CAPTURE = "examples/synscan.pcap";
/** The second includes vmlinux.h, the third is included by the first. */
const SOURCES = ["examples/syn_guard.bpf.c", "test/fixtures/walk.bpf.c", "examples/parse.h"] as const;
const TYPES: Readonly<Record<string, string>> = { ".js": "text/javascript", ".html": "text/html" };

const PAGE = `<!doctype html><meta charset="utf-8"><title>skep</title>
<script type="importmap">{ "imports": {
  "#host": "/dist/host/browser.js", "skep": "/dist/index.js", "skep/pcap": "/dist/pcap.js", "skep/c": "/dist/c.js" } }</script>`;

/** A string, because vitest rewrites the imports of a function. */
function inPage(engine: string): string {
  return `(async () => {
    const { load, embedded } = await import("skep");
    const { open } = await import("skep/pcap");
    const guard = await load("/${OBJECT}", { target: embedded({ engine: "${engine}" }) });
    const result = await guard.programs.syn_guard.replay(open("/${CAPTURE}"));
    const keys = guard.maps.syns.count();
    guard.close();
    return { verdicts: result.verdicts, keys };
  })()`;
}

/** Compiles the sources, runs the first, and gives the objects' bytes as text. */
function compileInPage(): string {
  return `(async () => {
    const { compile } = await import("skep/c");
    const { load } = await import("skep");
    const { open } = await import("skep/pcap");
    const files = {};
    for (const name of ${JSON.stringify(SOURCES)}) files[name] = await (await fetch("/" + name)).text();
    const guard = await compile("${SOURCES[0]}", { files });
    const walk = await compile("${SOURCES[1]}", { files });
    const loaded = await load(guard.object);
    const { verdicts } = await loaded.programs.syn_guard.replay(open("/${CAPTURE}"));
    const keys = loaded.maps.syns.count();
    loaded.close();
    return {
      verdicts,
      keys,
      vmlinux: [guard.vmlinux, walk.vmlinux],
      objects: [guard.object, walk.object].map((bytes) => Array.from(bytes)),
      diagnostics: [...guard.diagnostics, ...walk.diagnostics],
    };
  })()`;
}

describe.skipIf(reason !== null)("in headless Chromium", () => {
  let server: Server;
  let browser: Browser;
  let origin: string;

  beforeAll(async () => {
    server = createServer((request, response) => {
      const path = normalize(new URL(request.url ?? "/", "http://localhost").pathname);
      if (path === "/") {
        response.setHeader("content-type", "text/html").end(PAGE);
        return;
      }
      const file = `${ROOT}${path}`;
      if (!/^\/(dist|data|examples|test\/fixtures)\//.test(path) || !existsSync(file)) {
        response.writeHead(404).end();
        return;
      }
      response.setHeader("content-type", TYPES[extname(file)] ?? "application/octet-stream").end(readFileSync(file));
    });
    await new Promise<void>((resolve) => {
      server.listen(0, "127.0.0.1", resolve);
    });
    origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    browser = await chromium.launch({
      executablePath: CHROMIUM!,
      args: [
        "--no-sandbox",
        "--disable-gpu",
        "--disable-quic",
        "--no-first-run",
        "--disable-background-networking",
        "--disable-component-update",
        "--disable-sync",
      ],
    });
  });

  afterAll(async () => {
    await browser?.close();
    server?.close();
  });

  test.each(["jit", "interp"] as const)("the %s gives Node's verdicts and maps", async (engine) => {
    const page = await browser.newPage();
    const errors: string[] = [];
    page.on("pageerror", (error) => errors.push(String(error)));
    await page.goto(origin);
    const seen = (await page.evaluate(inPage(engine))) as { verdicts: Record<string, number>; keys: number };
    expect(errors).toEqual([]);

    const guard = await load(`${ROOT}/${OBJECT}`);
    const here = await guard.programs["syn_guard"]!.replay(pcap.open(`${ROOT}/${CAPTURE}`));
    expect(seen.verdicts).toEqual(here.verdicts);
    expect(seen.keys).toBe(guard.maps["syns"]!.count());
    expect(seen.verdicts["drop"]).toBeGreaterThan(0);
    guard.close();
    await page.close();
  });

  test("compiles C to Node's bytes, and the program gives Node's verdicts", async () => {
    const page = await browser.newPage();
    await page.goto(origin);
    const seen = (await page.evaluate(compileInPage())) as {
      verdicts: Record<string, number>;
      keys: number;
      vmlinux: unknown[];
      objects: number[][];
      diagnostics: unknown[];
    };
    expect(seen.diagnostics).toEqual([]);
    expect(seen.vmlinux).toEqual([null, "profile"]);

    const files = (path: string): Uint8Array | undefined =>
      existsSync(`${ROOT}/${path}`) ? new Uint8Array(readFileSync(`${ROOT}/${path}`)) : undefined;
    const here = await Promise.all(SOURCES.slice(0, 2).map((source) => compile(source, { files, btf: "profile" })));
    expect(here.map(({ object }) => Array.from(object!))).toEqual(seen.objects);

    const guard = await load(here[0]!.object!);
    const { verdicts } = await guard.programs["syn_guard"]!.replay(pcap.open(`${ROOT}/${CAPTURE}`));
    expect(seen.verdicts).toEqual(verdicts);
    expect(seen.keys).toBe(guard.maps["syns"]!.count());
    expect(seen.verdicts["drop"]).toBeGreaterThan(0);
    guard.close();
    await page.close();
  });
});

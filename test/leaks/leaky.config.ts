/** For leaks.live.test.ts: the run's checks around a file that leaves something of each kind. */
import type { ViteUserConfig } from "vitest/config";

const at = (name: string): string => new URL(name, import.meta.url).pathname;

const config: ViteUserConfig = {
  root: at("../.."),
  resolve: { alias: { "#host": at("../../src/host/node.ts") } },
  test: {
    include: ["test/leaks/leaky.ts"],
    globalSetup: [at("run.ts")],
    setupFiles: [at("file.ts")],
  },
};

export default config;

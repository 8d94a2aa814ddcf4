import type { ViteUserConfig } from "vitest/config";

const config: ViteUserConfig = {
  resolve: { alias: { "#host": new URL("./src/host/node.ts", import.meta.url).pathname } },
  test: {
    include: ["src/**/*.test.ts", "test/**/*.test.ts"],
    testTimeout: 60_000,
    globalSetup: ["test/leaks/run.ts"],
    setupFiles: ["test/leaks/file.ts"],
  },
};

export default config;

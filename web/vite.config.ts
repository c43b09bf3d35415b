// Builds the console into the package, from which the node serves it under /console/.
import { defineConfig } from "vitest/config";
import { coarseBaseMap } from "./baseMapPlugin.ts";

export default defineConfig({
  base: "/console/",
  plugins: [coarseBaseMap()],
  build: {
    // The package's own folder, unless a developer builds beside it (CONTRIBUTING.md).
    outDir: process.env["PARLEY_CONSOLE_OUT"] ?? "../src/parley/app/console",
    emptyOutDir: true,
    // Nothing inline: the Content-Security-Policy allows no data: script and no blob: worker.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    sourcemap: false,
    target: "es2022",
    chunkSizeWarningLimit: 2000,
  },
  // No test is one of time: on a machine that does three things at once the slowest takes seconds.
  test: {
    include: ["src/**/*.test.ts", "src/**/*.test.tsx"],
    environment: "node",
    testTimeout: 120_000,
  },
});

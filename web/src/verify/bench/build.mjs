// Builds the badge on a page of its own: node src/verify/bench/build.mjs FOLDER
import { build } from "vite";

await build({
  root: import.meta.dirname,
  base: "./",
  configFile: false,
  logLevel: "warn",
  build: { outDir: process.argv[2], emptyOutDir: true, assetsInlineLimit: 0, target: "es2022" },
});

import { defineConfig } from "vite";

const api = "http://127.0.0.1:8000";

export default defineConfig({
  base: "/ui/",
  build: {
    outDir: "../service/api/ui",
    emptyOutDir: true,
    // The policy allows no inline script, and every browser we build for preloads modules by itself.
    modulePreload: { polyfill: false },
    assetsInlineLimit: 0,
    // What we ship of others, with their terms.
    license: { fileName: "licenses.md" },
    // Swagger UI alone is 1.7 MB, on a page of its own.
    chunkSizeWarningLimit: 2000,
    rolldownOptions: { input: { dashboard: "index.html", docs: "docs/index.html" } },
  },
  server: {
    proxy: { "/v1": api, "/openapi.json": api, "/ui/session": api },
    // The examples lie beside the dashboard, not in it.
    fs: { allow: [".."] },
  },
});

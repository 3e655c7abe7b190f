// Compiles the styles and copies scripts, typeface and mark into static/dist. Node and npm packages only.
import { cpSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import * as sass from "sass";

const root = join(dirname(fileURLToPath(import.meta.url)), "..");
const dist = join(root, "static", "dist");
const packages = join(root, "node_modules");

rmSync(dist, { recursive: true, force: true });
mkdirSync(join(dist, "fonts"), { recursive: true });

const styles = sass.compile(join(root, "assets", "main.scss"), {
  loadPaths: [packages],
  style: "compressed",
  quietDeps: true,
});
writeFileSync(join(dist, "main.css"), styles.css);

const face = join(packages, "@fontsource", "atkinson-hyperlegible-next");
for (const weight of ["400", "600", "700"]) {
  const name = `atkinson-hyperlegible-next-latin-${weight}-normal.woff2`;
  cpSync(join(face, "files", name), join(dist, "fonts", name));
}
cpSync(join(face, "LICENSE"), join(dist, "fonts", "LICENSE"));

const govuk = join(packages, "govuk-frontend", "dist", "govuk");
writeFileSync(join(dist, "govuk-frontend.min.js"), readFileSync(join(govuk, "govuk-frontend.min.js")));
cpSync(join(root, "assets", "start.js"), join(dist, "start.js"));
cpSync(join(root, "assets", "document.css"), join(dist, "document.css"));
cpSync(join(root, "assets", "images"), join(dist, "images"), { recursive: true });

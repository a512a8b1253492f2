import "./style/tokens.css";
import "./style/page.css";
import "./style/controls.css";
import "./style/jobs.css";
import "./style/job.css";
import "./style/figure.css";
import "./style/compare.css";
import "./style/keys.css";
import "./style/submit.css";

import { element, fill } from "./dom";
import { startKeys } from "./keys";
import { comparePage } from "./pages/compare";
import { jobPage } from "./pages/job";
import { jobsPage } from "./pages/jobs";
import { submitPage } from "./pages/submit";
import { startRouter, type Page } from "./router";

const notFound: Page = (root) => {
  document.title = "Not found · Gradient Clinic";
  fill(
    root,
    element("h1", {}, "There is no such page"),
    element("p", {}, element("a", { href: "/ui/" }, "Back to the jobs")),
  );
};

startKeys(document.getElementById("help"));
startRouter(
  document.getElementById("main")!,
  [
    { path: /^\/ui\/(?:index\.html)?$/, page: jobsPage },
    { path: /^\/ui\/jobs\/([^/]+)\/?$/, page: jobPage },
    { path: /^\/ui\/compare\/?$/, page: comparePage },
    { path: /^\/ui\/new\/?$/, page: submitPage },
  ],
  notFound,
);

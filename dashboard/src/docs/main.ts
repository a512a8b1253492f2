/** The API's documentation: Swagger UI from our own build, reading /openapi.json. */

import SwaggerUI from "swagger-ui-dist/swagger-ui-es-bundle.js";
import "swagger-ui-dist/swagger-ui.css";

import "../style/tokens.css";
import "../style/page.css";
import "./docs.css";

const dark = matchMedia("(prefers-color-scheme: dark)");
const follow = (): void => void document.documentElement.classList.toggle("dark-mode", dark.matches);
follow();
dark.addEventListener("change", follow);

SwaggerUI({
  url: "/openapi.json",
  domNode: document.getElementById("main")!,
  deepLinking: true,
  docExpansion: "list",
  defaultModelsExpandDepth: 0,
  displayRequestDuration: true,
  // The validator's badge is a picture from somebody else's server.
  validatorUrl: null,
});

// Starts Swagger UI on this host's own contract, and gets tokens to try things out with, where they are given.
"use strict";

const page = document.body.dataset;
const ui = SwaggerUIBundle({
  url: page.contract,
  dom_id: "#swagger-ui",
  deepLinking: true,
  displayRequestDuration: true,
  docExpansion: "none",
  filter: true,
  tagsSorter: "alpha",
  tryItOutEnabled: true,
  validatorUrl: null, // else it asks another host for a badge
  queryConfigEnabled: false, // the contract shown is this one, whatever the address of the page says
});

// Swagger UI leaves some of what it draws without a name, and what scrolls out of the keyboard's reach.
function nameWhatHasNoName() {
  for (const [place, name] of [[".operation-filter-input", "Filter by tag"], ["#servers", "Server"]]) {
    document.querySelectorAll(`${place}:not([aria-label])`).forEach((part) => part.setAttribute("aria-label", name));
  }
  document.querySelectorAll("pre.microlight:not([tabindex])").forEach((part) => part.setAttribute("tabindex", "0"));
}
new MutationObserver(nameWhatHasNoName).observe(document.querySelector("#swagger-ui"), { childList: true, subtree: true });

const form = document.querySelector("#sign-in");
if (form) {
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const role = new FormData(form).get("role");
    const answer = await fetch("/dev/token", {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify({ role }),
    });
    const output = form.querySelector("output");
    if (!answer.ok) {
      output.textContent = "not signed in";
      return;
    }
    ui.preauthorizeApiKey("bearer", (await answer.json()).access_token);
    output.textContent = `signed in as ${role}`;
  });
}

const docs = document.getElementById("docs");
// All that would reach beyond this server is off: fonts, telemetry, the proxy, hosted clients and chats.
Scalar.createApiReference(docs, {
  url: new URL(docs.dataset.schema, location.href).href,
  withDefaultFonts: false,
  telemetry: false,
  hideClientButton: true,
  showDeveloperTools: "never",
  agent: { disabled: true },
  mcp: { disabled: true },
});

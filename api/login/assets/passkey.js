// Asks the browser for a passkey, or to make one, when the form is sent, and sends what it answers with the form.
// A form says how in data-passkey (get or create) and what is asked in data-options, as WebAuthn's JSON.
"use strict";

function bytes(text) {
  const plain = atob(text.replace(/-/g, "+").replace(/_/g, "/"));
  return Uint8Array.from(plain, (each) => each.charCodeAt(0));
}

function text(buffer) {
  const plain = String.fromCharCode(...new Uint8Array(buffer));
  return btoa(plain).replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");
}

function asked(form) {
  const options = JSON.parse(form.dataset.options);
  options.challenge = bytes(options.challenge);
  if (options.user) {
    options.user.id = bytes(options.user.id);
    const login = form.querySelector("input[name=login]");
    if (login) options.user.name = options.user.displayName = login.value;
  }
  for (const each of options.excludeCredentials || []) each.id = bytes(each.id);
  for (const each of options.allowCredentials || []) each.id = bytes(each.id);
  return options;
}

function answered(credential) {
  const response = { clientDataJSON: text(credential.response.clientDataJSON) };
  for (const name of ["attestationObject", "authenticatorData", "signature", "userHandle"]) {
    if (credential.response[name]) response[name] = text(credential.response[name]);
  }
  const rawId = text(credential.rawId);
  return JSON.stringify({ id: rawId, rawId, type: credential.type, response, clientExtensionResults: {} });
}

async function send(form) {
  const publicKey = asked(form);
  const credential = await (form.dataset.passkey === "create"
    ? navigator.credentials.create({ publicKey })
    : navigator.credentials.get({ publicKey }));
  form.querySelector("input[name=credential]").value = answered(credential);
  form.submit();
}

for (const form of document.querySelectorAll("form[data-passkey]")) {
  if (!window.PublicKeyCredential) {
    form.hidden = true;
    continue;
  }
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    send(form).catch(() => {
      form.querySelector("[role=status]").textContent = form.dataset.failed;
    });
  });
}

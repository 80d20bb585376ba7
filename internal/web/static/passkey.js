// Takes a challenge to the browser and sends its answer with the form of the page.
"use strict";

(() => {
  const box = document.querySelector("[data-passkey]");
  const known = window.PublicKeyCredential;
  if (!box || !known || !known.parseCreationOptionsFromJSON || !known.parseRequestOptionsFromJSON) return;
  const form = box.querySelector("form");
  const failed = document.querySelector("[data-passkey-failed]");
  const options = JSON.parse(box.dataset.options);

  const ask = () => box.dataset.passkey === "create"
    ? navigator.credentials.create({ publicKey: known.parseCreationOptionsFromJSON(options) })
    : navigator.credentials.get({ publicKey: known.parseRequestOptionsFromJSON(options) });

  let busy = false;
  const run = async () => {
    if (busy) return;
    busy = true;
    failed.hidden = true;
    try {
      form.elements.response.value = JSON.stringify(await ask());
      form.submit();
    } catch {
      busy = false;
      failed.hidden = false;
    }
  };

  form.addEventListener("submit", (event) => {
    event.preventDefault();
    run();
  });
  document.querySelector("[data-passkey-missing]").hidden = true;
  box.hidden = false;
  run();
})();

// What pages do beyond links and forms. Every page works without it.
"use strict";

(() => {
  // A copy button appears only where it can work, says what it did, and then becomes itself again.
  const showCopyButtons = (root) => {
    if (!navigator.clipboard) return;
    for (const button of root.querySelectorAll("[data-copy][hidden]")) button.hidden = false;
  };

  const copy = async (button) => {
    const label = button.querySelector("span");
    const before = button.dataset.label || (button.dataset.label = label.textContent);
    label.setAttribute("role", "status");
    // What has to be on record is copied only once it is.
    const recorded = !button.dataset.told ||
      (await fetch(button.dataset.told, { method: "POST", redirect: "manual" }).then((answer) => answer.ok, () => false));
    if (recorded) await navigator.clipboard.writeText(button.dataset.copy);
    label.textContent = recorded ? button.dataset.done : button.dataset.failed;
    setTimeout(() => { label.textContent = before; }, 2000);
  };

  const openMenus = () => document.querySelectorAll("details[data-menu][open]");

  document.addEventListener("click", (event) => {
    const button = event.target.closest("[data-copy]");
    if (button) copy(button);
    for (const menu of openMenus()) {
      if (!menu.contains(event.target)) menu.open = false;
    }
  });

  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    for (const menu of openMenus()) {
      const inside = menu.contains(document.activeElement);
      menu.open = false;
      if (inside) menu.querySelector("summary").focus();
    }
  });

  const prepare = (root) => {
    showCopyButtons(root);
    const tab = root.querySelector(".tabs [aria-current]");
    if (tab) tab.scrollIntoView({ block: "nearest", inline: "center" });
    const refused = root.querySelector("[data-focus]");
    if (refused) refused.focus();
  };

  // An answer without the part that was asked for is another page, such as the one to sign in on: it is gone to.
  document.addEventListener("htmx:beforeSwap", (event) => {
    const link = event.detail.elt;
    const part = link.getAttribute("hx-select");
    if (!part || new DOMParser().parseFromString(event.detail.xhr.responseText, "text/html").querySelector(part)) return;
    event.detail.shouldSwap = false;
    location.assign(link.getAttribute("hx-get"));
  });

  document.addEventListener("htmx:load", (event) => prepare(event.target));
  if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", () => prepare(document));
  else prepare(document);
})();

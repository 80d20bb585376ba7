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
    await navigator.clipboard.writeText(button.dataset.copy);
    label.setAttribute("role", "status");
    label.textContent = button.dataset.done;
    if (button.dataset.told) fetch(button.dataset.told, { method: "POST", redirect: "manual" });
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
    const refused = root.querySelector("[data-focus]");
    if (refused) refused.focus();
  };

  document.addEventListener("htmx:load", (event) => prepare(event.target));
  if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", () => prepare(document));
  else prepare(document);
})();

/* Progressive enhancement: every page works without this file. No text lives here; words come from data attributes. */
(function () {
  "use strict";

  const each = (root, selector, act) => {
    if (root.matches && root.matches(selector)) act(root);
    root.querySelectorAll(selector).forEach(act);
  };

  /* A second press of the same button does nothing; the server's submission id has the last word. */
  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (form.method !== "post") return;
    if (form.dataset.sent) { event.preventDefault(); return; }
    form.dataset.sent = "yes";
    const sent = form.elements.submission_id;
    if (sent) sessionStorage.setItem(placeOf(form), sent.value);
    /* aria-busy instead of disabled, so that the button's own name and value are still sent. */
    form.querySelectorAll("[data-once]").forEach((button) => button.setAttribute("aria-busy", "true"));
    /* An answer that is a download leaves the page standing. */
    setTimeout(release, 10000);
  });
  const release = () => document.querySelectorAll("form[data-sent]").forEach((form) => {
    delete form.dataset.sent;
    form.querySelectorAll("[aria-busy]").forEach((button) => button.removeAttribute("aria-busy"));
  });
  window.addEventListener("pageshow", release);
  document.addEventListener("htmx:afterRequest", release);

  /* Back at a form that was sent: pages are never cached, so it carries a new id; with the one that was sent it is
     answered as the first time and does nothing twice. */
  const placeOf = (form) => "sent " + location.pathname + " " + (form.getAttribute("action") || "");
  const came = performance.getEntriesByType("navigation")[0];
  if (came && came.type === "back_forward") {
    document.querySelectorAll("form").forEach((form) => {
      const sent = form.elements.submission_id && sessionStorage.getItem(placeOf(form));
      if (sent) form.elements.submission_id.value = sent;
    });
  }

  const sizeOf = (bytes) => bytes >= 1048576 ? (bytes / 1048576).toFixed(1) + " MB" : Math.max(1, Math.round(bytes / 1024)) + " KB";

  function previewFiles(input) {
    const list = document.getElementById(input.dataset.preview);
    if (!list) return;
    input.addEventListener("change", () => {
      list.replaceChildren(...Array.from(input.files, (file) => {
        const item = document.createElement("li");
        const tooLarge = file.size > Number(input.dataset.mostBytes);
        item.textContent = file.name + " · " + sizeOf(file.size) + (tooLarge ? " · " + input.dataset.tooLarge : "");
        item.classList.toggle("too-large", tooLarge);
        return item;
      }));
      if (input.files.length > Number(input.dataset.mostFiles)) {
        const item = document.createElement("li");
        item.textContent = input.dataset.tooMany;
        item.classList.add("too-large");
        list.prepend(item);
      }
    });
  }

  function copyText(button) {
    if (!navigator.clipboard) return;
    button.hidden = false;
    const word = button.querySelector("span");
    const before = word.textContent;
    button.addEventListener("click", async () => {
      await navigator.clipboard.writeText(document.getElementById(button.dataset.copy).textContent.trim());
      word.textContent = button.dataset.copied;
      setTimeout(() => { word.textContent = before; }, 2000);
    });
  }

  function countCharacters(hint) {
    const input = document.getElementById(hint.dataset.counterFor);
    if (!input) return;
    const limit = hint.textContent;
    const show = () => { hint.textContent = input.value ? limit + " · " + Array.from(input.value).length : limit; };
    input.addEventListener("input", show);
    show();
  }

  /* Long selects get a line to type in; the plain select stays what is sent. */
  function typeAhead(select) {
    if (select.options.length <= 15 || select.multiple || !select.dataset.typeahead) return;
    const all = Array.from(select.options);
    const box = document.createElement("input");
    box.type = "search";
    box.className = "form-control typeahead";
    box.autocomplete = "off";
    box.placeholder = select.dataset.typeahead;
    box.setAttribute("aria-label", select.dataset.typeahead);
    box.setAttribute("aria-controls", select.id);
    box.addEventListener("input", () => {
      const words = box.value.trim().toLowerCase();
      const chosen = select.value;
      const kept = all.filter((option) => !words || option.text.toLowerCase().includes(words) || option.value === chosen);
      select.replaceChildren(...kept);
      const found = kept.find((option) => words && option.text.toLowerCase().includes(words));
      select.value = found ? found.value : chosen;
      select.dispatchEvent(new Event("change", { bubbles: true }));
    });
    box.addEventListener("keydown", (event) => { if (event.key === "Enter") event.preventDefault(); });
    select.before(box);
  }

  /* A table that scrolls inside its frame is a stop for the keyboard; one that fits is none. */
  const fitting = window.ResizeObserver && new ResizeObserver((seen) => seen.forEach(({ target }) => stopWhereItScrolls(target.closest(".list-frame"))));
  function stopWhereItScrolls(frame) {
    const scrolls = frame.scrollWidth > frame.clientWidth;
    const stop = { tabindex: "0", role: "region", "aria-label": frame.dataset.label };
    Object.entries(stop).forEach(([name, value]) => { if (scrolls) frame.setAttribute(name, value); else frame.removeAttribute(name); });
  }
  function watchFrame(frame) {
    if (!fitting) return;
    frame.dataset.label = frame.getAttribute("aria-label") || frame.dataset.label;
    fitting.observe(frame);
    if (frame.firstElementChild) fitting.observe(frame.firstElementChild);
  }

  /* Drafts: the form goes to its autosave address a second after the last stroke; the answer's text is shown. */
  function autosave(form) {
    const place = form.querySelector("[data-saved]");
    let timer;
    form.addEventListener("input", () => {
      clearTimeout(timer);
      timer = setTimeout(async () => {
        const body = new FormData(form);
        Array.from(body.keys()).forEach((key) => { if (body.get(key) instanceof File) body.delete(key); });
        try {
          const answer = await fetch(form.dataset.autosave, { method: "POST", body, headers: { "X-Requested-With": "autosave" } });
          if (answer.ok && place) { place.textContent = await answer.text(); place.hidden = false; }
        } catch { /* away from the net: the next stroke tries again, sending the form tells */ }
      }, 1000);
    });
  }

  /* A menu closes by Escape and when one goes elsewhere. */
  document.addEventListener("keydown", (event) => {
    const open = event.key === "Escape" && document.activeElement && document.activeElement.closest("details.more[open], details.top-menu[open]");
    if (open) { open.open = false; open.querySelector("summary").focus(); }
  });
  document.addEventListener("click", (event) => {
    document.querySelectorAll("details.more[open]").forEach((menu) => { if (!menu.contains(event.target)) menu.open = false; });
  });

  function enhance(root) {
    each(root, "[data-preview]", previewFiles);
    each(root, "button[data-copy]", copyText);
    each(root, "[data-counter-for]", countCharacters);
    each(root, "select[data-typeahead]", typeAhead);
    each(root, "form[data-autosave]", autosave);
    each(root, ".list-frame", watchFrame);
    each(root, "[data-focus]", (place) => place.focus());
    each(root, "[data-print]", (button) => { button.hidden = false; button.addEventListener("click", () => window.print()); });
  }
  enhance(document);
  document.addEventListener("htmx:load", (event) => { if (event.detail.elt !== document.body) enhance(event.detail.elt); });
})();

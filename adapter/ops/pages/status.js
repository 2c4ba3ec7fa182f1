// Shows the page as it is now every five seconds, where it is scrolled to; says so when the adapter does not answer.
(() => {
  const stale = document.getElementById("stale");
  const of = (page, what) => page.querySelector(what);
  let asking = false;

  async function refresh() {
    // Somebody who has marked an id wants to copy it.
    if (asking || document.hidden || !getSelection().isCollapsed) return;
    asking = true;
    try {
      const answer = await fetch(location.pathname, { cache: "no-store", signal: AbortSignal.timeout(4500) });
      if (!answer.ok) throw new Error(answer.statusText);
      const page = new DOMParser().parseFromString(await answer.text(), "text/html");
      if (of(page, "main").dataset.version !== of(document, "main").dataset.version) return location.reload();
      of(document, "main").replaceWith(of(page, "main"));
      of(document, "link[rel=icon]").href = of(page, "link[rel=icon]").href;
      document.title = page.title;
      stale.hidden = true;
      document.body.classList.remove("stale");
    } catch {
      stale.hidden = false;
      document.title = "✖ no answer – epos-adapter";
      document.body.classList.add("stale");
    } finally {
      asking = false;
    }
  }

  setInterval(refresh, 5000);
  document.addEventListener("visibilitychange", refresh);
})();

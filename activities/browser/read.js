// What a visitor can read of a page: its words, headings and links, each with the words around it.
() => {
  const words = (element, limit) => (element?.innerText ?? "").trim().slice(0, limit);
  const links = [...document.querySelectorAll("a[href]")].slice(0, 3000).filter((a) => words(a, 1));
  const typed = [...document.querySelectorAll("input[type=search], input[type=text], input:not([type])")]
    .filter((input) => input.checkVisibility()).map((input) => input.value.slice(0, 300));
  return {
    title: document.title.slice(0, 500),
    headings: [...document.querySelectorAll("h1, h2, h3")].slice(0, 100).map((h) => words(h, 500)).filter(Boolean),
    text: [words(document.body, 60000), ...typed].join("\n"),
    links: links.map((a) => ({
      url: a.href.slice(0, 2000),
      text: words(a, 300),
      around: words(a.closest("li, tr, article, section, dl, p, div") ?? a, 1000),
    })),
  };
}

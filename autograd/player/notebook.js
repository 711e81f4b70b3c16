// In a notebook's frame: the graph's height follows its width, the notebook learns the page's height and says its theme.

const HIGHEST = 544; // pixels of a graph: what is higher scrolls

function liveInNotebook(picture) {
  const { scroller } = picture;
  document.body.classList.add("framed");
  new ResizeObserver(() => {
    const zoom = Math.min((scroller.clientWidth - PADDING) / picture.width, 1.25);
    scroller.style.height = `${Math.min(picture.height * (zoom < WHOLE ? LEGIBLE : zoom) + PADDING, HIGHEST)}px`;
  }).observe(scroller);
  new ResizeObserver(() => parent.postMessage({ height: document.body.offsetHeight }, "*")).observe(document.body);
  addEventListener("message", ({ source, data }) => {
    if (source !== parent || !["light", "dark"].includes(data?.theme)) return;
    document.body.classList.add("heard"); // the frame is as high as the page, which so needs no scrollbar
    document.documentElement.style.colorScheme = data.theme;
  });
}

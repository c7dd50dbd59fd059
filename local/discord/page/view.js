// What of the channel is in view: the newest message, until the member scrolls up to older ones.

const NEAR_PX = 120;

/** onTop: called when the oldest message is near.  Returns {isStuck, stick, toNewest}. */
export function createView(scroller, content, jump, onTop) {
  let isStuck; // the view stays at the newest message
  let stuckAt; // where it stood when it was last scrolled to the newest message

  function toNewest() {
    setStuck(true);
    scroller.scrollTop = scroller.scrollHeight;
    stuckAt = scroller.scrollTop;
  }

  /** After a change of the content or of a size. */
  function stick() {
    if (isStuckNow()) toNewest();
  }

  function isStuckNow() {
    if (isStuck) lookWhereItStands(); // the member may have scrolled so lately that no event has told it yet
    return isStuck;
  }

  /** A change of a size never moves a stuck view up, but to the new end.  So whoever moved it up is the member. */
  function lookWhereItStands() {
    const isNear = scroller.scrollHeight - scroller.scrollTop - scroller.clientHeight < NEAR_PX;
    if (isNear) setStuck(true);
    else if (scroller.scrollTop < stuckAt - 1) setStuck(false);
  }

  function setStuck(value) {
    isStuck = value;
    scroller.style.overflowAnchor = value ? "none" : "auto"; // else the browser would move a stuck view too
    if (value) jump.hidden = true;
  }

  scroller.addEventListener("scroll", () => {
    lookWhereItStands();
    if (scroller.scrollTop < NEAR_PX) onTop();
  });
  const sizes = new ResizeObserver(stick);
  sizes.observe(content);
  sizes.observe(scroller);
  toNewest();
  return { isStuck: isStuckNow, stick, toNewest };
}

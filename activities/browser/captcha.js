// What stands around a captcha: the picture beside its field, a widget's key, and where its token goes.
(() => {
  const DRAWN = 'img,canvas,svg,object,embed', TYPED = 'input:not([type=hidden]),select,textarea';
  const NAMES = ['g-recaptcha-response', 'h-captcha-response', 'cf-turnstile-response'];
  const shows = (el) => {
    const box = el.getBoundingClientRect();
    // A reload button is an icon, a banner is no captcha.
    return box.width >= 50 && box.height >= 16 && box.width <= 1000 && box.height <= 500 && el.checkVisibility({ checkOpacity: true, checkVisibilityCSS: true });
  };
  const named = (el) => /capt?cha|secur|verif|code|kod|spam/i.test([el.id, el.getAttribute('class'), el.getAttribute('src'), el.getAttribute('alt'), el.getAttribute('name')].join(' '));
  const distance = (a, b) => { const p = a.getBoundingClientRect(), q = b.getBoundingClientRect(); return Math.hypot(p.left - q.left, p.top - q.top); };
  const ancestors = function* (el) { for (let up = el.parentElement; up && up !== el.ownerDocument.body; up = up.parentElement) yield up; };
  // Between the challenge and other fields of the form there is no doubt whose picture is whose.
  const alone = (box, field) => [...box.querySelectorAll(TYPED)].every((other) => other === field || !shows(other));

  const drawing = (field) => {
    for (const box of ancestors(field)) {
      const found = [...box.querySelectorAll(DRAWN)].filter(shows).sort((a, b) => distance(a, field) - distance(b, field));
      const best = found.find(named) || (alone(box, field) ? found[0] : null);
      if (best) return best;
      if (box.tagName === 'FORM') return null;
    }
    return null;
  };
  const around = (field) => [...ancestors(field)].filter((box) => alone(box, field) && shows(box)).pop() || null;
  const complete = (el, patience) => el.tagName !== 'IMG' || el.complete ? true : Promise.race([
    new Promise((done) => { el.addEventListener('load', done); el.addEventListener('error', done); }), new Promise((done) => setTimeout(done, patience))]).then(() => true);
  const source = (el) => {
    if (el.tagName === 'IMG') return el.currentSrc || el.src;
    try { return el.tagName === 'CANVAS' ? el.toDataURL() : el.outerHTML; } catch { return ''; }
  };

  const addresses = (widget) => [widget, ...widget.querySelectorAll('iframe')].map((el) => el.src || '').filter(Boolean);
  const siteKey = (widget) => {
    const holder = widget.closest('[data-sitekey]') || widget.querySelector('[data-sitekey]');
    if (holder) return holder.dataset.sitekey;
    for (const address of addresses(widget)) {
      const url = new URL(address), hash = new URLSearchParams(url.hash.slice(1));
      const key = url.searchParams.get('k') || url.searchParams.get('sitekey') || hash.get('sitekey') || (url.pathname.match(/\/(0x[\w-]+)\//) || [])[1];
      if (key) return key;
    }
    return '';
  };
  const take = (widget, token) => {
    const within = widget.closest('form') || widget.ownerDocument;
    const fields = NAMES.flatMap((name) => [...within.querySelectorAll(`[name="${name}"]`)]);
    for (const field of fields) {
      field.value = token;
      for (const type of ['input', 'change']) field.dispatchEvent(new Event(type, { bubbles: true }));
    }
    const holder = widget.closest('[data-callback]') || widget.querySelector('[data-callback]');
    const told = holder && widget.ownerDocument.defaultView[holder.dataset.callback];
    if (fields.length && typeof told === 'function') told(token);
    return fields.length > 0;
  };
  return { drawing, around, complete, source, siteKey, take };
})()

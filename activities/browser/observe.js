// Dumps one document's controls, buttons, forms and visible text as facts for brain/page.py. It judges nothing and
// writes nothing to the page. Returns {facts, elements}: a fact names its element by its index in `elements`.
// `widgetsOf` is widgets.js: what stands in for what.
(widgetsOf) => {
  const MAX_TEXT = 20000, MAX_NODE = 1000, MAX_LABEL = 300, MAX_OPTIONS = 3000, MAX_CONTROLS = 1000;
  const SILENT = new Set(['SCRIPT', 'STYLE', 'NOSCRIPT', 'TEMPLATE', 'SELECT', 'DATALIST', 'TEXTAREA', 'OPTION', 'SVG',
    'CANVAS', 'OBJECT', 'HEAD', 'TITLE', 'IFRAME', 'VIDEO', 'AUDIO']);
  const ERRORISH = /(^|[-_\s])(errors?|err|errormsg|invalid|danger|fehler|erreur)([-_\s]|$)/i;
  const NOTICE = /(^|[-_\s])(alert|notice|message|msg|flash|toast|success|confirmation|errors?|warning|danger)([-_\s]|$)/i;
  const HELPISH = /(^|[-_\s])(help|hint|description|desc|note|tip|instructions?|info|muted|counter|count)([-_\s]|$)|^small$/i;
  const CONTROL = 'input:not([type=hidden]):not([type=submit]):not([type=button]):not([type=reset]):not([type=image]),select,textarea,'
    + '[role=combobox],[role=checkbox],[role=radio],[role=switch],[role=textbox],[contenteditable=""],[contenteditable=true]';

  const elements = [], controls = [], layers = [], buttons = [], forms = [], markers = [], iframes = [], notices = [], textNodes = [];
  const formElements = [], groups = new Map(), styles = new Map();
  const keep = (el) => elements.push(el) - 1;
  const squeeze = (text, limit = MAX_LABEL) => (text || '').replace(/[\u00ad\u200b\u2060\ufeff]+/g, '').replace(/\s+/g, ' ').trim().slice(0, limit);
  const attr = (el, name) => el.getAttribute(name) || '';
  const classOf = (el) => attr(el, 'class');
  const styleOf = (el) => { let s = styles.get(el); if (!s) styles.set(el, s = getComputedStyle(el)); return s; };
  const parentOf = (el) => el.assignedSlot || el.parentElement || (el.getRootNode().host ?? null);
  let shadowed = false;
  const closest = (el, selector) => {
    if (!shadowed) return el.closest(selector);
    for (let up = el; up; up = parentOf(up)) if (up.matches(selector)) return up;
    return null;
  };
  const byId = (el, ids) => ids.split(/\s+/).filter(Boolean).map((id) => el.getRootNode().getElementById?.(id)).filter(Boolean);
  const errorish = (el) => ERRORISH.test(classOf(el)) || ERRORISH.test(el.id || '') || attr(el, 'role') === 'alert';
  const isControl = (node) => node.nodeType === 1 && (node.matches(CONTROL) || !!node.querySelector(CONTROL)) && !widgets.inMachinery(node)
    && (node.matches(CONTROL) || [...node.querySelectorAll(CONTROL)].some((control) => !widgets.inMachinery(control)));

  const shown = (el) => el.checkVisibility({ checkOpacity: true, checkVisibilityCSS: true, contentVisibilityAuto: true });
  const clipped = (style) => /^rect\((0px,? ?){4}\)|^rect\((1px,? ?){4}\)/.test(style.clip) || /^inset\((50|100)%|^(circle|ellipse)\(0(px|%)?[ )]/.test(style.clipPath) || flat(style.clipPath);
  const flat = (path) => path.startsWith('polygon(') && new Set(path.slice(8, -1).split(',').map((point) => point.trim())).size < 3;
  const collapsed = (style, el) => style.overflow !== 'visible' && style.display !== 'inline' && (el.clientWidth <= 1 || el.clientHeight <= 1);
  const alpha = (color) => (color.startsWith('rgba') ? parseFloat(color.split(',')[3]) : 1);
  const blank = (mask) => !!mask && mask.includes('gradient(') && !/rgb\(/.test(mask) && (mask.match(/rgba\([^)]*\)/g) || []).every((color) => alpha(color) === 0);
  const strength = (style) => style.opacity * (/opacity\(([\d.]+)\)/.exec(style.filter)?.[1] ?? 1) * !blank(style.maskImage);
  // Too faint or too far away for a person, or cut off by a box inside the form, whose scroll no person reaches.
  const away = (box) => box.left + scrollX >= 2 * Math.max(innerWidth, 1280);
  const cut = (style, up, form, box) => {
    if (!form || form === up || !form.contains(up) || !/hidden|clip/.test(style.overflowY)) return false;
    const frame = up.getBoundingClientRect();
    return box.top >= frame.bottom - 1 || box.bottom <= frame.top + 1;
  };
  const TRAPPISH = /(^|[-_\s])(honey-?pots?|hp-?field|bot-?(field|trap)|spam-?trap)([-_\s]|$)/i;
  const WRITTEN = 'textarea,input:not([type]),input[type=text],input[type=email],input[type=url],input[type=tel],input[type=number]';
  // While a drop-down is open, some libraries make the rest of the page inert.
  const opened = !!document.querySelector('[role=combobox][aria-expanded=true],[aria-haspopup=listbox][aria-expanded=true]');
  // Whoever typed here would not see what; or it is kept from people who cannot see, and from the keyboard.
  const unwritable = (el) => {
    if ((!opened && closest(el, '[inert]')) || TRAPPISH.test(classOf(el.parentElement || el)) || TRAPPISH.test(classOf(el))) return true;
    if (!el.matches(WRITTEN)) return false;
    const style = styleOf(el), colour = (text) => (text.match(/[\d.]+/g) || []).slice(0, 3).map(Number);
    const ground = colour(style.backgroundColor), onGround = alpha(style.backgroundColor) === 1 && style.backgroundImage === 'none' && colour(style.color).every((part, at) => Math.abs(part - ground[at]) <= 8);
    return (el.tabIndex < 0 && !!closest(el, '[aria-hidden=true]')) || alpha(style.color) === 0 || onGround || parseFloat(style.fontSize) < 2 || parseFloat(style.textIndent) <= -200;
  };
  const appears = (el) => {
    if (!shown(el)) return false;
    const box = el.getBoundingClientRect(), form = el.form || closest(el, 'form');
    if (box.width <= 1 || box.height <= 1) return false;
    if (box.right + scrollX <= 0 || box.bottom + scrollY <= 0 || away(box) || unwritable(el)) return false;
    let seen = 1;
    for (let up = el; up && up !== document.body && up !== document.documentElement; up = parentOf(up)) {
      const style = styleOf(up);
      seen *= strength(style);
      if (seen < 0.1 || clipped(style) || (up !== el && (collapsed(style, up) || cut(style, up, form, box)))) return false;
      if (up !== el && (style.overflowX === 'hidden' || style.overflowX === 'clip')) {
        const frame = up.getBoundingClientRect();
        if (box.left >= frame.right || box.right <= frame.left) return false;
      }
      if (style.position === 'fixed') {
        const frame = up.getBoundingClientRect();
        return frame.top < innerHeight && frame.left < innerWidth && frame.bottom > 0 && frame.right > 0;
      }
    }
    return true;
  };

  const rendering = new Map(), faces = new Map();
  const rendered = (el) => { let known = rendering.get(el); if (known === undefined) rendering.set(el, known = appears(el)); return known; };
  const widgets = widgetsOf({ rendered, classOf, attr });

  // The text a person reads inside a node, without controls, error messages and the `except` element.
  const textOf = (node, except, errorsToo, top = node) => {
    if (node.nodeType === 3) return node.data;
    if (node.nodeType !== 1 || node === except || SILENT.has(node.tagName.toUpperCase())) return '';
    if (!errorsToo && errorish(node)) return '';
    if (node !== top && (widgets.isBox(node) || widgets.inMachinery(node))) return '';
    if (node !== top && (node.tagName === 'BUTTON' || node.matches('[role=listbox],[role=option],[role=button],[role=toolbar]'))) return '';
    if (node.hidden || styleOf(node).display === 'none') return '';
    let out = '';
    for (const child of innerNodes(node)) out += textOf(child, except, errorsToo, top);
    const inline = styleOf(node).display.startsWith('inline');
    return inline ? out : ' ' + out + ' ';
  };
  const innerNodes = (el) => (el.shadowRoot ? el.shadowRoot.childNodes : el.tagName === 'SLOT' && el.assignedNodes().length ? el.assignedNodes() : el.childNodes);
  const readable = (node, except) => squeeze(textOf(node, except));
  const worded = (text) => /[\p{L}\p{N}]/u.test(text.normalize('NFKC'));

  // "https://", "+49", "facebook.com/": what stands fixed before a box goes with what is typed, and is no name for it.
  const FIXED = /(?:^|\s)(https?:\/\/(?:www\.)?|www\.|@|\+\d{1,4}|(?:https?:\/\/)?(?:[a-z0-9-]+\.)+[a-z]{2,}\/(?:[\w-]+\/)*@?)$/i;
  const telling = (text) => worded(squeeze(text).replace(FIXED, ''));
  const prefixOf = (el) => {
    for (let node = el, depth = 0; node && depth < 3 && !STOPS.test(node.tagName); node = node.parentElement, depth++) {
      if (node !== el && node.querySelectorAll(CONTROL).length > 2) return '';
      let sib = node.previousSibling;
      while (sib && (sib.nodeType !== 1 || !rendered(sib)) && !(sib.nodeType === 3 && sib.data.trim())) sib = sib.previousSibling;
      if (sib) return sib.nodeName === 'LABEL' || sib.textContent.length > 20000 ? '' : (FIXED.exec(squeeze(sib.nodeType === 3 ? sib.data : sib.innerText)) || ['', ''])[1];
    }
    return '';
  };
  const STOPS = /^(FORM|FIELDSET|BODY|TR|TD|TABLE)$/;
  const precedingText = (el) => {
    let node = el;
    for (let depth = 0; depth < 6 && node; depth++) {
      let found = '';
      for (let sib = node.previousSibling; sib; sib = sib.previousSibling) {
        if (isControl(sib)) return { text: squeeze(found), stopped: true, at: node };
        if (sib.nodeType === 1 && /^(H[1-6]|LEGEND|HR)$/.test(sib.tagName)) {
          if (!telling(found) && sib.tagName !== 'LEGEND' && depth < 3 && node.parentElement?.querySelectorAll(CONTROL).length === 1) found = readable(sib);
          return { text: squeeze(found), stopped: false };
        }
        found = textOf(sib) + ' ' + found;
        if (sib.nodeType === 1 && telling(found) && (sib.tagName === 'LABEL' || !styleOf(sib).display.startsWith('inline') || sib.tagName === 'BR')) break;
      }
      if (telling(found)) return { text: squeeze(found).replace(FIXED, ''), stopped: false };
      const up = node.parentElement;
      if (!up || /^(FORM|FIELDSET|BODY|TABLE|TR|TBODY|MAIN|SECTION)$/.test(up.tagName)) break;
      node = up;
    }
    return { text: '', stopped: false };
  };
  const followingText = (el, within) => {
    let node = el;
    for (let depth = 0; depth < 3 && node && node !== within; depth++) {
      let found = '';
      for (let sib = node.nextSibling; sib; sib = sib.nextSibling) {
        if (isControl(sib) || (sib.nodeType === 1 && /^(BR|HR|BUTTON)$/.test(sib.tagName))) break;
        found += textOf(sib) + ' ';
        if (worded(found) && sib.nodeType === 1) break;
      }
      if (worded(found)) return squeeze(found);
      const up = node.parentElement;
      if (!up || /^(FORM|FIELDSET|BODY|TABLE|TR|TD|MAIN|SECTION)$/.test(up.tagName)) break;
      if (up.querySelectorAll(CONTROL).length > 1) break;
      node = up;
    }
    return '';
  };
  // "Monday [opens] [closes]": what leads the row says what the later controls are about.
  const rowText = (el) => {
    for (let up = el.parentElement, depth = 0; up && depth < 3 && !/^(FORM|BODY)$/.test(up.tagName) && up !== el.form?.parentElement; up = up.parentElement, depth++) {
      const count = up.querySelectorAll(CONTROL).length;
      if (count > 6 || up.querySelector('form')) return '';
      if (count < 2) continue;
      let lead = '';
      for (const child of up.childNodes) {
        if (isControl(child)) {
          // "[x] Monday [opens] [closes]": the box that leads the row names it.
          const ticks = child.nodeType === 1 && !child.contains(el) ? (child.matches(CONTROL) ? [child] : [...child.querySelectorAll(CONTROL)]) : [];
          if (ticks.length === 1 && /^(checkbox|switch)$/.test(typeOf(ticks[0])) && !worded(lead)) { lead += textOf(child) + ' '; if (worded(lead)) break; continue; }
          break;
        }
        lead += textOf(child) + ' ';
      }
      if (worded(lead)) return lead.trim().length > 80 ? '' : squeeze(lead);
    }
    return '';
  };
  // What a set of boxes of one name is called: the text that leads their common box, or stands before it.
  const groupText = (el) => {
    const peers = el.name && (el.form || el.getRootNode()).querySelectorAll(`input[name="${CSS.escape(el.name)}"]`);
    if (!peers || peers.length < 2) return '';
    let box = el.parentElement;
    while (box && ![...peers].every((peer) => box.contains(peer))) box = box.parentElement;
    if (!box || /^(FORM|BODY)$/.test(box.tagName)) return '';
    let lead = '';
    for (const child of box.childNodes) { if (isControl(child)) break; lead += textOf(child) + ' '; }
    return worded(lead) ? squeeze(lead) : precedingText(box).text;
  };
  const tableTexts = (el) => {
    const cell = el.closest('td,th'), row = cell?.parentElement, table = row?.closest('table');
    if (!table || row.tagName !== 'TR') return [];
    const out = [], at = cell.cellIndex, rows = [...table.rows];
    for (let i = at - 1; i >= 0; i--) {
      if (isControl(row.cells[i])) continue;
      const text = readable(row.cells[i]);
      if (worded(text)) { out.push(text); break; }
    }
    const above = rows[rows.indexOf(row) - 1];
    for (const head of [table.tHead?.rows[table.tHead.rows.length - 1], rows[0], above]) {
      const top = head && head !== row && head.cells.length > 1 ? head.cells[at] : null;
      if (!top || isControl(top) || (head === above && head !== rows[0] && isControl(head))) continue;
      const text = readable(top);
      if (worded(text) && !out.includes(text)) { out.push(text); break; }
    }
    return out;
  };

  const labelsOf = (el, type) => {
    const out = [];
    const add = (text, source) => { text = squeeze(text); if (text && !out.some((l) => l.text === text && l.source === source)) out.push({ text, source }); };
    const ticked = type === 'checkbox' || type === 'radio' || type === 'switch';
    if (ticked && el.tagName !== 'INPUT') add(readable(el), 'label_wrapping');
    let own = [...(el.labels || [])];
    if (!own.length && el.id) own = [...(el.getRootNode().querySelectorAll?.('label[for]') || [])].filter((l) => l.htmlFor === el.id);
    for (const label of own) {
      if (errorish(label)) continue;
      const wraps = label.contains(el);
      let text = readable(label, el);
      if (!text && label.hidden === false) text = squeeze(label.textContent);
      if (wraps && label.querySelectorAll(CONTROL).length > 1) continue;
      add(text, wraps ? 'label_wrapping' : 'label_for');
    }
    if (!own.length) { const wrap = closest(el, 'label'); if (wrap && !errorish(wrap) && wrap.querySelectorAll(CONTROL).length <= 1) add(readable(wrap, el), 'label_wrapping'); }
    add(byId(el, attr(el, 'aria-labelledby')).filter((n) => n !== el).map((n) => readable(n) || n.textContent).join(' '), 'aria_labelledby');
    add(attr(el, 'aria-label'), 'aria_label');
    for (const text of tableTexts(el)) add(text, 'table_header');
    const group = closest(el, 'fieldset,[role=group],[role=radiogroup]');
    if (group) {
      const legend = group.querySelector(':scope > legend');
      add(legend ? readable(legend) || legend.textContent : '', 'legend');
      add(attr(group, 'aria-label').replace(/^(checkbox|radio)[- ]?group$/i, '') || byId(group, attr(group, 'aria-labelledby')).map((n) => readable(n)).join(' '), 'legend');
    }
    add(attr(el, 'placeholder') || attr(el, 'aria-placeholder') || attr(el, 'data-placeholder'), 'placeholder');
    add(attr(el, 'title'), 'title');
    if (!out.some((l) => /^(label_|aria_)/.test(l.source))) {
      const before = precedingText(el);
      const text = ticked ? followingText(el) || before.text : before.text || followingText(el, before.at);
      add(text, 'nearby');
    }
    const row = !ticked ? rowText(el) : group ? out.some((l) => l.source === 'legend') ? '' : precedingText(group).text : groupText(el) || rowText(el);
    if (row && !out.some((l) => l.text.includes(row) || row.includes(l.text))) add(row, 'legend');
    return out;
  };

  const wrapperOf = (el) => {
    let wrap = el;
    for (let up = el.parentElement, depth = 0; up && depth < 3 && !/^(FORM|BODY|FIELDSET|TR|TBODY)$/.test(up.tagName); up = up.parentElement, depth++) {
      const others = [...up.querySelectorAll(CONTROL)].filter((c) => c !== el && !(c.name && c.name === el.name) && !el.contains(c) && !c.contains(el));
      if (others.length) break;
      wrap = up;
    }
    return wrap;
  };
  const followers = (el) => {
    const out = [];
    for (let sib = el.nextElementSibling; sib && out.length < 5 && !isControl(sib) && !/^(LABEL|H[1-6]|BUTTON|FIELDSET|TR|LEGEND)$/.test(sib.tagName); sib = sib.nextElementSibling) out.push(sib);
    return out;
  };
  const errorOf = (el, wrap) => {
    const found = [...byId(el, attr(el, 'aria-errormessage')), ...byId(el, attr(el, 'aria-describedby')).filter((n) => errorish(n) || (attr(el, 'aria-invalid') === 'true' && !HELPISH.test(classOf(n))))];
    if (el.id) found.push(...[...(el.getRootNode().querySelectorAll?.('label[for]') || [])].filter((l) => l.htmlFor === el.id && errorish(l)));
    if (wrap !== el) found.push(...[...wrap.querySelectorAll('[class],[role=alert],[id]')].filter((n) => errorish(n) && !isControl(n) && !n.matches('label:not([for])')));
    found.push(...followers(el).filter(errorish), ...(wrap === el ? [] : followers(wrap).filter(errorish)));
    for (const node of found) { const text = squeeze(textOf(node, null, true)); if (worded(text) && shown(node)) return text; }
    return '';
  };
  const helpOf = (el, wrap) => {
    const nodes = byId(el, attr(el, 'aria-describedby')).filter((n) => !errorish(n));
    if (wrap !== el) for (const node of wrap.querySelectorAll('small,[class]')) if ((node.tagName === 'SMALL' || HELPISH.test(classOf(node))) && !isControl(node) && node.tagName !== 'LABEL' && !errorish(node) && !nodes.some((n) => n.contains(node))) nodes.push(node);
    for (const node of [...followers(el), ...(wrap === el ? [] : followers(wrap))]) if ((node.tagName === 'SMALL' || HELPISH.test(classOf(node))) && !errorish(node) && !nodes.includes(node)) nodes.push(node);
    return squeeze(nodes.filter(shown).map((n) => readable(n)).join(' '));
  };

  const optionOf = (el, group = '') => ({ value: el.value ?? attr(el, 'data-value'), label: squeeze(el.label || el.textContent, 160), group: squeeze(group, 120), disabled: !!el.disabled || attr(el, 'aria-disabled') === 'true' });
  const OPTION = '[role=option],[data-value]';
  const optionElements = (list) => [...list.querySelectorAll(OPTION), ...[...list.querySelectorAll('slot')].flatMap((slot) => slot.assignedElements({ flatten: true })).flatMap((el) => [...(el.matches(OPTION) ? [el] : []), ...el.querySelectorAll(OPTION)])];
  const listOptions = (list, entries = optionElements(list)) => entries.slice(0, MAX_OPTIONS).map((el) => {
    const label = squeeze(el.textContent, 160), group = el.closest('[role=group]');
    return { value: attr(el, 'data-value') || attr(el, 'value') || label, label, group: group ? squeeze(attr(group, 'aria-label'), 120) : '', disabled: attr(el, 'aria-disabled') === 'true', index: keep(el) };
  });
  const optionsOf = (el, type) => {
    if (el.tagName === 'SELECT') return [...el.options].slice(0, MAX_OPTIONS).map((o) => optionOf(o, o.parentElement.tagName === 'OPTGROUP' ? o.parentElement.label : ''));
    if (type === 'combobox') {
      const stand = widgets.stands.get(widgets.original(el));
      if (stand && widgets.original(el).type === 'hidden') return listOptions(stand.box, widgets.entries(stand.box));
      const whole = el.closest('[role=combobox]') || el;
      const list = byId(el, attr(el, 'aria-controls') || attr(el, 'aria-owns') || attr(whole, 'aria-controls') || attr(whole, 'aria-owns'))[0] || nextList(el) || listBeside(el);
      return list ? listOptions(list) : [];
    }
    return el.list ? [...el.list.options].slice(0, MAX_OPTIONS).map((o) => optionOf(o)) : [];
  };
  const listBeside = (el) => {
    for (let up = el.parentElement, depth = 0; up && depth < 3 && up.tagName !== 'FORM'; up = up.parentElement, depth++) {
      const list = [...up.querySelectorAll('[role=listbox],ul,ol,div')].find((n) => !n.contains(el) && (n.matches('[role=listbox]') || n.querySelectorAll(':scope > [data-value], :scope > li > [data-value]').length > 1));
      if (list) return list;
    }
    return null;
  };

  const formIndex = (el) => {
    const form = el.form || closest(el, 'form');
    if (!form) return -1;
    const at = formElements.indexOf(form);
    return at >= 0 ? at : formElements.push(form) - 1;
  };
  const LANDMARKS = [['search', '[role=search],search'], ['nav', 'nav,[role=navigation]'], ['footer', 'body > footer,[role=contentinfo],#footer'],
    ['header', 'body > header,[role=banner],#header'], ['aside', 'aside,[role=complementary]']];
  const landmarkOf = (el) => { for (const [name, selector] of LANDMARKS) if (closest(el, selector)) return name; return ''; };
  const limit = (value) => (Number.isInteger(value) && value >= 0 && value < 100000 ? value : null);
  const absolute = (url) => { try { return new URL(url, document.baseURI).href; } catch { return url; } };

  const visibleAs = (el, type) => {
    if (rendered(el)) return true;
    if (type === 'combobox') return faced(el);
    if (type === 'checkbox' || type === 'radio' || type === 'file') {
      if ([...(el.labels || [])].some((l) => rendered(l) && worded(textOf(l)))) return !offPage(el);
      if (type === 'file') { const wrap = wrapperOf(el); return wrap !== el && rendered(wrap) && !offPage(el); }
    }
    return false;
  };
  // A drop-down shows its choice in its own box and makes the input in it faint.
  const faced = (el) => {
    if (!shownApartFromOpacity(el) || offPage(el)) return false;
    for (let up = el.parentElement, depth = 0; up && depth < 4 && !/^(FORM|BODY|FIELDSET)$/.test(up.tagName); up = up.parentElement, depth++) {
      if ([...up.querySelectorAll(CONTROL)].some((c) => c !== el)) return false;
      const box = up.getBoundingClientRect();
      if (box.width >= 40 && box.height >= 16 && rendered(up)) return true;
    }
    return false;
  };
  const shownApartFromOpacity = (el) => el.checkVisibility({ checkVisibilityCSS: true });
  const offPage = (el) => { const box = el.getBoundingClientRect(); return box.width > 1 && (box.right + scrollX <= 0 || box.bottom + scrollY <= 0); };
  const chosen = (el, type, native) => {
    if (native) return type === 'richtext' ? worded(el.innerText) : native.tagName === 'SELECT' ? [...native.selectedOptions].some((o) => worded(o.value)) : worded(native.value || '');
    if (type === 'checkbox' || type === 'radio') return !!el.checked || attr(el, 'aria-checked') === 'true' || attr(el, 'aria-pressed') === 'true';

    if (el.tagName === 'SELECT') return el.multiple ? el.selectedOptions.length > 0 : el.selectedIndex > 0 || !!el.selectedOptions[0]?.defaultSelected;
    if (type === 'file') return el.files ? el.files.length > 0 : !!el.querySelector('img,[class*=preview],[class*=file-item]');
    if (type === 'richtext') return worded(el.innerText);
    if (type === 'combobox') return el.tagName === 'INPUT' ? worded(el.value) : optionsOfCached(el).some((o) => o.label === squeeze(el.textContent));
    return worded(el.value || '');
  };
  const cached = new Map();
  const optionsOfCached = (el) => { if (!cached.has(el)) cached.set(el, optionsOf(el, 'combobox')); return cached.get(el); };

  // Buttons in a row of which one stays pressed.
  const isChip = (el) => el.hasAttribute('aria-pressed') && !widgets.inMachinery(el) && !!closest(el, '[role=group],[role=radiogroup],fieldset') && el.parentElement.querySelectorAll(':scope > [aria-pressed]').length > 1;
  const typeOf = (el) => {
    const role = attr(el, 'role');
    if (role === 'combobox' && el.tagName !== 'SELECT') return 'combobox';
    if (el.tagName === 'INPUT') return /^(text|search)$/.test(el.type) && el.parentElement?.closest('[role=combobox]') ? 'combobox' : el.type;
    if (el.tagName === 'SELECT') return el.multiple ? 'select-multiple' : 'select-one';
    if (el.tagName === 'TEXTAREA') return 'textarea';
    if (widgets.isDropArea(el)) return 'file';
    if (el.isContentEditable) return 'richtext';
    if (role === 'checkbox' || role === 'switch') return 'checkbox';
    if (role === 'radio' || isChip(el)) return 'radio';
    return 'combobox';
  };
  const hiddenNameBeside = (el) => {
    for (let up = el.parentElement, depth = 0; up && depth < 3 && up.tagName !== 'FORM'; up = up.parentElement, depth++) {
      const hidden = up.querySelectorAll('input[type=hidden][name]');
      if (hidden.length) return hidden.length === 1 ? hidden[0].name : '';
    }
    return '';
  };
  // Nobody types here, but a press opens a calendar or a clock.
  const PICKS = /flatpickr|time-?picker|clock-?picker|timedrop/i;
  const REQUIRED_CLASS = /(^|[\s_-])(required|is-required|mandatory|pflichtfeld|obligatoire)([\s_-]|$)/i;

  const STANDS = { opens: 'combobox', tags: 'text', edits: 'richtext' };
  // What of a control a person would notice, should it become another one while the form is being filled.
  const faceOf = (el) => [el.type, el.name, attr(el, 'autocomplete'), attr(el, 'aria-label'), el.labels?.length ? readable(el.labels[0], el) : '', appears(el)].join('\n');
  const still = (index) => !faces.has(elements[index]) || (elements[index].isConnected && faces.get(elements[index]) === faceOf(elements[index]));
  const counts = { hidden: 0, other: 0 };
  const addControl = (el, section) => {
    if (widgets.isPart(el) || widgets.original(el)) return;
    const stand = widgets.stands.get(el), face = stand?.face || el, type = stand?.face ? STANDS[stand.kind] : typeOf(el);
    // Thousands of hidden inputs must not push out what a person fills in.
    const count = type === 'hidden' ? 'hidden' : 'other';
    if (face.tagName === 'IFRAME' || counts[count] >= MAX_CONTROLS) return;
    counts[count] += 1;
    if (type === 'hidden') {
      controls.push({ index: keep(el), tag: 'input', type, name: attr(el, 'name'), id: el.id, visible: false, form: formIndex(el) });
      return;
    }
    if (type === 'combobox' && !stand && el.tagName !== 'INPUT' && el.querySelector('input:not([type=hidden])')) return;
    const native = /^(INPUT|SELECT|TEXTAREA)$/.test(el.tagName), wrap = wrapperOf(el);
    const options = type === 'combobox' ? optionsOfCached(face) : optionsOf(el, type);
    // Some libraries move the label from the control they hide to the box one types into.
    const labels = labelsOf(stand?.face && el.type === 'hidden' && !el.labels?.length ? stand.box : el, type);
    if (stand?.face && !labels.some((l) => /^(label_|aria_)/.test(l.source))) labels.unshift(...labelsOf(face, type).filter((l) => /^(label_|aria_)/.test(l.source)));
    faces.set(face, faceOf(face));
    controls.push({
      index: keep(face), tag: face.tagName.toLowerCase(), type, name: attr(el, 'name') || attr(el, 'data-name') || (native ? '' : hiddenNameBeside(el)), id: el.id || '',
      value: type === 'checkbox' || type === 'radio' ? squeeze(String(el.value || '') || attr(el, 'data-value') || attr(el, 'value') || attr(el, 'aria-label') || (native ? '' : readable(el))) : '',
      labels, section, help: helpOf(el, wrap), error: errorOf(el, wrap),
      placeholder: squeeze(attr(el, 'placeholder') || attr(el, 'aria-placeholder') || attr(el, 'data-placeholder')),
      autocomplete: attr(el, 'autocomplete'), required: !!el.required || attr(el, 'aria-required') === 'true' || attr(closest(el, '[role=radiogroup]') || el, 'aria-required') === 'true',
      required_class: REQUIRED_CLASS.test(classOf(el)) || (wrap !== el && REQUIRED_CLASS.test(classOf(wrap))) || [...(el.labels || [])].some((l) => REQUIRED_CLASS.test(classOf(l))),
      visible: !!stand || visibleAs(el, type), enabled: !el.matches(':disabled') && (!el.readOnly || type === 'combobox' || PICKS.test(classOf(el))) && attr(el, 'aria-disabled') !== 'true',
      chosen: chosen(face, type, stand?.face && el), enhanced: !!stand, multiple: !!el.multiple || stand?.kind === 'tags' || attr(el, 'aria-multiselectable') === 'true',
      min_length: limit(el.minLength), max_length: limit(el.maxLength) || limit(parseInt(attr(el, 'data-maxlength') || attr(el, 'data-max-length'), 10)),
      pattern: attr(el, 'pattern'), minimum: attr(el, 'min'), maximum: attr(el, 'max'), accept: attr(el, 'accept'),
      options, prefix: type === 'text' || type === 'tel' || type === 'url' ? prefixOf(el) : '', form: formIndex(el), landmark: landmarkOf(el),
    });
  };
  const addButton = (el) => {
    if (widgets.isPart(el) || widgets.original(el) || (el.tagName !== 'INPUT' && el.tagName !== 'BUTTON' && el.querySelector(CONTROL))) return;
    const text = el.tagName === 'INPUT' ? el.value || el.alt || el.title || (el.type === 'submit' ? 'Submit' : '') : squeeze(el.innerText || el.textContent) || attr(el, 'aria-label') || el.title || el.querySelector('img')?.alt;
    buttons.push({
      index: keep(el), type: /^(INPUT|BUTTON)$/.test(el.tagName) ? el.type : 'button', text: squeeze(text, 120), name: attr(el, 'name'), id: el.id || '', form: formIndex(el),
      visible: rendered(el), enabled: !el.matches(':disabled') && attr(el, 'aria-disabled') !== 'true',
      action: el.hasAttribute('formaction') ? absolute(attr(el, 'formaction')) : '', landmark: landmarkOf(el),
    });
  };
  const addMarker = (el) => {
    const source = el.tagName === 'IFRAME' ? el.src || '' : '', names = classOf(el) + ' ' + (el.id || '');
    let captcha = '';
    if (/recaptcha/.test(source) || /(^|\s)g-recaptcha(\s|$)/.test(names)) captcha = 'recaptcha';
    else if (/hcaptcha\.com/.test(source) || /(^|\s)h-captcha(\s|$)/.test(names)) captcha = 'hcaptcha';
    else if (/challenges\.cloudflare\.com/.test(source) || /(^|\s)cf-turnstile(\s|$)/.test(names)) captcha = 'turnstile';
    const pays = /js\.stripe\.com|checkout\.stripe|paypal\.com|braintree|adyen|squareup/.test(source) && !/controller|m-outer|metrics/.test(source);
    if (!captcha && !pays) return;
    if (attr(el, 'data-size') === 'invisible' || /size=invisible/.test(source) || el.closest('.grecaptcha-badge')) return;
    markers.push({ index: keep(el), captcha: captcha || 'none', form: formIndex(el), visible: shown(el) });
  };

  // One walk over the composed tree: text as read from top to bottom, headings as sections, everything to fill or press.
  let text = '', heading = '', section = '', firstHeading = '', lastBlock = 0;
  const formHeadings = new Map();
  const newline = () => { if (text.length < MAX_TEXT && text && !text.endsWith('\n')) text += '\n'; };
  const sectionOf = (el) => {
    const inner = closest(el, 'fieldset,[role=group]');
    const outer = inner && inner.parentElement ? closest(inner.parentElement, 'fieldset,[role=group]') : null;
    for (const box of [outer, inner]) { const legend = box?.querySelector(':scope > legend'); if (legend) return readable(legend); }
    return section;
  };
  const walk = (node, hidden) => {
    if (node.nodeType === 3) { if (!hidden && text.length < MAX_TEXT && styleOf(node.parentElement || node.getRootNode().host).visibility === 'visible') text += node.data.slice(0, MAX_NODE).replace(/[\s ]+/g, ' '); return; }
    if (node.nodeType !== 1) return;
    const el = node, tag = el.tagName.toUpperCase();
    if (tag === 'SCRIPT' || tag === 'STYLE' || tag === 'NOSCRIPT' || tag === 'TEMPLATE' || tag === 'HEAD') return;
    const style = styleOf(el);
    const gone = hidden || style.display === 'none' || style.opacity === '0';
    if (!gone && layers.length < 200 && style.position !== 'static' && style.position !== 'fixed' && (alpha(style.backgroundColor) > 0.9 || tag === 'IMG' || tag === 'CANVAS')) layers.push(el);
    const block = !style.display.startsWith('inline') && style.display !== 'contents', cell = tag === 'TD' || tag === 'TH';
    if (!gone && ((block && !cell) || tag === 'BR')) newline(); else if (!gone && style.display.startsWith('inline-')) text += ' ';
    if (/^H[1-6]$/.test(tag) && !gone) {
      const words = readable(el);
      section = words || section;
      if (!firstHeading || (tag === 'H1' && heading === '')) { firstHeading = firstHeading || words; if (tag === 'H1') heading = words; }
    }
    if (el.shadowRoot) shadowed = true;
    if (tag === 'FORM') { formIndex(el); formHeadings.set(el, section); }
    if (tag === 'IFRAME' || tag === 'DIV' || tag === 'SPAN') addMarker(el);
    if (tag === 'IFRAME') {
      const of = widgets.original(el) || el;
      iframes.push({ el, fact: { form: formIndex(of), visible: rendered(el), name: attr(of, 'name'), id: of.id || '', labels: labelsOf(of, 'iframe'), section: sectionOf(of), required: !!of.required, max_length: limit(of.maxLength) } });
    }
    const role = attr(el, 'role');
    const button = tag === 'BUTTON' || (tag === 'INPUT' && /^(submit|button|image)$/.test(el.type)) || role === 'button' || (tag === 'A' && /(^|[\s_-])(btn|button)([\s_-]|$)/i.test(classOf(el)) && el.closest('form'));
    const dropdown = role === 'combobox' || attr(el, 'aria-haspopup') === 'listbox' || (!/^(INPUT|SELECT|TEXTAREA|UL|OL|LI|OPTION|FORM|BODY)$/.test(tag) && (el.hasAttribute('tabindex') || tag === 'BUTTON' || /toggle|trigger|selected/i.test(classOf(el))) && !el.querySelector(CONTROL + ',[data-value]') && !el.hasAttribute('data-value') && role !== 'option' && !!nextList(el));
    const drop = widgets.isDropArea(el);
    const editor = el.isContentEditable && !el.parentElement?.isContentEditable && tag !== 'BODY';
    if (tag === 'INPUT' && el.type === 'reset') return;
    const ticks = /^(checkbox|radio|switch)$/.test(role) || (button && isChip(el));
    if (button && !dropdown && !ticks && !drop) addButton(el);
    else if (/^(INPUT|SELECT|TEXTAREA)$/.test(tag) || dropdown || editor || ticks || drop) addControl(el, sectionOf(el));
    if (!gone && notices.length < 20 && (NOTICE.test(classOf(el)) || /^(alert|status)$/.test(role)) && !isControl(el) && shown(el)) { const words = squeeze(textOf(el, null, true), 500); if (worded(words)) notices.push(words); }
    if (editor || /^(SELECT|TEXTAREA|DATALIST|SVG|CANVAS|OBJECT|IFRAME|VIDEO|AUDIO)$/.test(tag)) return;
    for (const child of innerNodes(el)) walk(child, gone);
    if (!gone && block && !cell) newline(); else if (!gone && (block || style.display.startsWith('inline-'))) text += ' ';
  };
  const nextList = (el) => {
    const list = el.nextElementSibling;
    return list && (list.matches('[role=listbox]') || list.querySelectorAll('[data-value],[role=option]').length > 1) && !list.querySelector('input,select,textarea') ? list : null;
  };

  // A box that covers one field from sight, and not all of them as a banner does, is there to hide it.
  const level = (node, common) => {
    let z = -0.5;
    for (let up = node; up && up !== common; up = parentOf(up)) if (styleOf(up).position !== 'static') z = parseInt(styleOf(up).zIndex, 10) || 0;
    return z;
  };
  const covers = (cover, box, el, area) => {
    if (area.left > box.left + 2 || area.top > box.top + 2 || area.right < box.right - 2 || area.bottom < box.bottom - 2 || cover.contains(el) || el.contains(cover)) return false;
    let common = parentOf(el);
    while (common && !common.contains(cover)) common = parentOf(common);
    const over = level(cover, common), under = level(el, common);
    return over > under || (over === under && !!(el.compareDocumentPosition(cover) & Node.DOCUMENT_POSITION_FOLLOWING));
  };
  const hideCovered = () => {
    const seen = controls.filter((c) => c.visible && elements[c.index].matches(WRITTEN));
    for (const cover of seen.length ? layers.filter((n) => !isControl(n) && !elements.some((el) => el.labels && [...el.labels].includes(n)) && rendered(n)) : []) {
      const area = cover.getBoundingClientRect();
      const under = seen.filter((c) => covers(cover, elements[c.index].getBoundingClientRect(), elements[c.index], area));
      if (under.length && under.length < seen.length) for (const control of under) control.visible = false;
    }
  };

  const body = document.body;
  const whole = !!body && (body.isContentEditable || document.designMode === 'on');
  if (body && !whole) walk(body, false);
  hideCovered();
  for (const el of formElements) {
    const raw = el.getAttribute('action');
    forms.push({ action: raw === null || raw.trim() === '' || absolute(raw.trim()) === location.href.split('#')[0] + '#' ? '' : absolute(raw.trim()), method: (attr(el, 'method') || 'get').toLowerCase(),
      hints: squeeze([attr(el, 'id'), attr(el, 'name'), classOf(el), attr(el, 'role'), attr(el, 'aria-label')].join(' '), 200), heading: formHeadings.get(el) || '', landmark: landmarkOf(el) });
  }
  const lines = text.split('\n').map((line) => squeeze(line, MAX_NODE)).filter(Boolean).join('\n');
  return {
    elements: elements.concat(whole ? [body] : []), hosts: iframes.map((i) => i.el), still,
    facts: { url: location.href, heading: heading || firstHeading, text: lines, notices, controls, buttons, forms, markers, iframes: iframes.map((i) => i.fact),
      editor: whole ? elements.length : -1, scripted: document.scripts.length > 0 },
  };
}

// Dumps one document's controls, buttons, forms and visible text as facts for brain/page.py. It judges nothing and
// writes nothing to the page. Returns {facts, elements}: a fact names its element by its index in `elements`.
() => {
  const MAX_TEXT = 20000, MAX_NODE = 1000, MAX_LABEL = 300, MAX_OPTIONS = 3000;
  const SILENT = new Set(['SCRIPT', 'STYLE', 'NOSCRIPT', 'TEMPLATE', 'SELECT', 'DATALIST', 'TEXTAREA', 'OPTION', 'SVG',
    'CANVAS', 'OBJECT', 'HEAD', 'TITLE', 'IFRAME', 'VIDEO', 'AUDIO']);
  const ERRORISH = /(^|[-_\s])(errors?|err|errormsg|invalid|danger|fehler|erreur)([-_\s]|$)/i;
  const NOTICE = /(^|[-_\s])(alert|notice|message|msg|flash|toast|success|confirmation|errors?|warning|danger)([-_\s]|$)/i;
  const HELPISH = /(^|[-_\s])(help|hint|description|desc|note|tip|instructions?|info|muted|counter|count)([-_\s]|$)|^small$/i;
  const WIDGET = /select2|chosen|choices|selectize|ts-wrapper|ts-control|nice-select|selectric|bootstrap-select|ss-main|multiselect|custom-select/i;
  const CONTROL = 'input:not([type=hidden]):not([type=submit]):not([type=button]):not([type=reset]):not([type=image]),select,textarea,'
    + '[role=combobox],[role=checkbox],[role=radio],[role=switch],[role=textbox],[contenteditable=""],[contenteditable=true]';

  const elements = [], controls = [], buttons = [], forms = [], markers = [], iframes = [], notices = [], textNodes = [];
  const formElements = [], groups = new Map(), styles = new Map();
  const keep = (el) => elements.push(el) - 1;
  const squeeze = (text, limit = MAX_LABEL) => (text || '').replace(/[\s ​]+/g, ' ').trim().slice(0, limit);
  const attr = (el, name) => el.getAttribute(name) || '';
  const classOf = (el) => attr(el, 'class');
  const styleOf = (el) => { let s = styles.get(el); if (!s) styles.set(el, s = getComputedStyle(el)); return s; };
  const parentOf = (el) => el.assignedSlot || el.parentElement || (el.getRootNode().host ?? null);
  const closest = (el, selector) => { for (let e = el; e; e = e.getRootNode().host) { const hit = e.closest(selector); if (hit) return hit; } return null; };
  const byId = (el, ids) => ids.split(/\s+/).filter(Boolean).map((id) => el.getRootNode().getElementById?.(id)).filter(Boolean);
  const errorish = (el) => ERRORISH.test(classOf(el)) || ERRORISH.test(el.id || '') || attr(el, 'role') === 'alert';
  const isControl = (node) => node.nodeType === 1 && (node.matches(CONTROL) || !!node.querySelector(CONTROL));

  const shown = (el) => el.checkVisibility({ checkOpacity: true, checkVisibilityCSS: true, contentVisibilityAuto: true });
  const clipped = (style) => /^rect\((0px,? ?){4}\)|^rect\((1px,? ?){4}\)/.test(style.clip) || /^inset\((50|100)%/.test(style.clipPath);
  const collapsed = (style, el) => style.overflow !== 'visible' && style.display !== 'inline' && (el.clientWidth <= 1 || el.clientHeight <= 1);
  const rendered = (el) => {
    if (!shown(el)) return false;
    const box = el.getBoundingClientRect();
    if (box.width <= 1 || box.height <= 1) return false;
    if (box.right + scrollX <= 0 || box.bottom + scrollY <= 0) return false;
    for (let up = el; up && up !== document.body && up !== document.documentElement; up = parentOf(up)) {
      const style = styleOf(up);
      if (clipped(style) || (up !== el && collapsed(style, up))) return false;
      if (up !== el && (style.overflowX === 'hidden' || style.overflowX === 'clip')) {
        const frame = up.getBoundingClientRect();
        if (box.left >= frame.right || box.right <= frame.left) return false;
      }
      if (style.position === 'fixed') break;
    }
    return true;
  };

  // The text a person reads inside a node, without controls, error messages and the `except` element.
  const textOf = (node, except, errorsToo) => {
    if (node.nodeType === 3) return node.data;
    if (node.nodeType !== 1 || node === except || SILENT.has(node.tagName.toUpperCase())) return '';
    if (!errorsToo && errorish(node)) return '';
    if (node.tagName === 'BUTTON' || node.matches('[role=listbox],[role=option],[role=button],[role=toolbar]')) return '';
    if (node.hidden || styleOf(node).display === 'none') return '';
    let out = '';
    for (const child of node.shadowRoot ? node.shadowRoot.childNodes : node.childNodes) out += textOf(child, except, errorsToo);
    const inline = styleOf(node).display.startsWith('inline');
    return inline ? out : ' ' + out + ' ';
  };
  const readable = (node, except) => squeeze(textOf(node, except));
  const worded = (text) => /[\p{L}\p{N}]/u.test(text);

  const precedingText = (el) => {
    let node = el;
    for (let depth = 0; depth < 6 && node; depth++) {
      let found = '';
      for (let sib = node.previousSibling; sib; sib = sib.previousSibling) {
        if (isControl(sib)) return { text: squeeze(found), stopped: true, at: node };
        if (sib.nodeType === 1 && /^(H[1-6]|LEGEND|HR)$/.test(sib.tagName)) {
          if (!worded(found) && sib.tagName !== 'LEGEND' && depth < 3 && node.parentElement?.querySelectorAll(CONTROL).length === 1) found = readable(sib);
          return { text: squeeze(found), stopped: false };
        }
        found = textOf(sib) + ' ' + found;
        if (sib.nodeType === 1 && worded(found) && (sib.tagName === 'LABEL' || !styleOf(sib).display.startsWith('inline') || sib.tagName === 'BR')) break;
      }
      if (worded(found)) return { text: squeeze(found), stopped: false };
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
      for (const child of up.childNodes) { if (isControl(child)) break; lead += textOf(child) + ' '; }
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
      add(attr(group, 'aria-label') || byId(group, attr(group, 'aria-labelledby')).map((n) => readable(n)).join(' '), 'legend');
    }
    add(attr(el, 'placeholder') || attr(el, 'aria-placeholder') || attr(el, 'data-placeholder'), 'placeholder');
    add(attr(el, 'title'), 'title');
    if (!out.some((l) => /^(label_|aria_)/.test(l.source))) {
      const before = precedingText(el);
      const text = ticked ? followingText(el) || before.text : before.text || followingText(el, before.at);
      add(text, 'nearby');
    }
    const row = ticked && !group ? groupText(el) || rowText(el) : rowText(el);
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
  const listOptions = (list) => [...list.querySelectorAll('[role=option],[data-value]')].slice(0, MAX_OPTIONS).map((el) => {
    const label = squeeze(el.textContent, 160), group = el.closest('[role=group]');
    return { value: attr(el, 'data-value') || label, label, group: group ? squeeze(attr(group, 'aria-label'), 120) : '', disabled: attr(el, 'aria-disabled') === 'true', index: keep(el) };
  });
  const optionsOf = (el, type) => {
    if (el.tagName === 'SELECT') return [...el.options].slice(0, MAX_OPTIONS).map((o) => optionOf(o, o.parentElement.tagName === 'OPTGROUP' ? o.parentElement.label : ''));
    if (type === 'combobox') {
      const list = byId(el, attr(el, 'aria-controls') || attr(el, 'aria-owns'))[0] || nextList(el) || listBeside(el);
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

  const widgetOver = (el) => {
    const wrap = el.parentElement;
    return !!wrap && [...wrap.querySelectorAll('*')].some((n) => n !== el && !el.contains(n) && (WIDGET.test(classOf(n)) || n.matches('[role=combobox],[aria-haspopup=listbox]')) && rendered(n))
      || (!!wrap && WIDGET.test(classOf(wrap)) && rendered(wrap));
  };
  const insideWidget = (el) => {
    for (let up = el.parentElement, depth = 0; up && depth < 4 && !/^(FORM|BODY|FIELDSET)$/.test(up.tagName); up = up.parentElement, depth++) {
      const selects = up.querySelectorAll('select');
      if (selects.length) return selects.length === 1 && !rendered(selects[0]);
      if (up.querySelectorAll(CONTROL).length > 2) return false;
    }
    return false;
  };
  const visibleAs = (el, type) => {
    if (rendered(el)) return true;
    if (type === 'checkbox' || type === 'radio' || type === 'file') {
      if ([...(el.labels || [])].some((l) => rendered(l) && worded(l.textContent))) return !offPage(el);
      if (type === 'file') { const wrap = wrapperOf(el); return wrap !== el && rendered(wrap) && !offPage(el); }
    }
    return false;
  };
  const offPage = (el) => { const box = el.getBoundingClientRect(); return box.width > 1 && (box.right + scrollX <= 0 || box.bottom + scrollY <= 0); };
  const chosen = (el, type) => {
    if (type === 'checkbox' || type === 'radio') return !!el.checked;
    if (type === 'switch' || el.matches('[role=checkbox],[role=radio]')) return attr(el, 'aria-checked') === 'true';
    if (el.tagName === 'SELECT') return el.multiple ? el.selectedOptions.length > 0 : el.selectedIndex > 0 || !!el.selectedOptions[0]?.defaultSelected;
    if (type === 'file') return el.files.length > 0;
    if (type === 'richtext') return worded(el.innerText);
    if (type === 'combobox') return el.tagName === 'INPUT' ? worded(el.value) : optionsOfCached(el).some((o) => o.label === squeeze(el.textContent));
    return worded(el.value || '');
  };
  const cached = new Map();
  const optionsOfCached = (el) => { if (!cached.has(el)) cached.set(el, optionsOf(el, 'combobox')); return cached.get(el); };

  const typeOf = (el) => {
    const role = attr(el, 'role');
    if (role === 'combobox' && el.tagName !== 'SELECT') return 'combobox';
    if (el.tagName === 'INPUT') return el.type;
    if (el.tagName === 'SELECT') return el.multiple ? 'select-multiple' : 'select-one';
    if (el.tagName === 'TEXTAREA') return 'textarea';
    if (el.isContentEditable) return 'richtext';
    if (role === 'checkbox' || role === 'switch') return 'checkbox';
    if (role === 'radio') return 'radio';
    return 'combobox';
  };
  const hiddenNameBeside = (el) => {
    for (let up = el.parentElement, depth = 0; up && depth < 3 && up.tagName !== 'FORM'; up = up.parentElement, depth++) {
      const hidden = up.querySelectorAll('input[type=hidden][name]');
      if (hidden.length) return hidden.length === 1 ? hidden[0].name : '';
    }
    return '';
  };
  const REQUIRED_CLASS = /(^|[\s_-])(required|is-required|mandatory|pflichtfeld|obligatoire)([\s_-]|$)/i;

  const addControl = (el, section) => {
    const type = typeOf(el);
    if (type === 'hidden') {
      controls.push({ index: keep(el), tag: 'input', type, name: attr(el, 'name'), id: el.id, visible: false, form: formIndex(el) });
      return;
    }
    const native = /^(INPUT|SELECT|TEXTAREA)$/.test(el.tagName), wrap = wrapperOf(el);
    const enhanced = el.tagName === 'SELECT' && !rendered(el) && widgetOver(el);
    if (type === 'combobox' && insideWidget(el)) return;
    if (type === 'search' && insideWidget(el)) return;
    const options = type === 'combobox' ? optionsOfCached(el) : optionsOf(el, type);
    controls.push({
      index: keep(el), tag: el.tagName.toLowerCase(), type, name: attr(el, 'name') || attr(el, 'data-name') || (native ? '' : hiddenNameBeside(el)), id: el.id || '',
      value: type === 'checkbox' || type === 'radio' ? squeeze(el.value || attr(el, 'data-value') || attr(el, 'aria-label')) : '',
      labels: labelsOf(el, type), section, help: helpOf(el, wrap), error: errorOf(el, wrap),
      placeholder: squeeze(attr(el, 'placeholder') || attr(el, 'aria-placeholder') || attr(el, 'data-placeholder')),
      autocomplete: attr(el, 'autocomplete'), required: !!el.required || attr(el, 'aria-required') === 'true' || attr(closest(el, '[role=radiogroup]') || el, 'aria-required') === 'true',
      required_class: REQUIRED_CLASS.test(classOf(el)) || (wrap !== el && REQUIRED_CLASS.test(classOf(wrap))) || [...(el.labels || [])].some((l) => REQUIRED_CLASS.test(classOf(l))),
      visible: enhanced || visibleAs(el, type), enabled: !el.matches(':disabled') && !el.readOnly && attr(el, 'aria-disabled') !== 'true',
      chosen: chosen(el, type), enhanced, multiple: !!el.multiple || attr(el, 'aria-multiselectable') === 'true',
      min_length: limit(el.minLength), max_length: limit(el.maxLength) || limit(parseInt(attr(el, 'data-maxlength') || attr(el, 'data-max-length'), 10)),
      pattern: attr(el, 'pattern'), minimum: attr(el, 'min'), maximum: attr(el, 'max'), accept: attr(el, 'accept'),
      options, form: formIndex(el), landmark: landmarkOf(el),
    });
  };
  const addButton = (el) => {
    if (el.closest('[role=toolbar],.ql-toolbar,.tox-toolbar') || (el.tagName !== 'INPUT' && el.tagName !== 'BUTTON' && el.querySelector(CONTROL))) return;
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
    markers.push({ captcha: captcha || 'none', form: formIndex(el), visible: shown(el) });
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
    const block = !style.display.startsWith('inline') && style.display !== 'contents', cell = tag === 'TD' || tag === 'TH';
    if (!gone && ((block && !cell) || tag === 'BR')) newline(); else if (!gone && style.display.startsWith('inline-')) text += ' ';
    if (/^H[1-6]$/.test(tag) && !gone) {
      const words = readable(el);
      section = words || section;
      if (!firstHeading || (tag === 'H1' && heading === '')) { firstHeading = firstHeading || words; if (tag === 'H1') heading = words; }
    }
    if (tag === 'FORM') { formIndex(el); formHeadings.set(el, section); }
    if (tag === 'IFRAME' || tag === 'DIV' || tag === 'SPAN') addMarker(el);
    if (tag === 'IFRAME') iframes.push({ el, fact: { form: formIndex(el), visible: rendered(el), name: attr(el, 'name'), id: el.id || '', labels: labelsOf(el, 'iframe'), section: sectionOf(el) } });
    const role = attr(el, 'role');
    const button = tag === 'BUTTON' || (tag === 'INPUT' && /^(submit|button|image)$/.test(el.type)) || role === 'button' || (tag === 'A' && /(^|[\s_-])(btn|button)([\s_-]|$)/i.test(classOf(el)) && el.closest('form'));
    const dropdown = role === 'combobox' || attr(el, 'aria-haspopup') === 'listbox' || (!/^(INPUT|SELECT|TEXTAREA|UL|OL|LI|OPTION|FORM|BODY)$/.test(tag) && (el.hasAttribute('tabindex') || tag === 'BUTTON' || /toggle|trigger|selected/i.test(classOf(el))) && !el.querySelector(CONTROL + ',[data-value]') && !el.hasAttribute('data-value') && role !== 'option' && !!nextList(el));
    const editor = el.isContentEditable && !el.parentElement?.isContentEditable && tag !== 'BODY';
    if (tag === 'INPUT' && el.type === 'reset') return;
    if (button && !dropdown) addButton(el);
    else if (/^(INPUT|SELECT|TEXTAREA)$/.test(tag) || dropdown || editor || /^(checkbox|radio|switch)$/.test(role)) addControl(el, sectionOf(el));
    if (!gone && notices.length < 20 && (NOTICE.test(classOf(el)) || /^(alert|status)$/.test(role)) && !isControl(el) && shown(el)) { const words = squeeze(textOf(el, null, true), 500); if (worded(words)) notices.push(words); }
    if (editor || /^(SELECT|TEXTAREA|DATALIST|SVG|CANVAS|OBJECT|IFRAME|VIDEO|AUDIO)$/.test(tag)) return;
    const children = el.shadowRoot ? el.shadowRoot.childNodes : tag === 'SLOT' && el.assignedNodes().length ? el.assignedNodes() : el.childNodes;
    for (const child of children) walk(child, gone);
    if (!gone && block && !cell) newline(); else if (!gone && (block || style.display.startsWith('inline-'))) text += ' ';
  };
  const nextList = (el) => {
    const list = el.nextElementSibling;
    return list && (list.matches('[role=listbox]') || list.querySelectorAll('[data-value],[role=option]').length > 1) && !list.querySelector('input,select,textarea') ? list : null;
  };

  const body = document.body;
  const whole = !!body && (body.isContentEditable || document.designMode === 'on');
  if (body && !whole) walk(body, false);
  for (const el of formElements) {
    const raw = el.getAttribute('action');
    forms.push({ action: raw === null || raw.trim() === '' || raw.trim() === '#' ? '' : absolute(raw.trim()), method: (attr(el, 'method') || 'get').toLowerCase(),
      hints: squeeze([attr(el, 'id'), attr(el, 'name'), classOf(el), attr(el, 'role'), attr(el, 'aria-label')].join(' '), 200), heading: formHeadings.get(el) || '', landmark: landmarkOf(el) });
  }
  const lines = text.split('\n').map((line) => squeeze(line, MAX_NODE)).filter(Boolean).join('\n');
  return {
    elements: elements.concat(whole ? [body] : []), hosts: iframes.map((i) => i.el),
    facts: { url: location.href, heading: heading || firstHeading, text: lines, notices, controls, buttons, forms, markers, iframes: iframes.map((i) => i.fact),
      editor: whole ? elements.length : -1, scripted: document.scripts.length > 0 },
  };
}

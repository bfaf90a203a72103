// What stands in for what: scripts hide a native control and put a widget in its place. Given the eye's own means
// (see observe.js) it tells which box replaces which control, and what in it a person clicks or types into.
(eye) => {
  const { rendered, classOf, attr } = eye;
  const WIDGET = /select2|chosen|choices|selectize|ts-wrapper|ts-control|nice-select|selectric|bootstrap-select|ss-main|sumo|multi-?select|custom-select|dropdown|combobox|tagify|tags-?input|tag-?editor|tokenfield|bootstrap-tagsinput/i;
  const EDITOR = /(^|[\s_-])(editor|tox|tox-tinymce|mce-tinymce|cke|ck|note|ql|trix|fr-box|jodit|wysiwyg|redactor|sun|prosemirror|tiptap)([\s_-]|$)|note-editor|ck-editor|trumbowyg|mce-/i;
  const OPENS = '[role=combobox],[role=listbox],[aria-haspopup=listbox]';
  const TYPED = 'input:not([type=hidden]):not([type=checkbox]):not([type=radio]):not([type=file]):not([type=submit]):not([type=button]),textarea,[role=searchbox],[role=textbox],[contenteditable=""],[contenteditable=true]';
  // Tool bars, calendars and the dialogs of editors belong to a widget: nothing in them is a field or a button of the form.
  const MACHINERY = '[role=toolbar],[role=menubar],trix-toolbar,.ql-toolbar,.ql-tooltip,.ql-clipboard,.note-toolbar,.note-modal,.note-popover,.tox-editor-header,.tox-statusbar,.mce-toolbar-grp,.mce-statusbar,.cke_top,.cke_bottom,'
    + '.quicktags-toolbar,.wp-editor-tools,.editor-toolbar,.fr-toolbar,.jodit-toolbar__box,.flatpickr-calendar,.ui-datepicker,.ui-timepicker-div,.pika-single,.air-datepicker,.daterangepicker,.datepicker-dropdown,.iti__dropdown-content,.iti__country-container,.iti__flag-container';
  const STOP = /^(FORM|BODY|FIELDSET|TR|TBODY|TABLE|MAIN|SECTION|HTML)$/;

  const inMachinery = (el) => !!el.closest(MACHINERY);
  const skipped = (el) => /^(SCRIPT|STYLE|LABEL|BR)$/.test(el.tagName) || (!rendered(el) && !el.matches('select,textarea') && !(el.tagName === 'INPUT' && el.type !== 'hidden'));
  const beside = (el, step) => {
    let next = el[step];
    for (let i = 0; next && i < 3 && skipped(next); i++) next = next[step];
    return next && !skipped(next) ? next : null;
  };
  const foreign = (box, el) => [...box.querySelectorAll('select,textarea,input')].some((n) => n !== el && n.name && n.name !== el.name && n.type !== 'hidden' && n.type !== 'search' && rendered(n) && !inMachinery(n));
  const isBox = (box, el, sign) => !!box && !STOP.test(box.tagName) && !box.matches('input,select,textarea,label') && rendered(box) && sign(box) && !foreign(box, el);

  const around = (el, sign) => {
    let found = null;
    for (let up = el.parentElement, depth = 0; up && depth < 4 && !STOP.test(up.tagName); up = up.parentElement, depth++) if (isBox(up, el, sign)) found = up;
    return found;
  };
  const opens = (box) => WIDGET.test(classOf(box)) || box.matches(OPENS) || [...box.querySelectorAll(OPENS)].some(rendered);
  const tags = (box) => (WIDGET.test(classOf(box)) || box.matches('[role=combobox]')) && !!box.querySelector(TYPED);
  const edits = (box) => box.matches('trix-editor,[contenteditable=""],[contenteditable=true]') || (EDITOR.test(classOf(box)) && !!box.querySelector('[contenteditable=""],[contenteditable=true],iframe'));

  // A hidden select: its box stands beside it or around it.
  const selectBox = (el) => {
    const next = beside(el, 'nextElementSibling'), before = beside(el, 'previousElementSibling');
    for (const box of [next, before]) if (isBox(box, el, opens)) return box;
    const named = around(el, (box) => WIDGET.test(classOf(box)));
    if (named) return named;
    const parent = el.parentElement;
    return parent && [...parent.querySelectorAll('*')].find((n) => !el.contains(n) && (WIDGET.test(classOf(n)) || n.matches(OPENS)) && rendered(n)) || null;
  };
  // A drop-down that somebody built of plain elements around a hidden input: a face, and a list that is shut.
  const ENTRY = '[data-value],[role=option],li';
  const flies = (entry, box) => { for (let up = entry; up && up !== box; up = up.parentElement) if (/absolute|fixed/.test(getComputedStyle(up).position)) return true; return /(^|[\s_-])(open|opened|show|shown|active|expanded)([\s_-]|$)/i.test(classOf(box)); };
  const lists = (box) => WIDGET.test(classOf(box)) && !box.querySelector(OPENS + ',input:not([type=hidden]),select,textarea') && box.querySelectorAll(ENTRY).length > 1 && [...box.querySelectorAll(ENTRY)].every((n) => !rendered(n) || flies(n, box));
  const homeMade = (el) => around(el, lists) || [beside(el, 'previousElementSibling'), beside(el, 'nextElementSibling')].find((box) => isBox(box, el, lists)) || null;
  const boxOf = (el) => {
    if (el.tagName === 'SELECT') return selectBox(el);
    const list = el.type === 'hidden' && el.name ? homeMade(el) : null;
    if (list) return list;
    const candidates = [beside(el, 'nextElementSibling'), beside(el, 'previousElementSibling')];
    if (el.type !== 'hidden') for (const box of candidates) if (isBox(box, el, tags) && !edits(box)) return box;
    if (el.type !== 'hidden' && el.tagName === 'INPUT') { const box = around(el, tags); if (box) return box; }
    if (el.tagName === 'TEXTAREA' || el.type === 'hidden') {
      if (el.type === 'hidden') candidates.splice(0, 2, el.id ? el.getRootNode().querySelector(`trix-editor[input="${CSS.escape(el.id)}"]`) : null);
      for (const box of candidates) if (isBox(box, el, edits)) return box;
      return el.tagName === 'TEXTAREA' ? around(el, (box) => EDITOR.test(classOf(box)) && edits(box)) : null;
    }
    return null;
  };
  // The input in a widget may be faint or a few pixels wide: its box is what a person sees.
  const typingBox = (box, el) => (box.matches(TYPED) ? box : [...box.querySelectorAll(TYPED)].find((n) => n !== el && n.checkVisibility({ checkVisibilityCSS: true }) && !inMachinery(n)) || null);
  const editorIn = (box) => {
    const editable = '[contenteditable=""],[contenteditable=true]';
    if (box.matches(editable)) return box;
    return [...box.querySelectorAll(editable + ',iframe')].find((n) => rendered(n) && !inMachinery(n)) || null;
  };

  // original → {box, face, kind}; face is what is clicked ("opens") or typed into ("tags", "edits"); null: the native control will do.
  const stands = new Map(), boxes = new Map(), faces = new Map();
  const offered = (el) => [...el.options].filter((o) => o.value.trim() && !o.disabled).length;
  const note = (el) => {
    if (rendered(el) || inMachinery(el)) return;
    const box = boxOf(el);
    if (!box || boxes.has(box)) return;
    let face = null, kind = '';
    if (el.tagName === 'SELECT') {
      if (offered(el) < 1 || (offered(el) === 1 && /selectize/.test(classOf(box)))) {
        kind = 'opens';
        face = typingBox(box, el) || (box.matches(OPENS) ? box : [...box.querySelectorAll(OPENS)].find(rendered)) || box;
      }
    } else if (el.type === 'hidden' && lists(box)) {
      kind = 'opens';
      face = [...box.querySelectorAll('button,[tabindex],[class*=toggle],[class*=selected],[class*=trigger]')].find((n) => rendered(n) && !n.matches(ENTRY)) || box;
    } else if (edits(box)) { kind = 'edits'; face = editorIn(box); if (!face) return; } else { kind = 'tags'; face = typingBox(box, el); if (!face) return; }
    stands.set(el, { box, face, kind });
    boxes.set(box, el);
    if (face) faces.set(face, el);
  };
  for (const el of document.querySelectorAll('select,textarea,input')) if (/^(select-one|select-multiple|textarea|text|hidden|url|tel|search)$/.test(el.type)) note(el);

  const original = (el) => faces.get(el) || null;
  const boxAbove = (el) => { for (let up = el; up && up.tagName !== 'FORM'; up = up.parentElement) if (boxes.has(up)) return up; return null; };
  // True for what a widget is made of: its inner search box, its chips and buttons.
  const isPart = (el) => {
    if (inMachinery(el)) return true;
    if (faces.has(el) || stands.has(el)) return false;
    return !!boxAbove(el);
  };
  // "Drop your files here": an area that opens a file dialog, with no file input of its own in it.
  const DROP = /(^|[\s_-])(drop-?zone|file-?drop|drop-?area|drag-?area|drag-?drop|upload-?(area|zone|box|drop)|plupload-upload-ui)([\s_-]|$)/i;
  const dropped = (el) => DROP.test(classOf(el)) && !el.querySelector('input:not([type=hidden]),select,textarea') && rendered(el);
  const isDropArea = (el) => !/^(FORM|BODY|LABEL|INPUT)$/.test(el.tagName) && dropped(el) && !(el.parentElement && dropped(el.parentElement));
  return { stands, entries: (box) => [...box.querySelectorAll(box.querySelector('[data-value],[role=option]') ? '[data-value],[role=option]' : 'li')], isDropArea, original, isPart, isBox: (node) => boxes.has(node), inMachinery, widgetish: (el) => WIDGET.test(classOf(el)) };
}

// The form lives in the open shadow root of a custom element.
customElements.define(
  "listing-form",
  class extends HTMLElement {
    connectedCallback() {
      const content = document.getElementById("listing-form-template").content;
      this.attachShadow({ mode: "open" }).append(content.cloneNode(true));
    }
  },
);

// A token that follows the # of the address is filled in, and taken out of the address: it is never sent with it.

const given = decodeURIComponent(location.hash.slice(1));
if (given.startsWith("dbt_")) {
  history.replaceState(null, "", location.pathname + location.search);
  document.getElementById("token").value = given;
  document.getElementById("token-filled").hidden = false;
  document.querySelector("form button[type=submit]").focus();
}

// What the browser says of passkeys: without them their buttons go, and what went wrong stands beside them.

if (!window.PublicKeyCredential) {
  for (const part of document.querySelectorAll("[data-needs-passkeys]")) part.hidden = true;
  for (const part of document.querySelectorAll("[data-without-passkeys]")) part.hidden = false;
}

document.addEventListener("allauth.error", (event) => {
  const place = document.getElementById("passkey-error");
  if (!place) return;
  event.preventDefault();
  place.hidden = false;
  place.focus();
});
